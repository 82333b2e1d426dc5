"""The PostgreSQL database that BI reads: where it is, transactions in it, and its errors.

Opt-in by `serving.postgres` of company.yml, the id of an Airflow connection.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

from adbc_driver_manager.dbapi import Cursor, Error
from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]

from kam_kpi.config import load_deployment
from kam_kpi.errors import KamError
from kam_kpi.sources.connections import Connection, connection

LOCK_TIMEOUT = "60s"
"""How long a publish waits for a reader, which only a change of a table's columns ever does."""
_OPTIONS = ("channel_binding", "sslcert", "sslkey", "sslmode", "sslrootcert")
"""Extras of the connection that are passed on; others are Airflow's or a hook's."""
_FAULTS = {
    "25006": "read_only",
    "42501": "privilege",
    "53100": "full",
    "57014": "timeout",
    "40P01": "locked",
    "55P03": "locked",
    "2BP01": "dependent",
    "0A000": "dependent",
    "08": "lost",
    "57": "lost",
    "28": "refused",
    "3D": "refused",
}
"""Error text by SQLSTATE, else by its class."""


def configured_connection() -> Connection | None:
    """The database that company.yml names; None: the deployment publishes to DuckDB only.

    Raises:
        KamError: the connection is not defined, cannot be read or is to another system.
    """
    name = load_deployment().company.serving.postgres
    if name is None:
        return None
    found = connection(name)
    if found.engine != "postgres":
        raise KamError("serving.postgres_engine", where=found.place)
    return found


def _uri(database: Connection) -> str:
    """For libpq; a host that begins with a slash is the folder of a socket."""
    parts = {
        "host": database.host or "localhost",
        "port": str(database.port or 5432),
        "dbname": database.database,
        "user": database.user,
        "password": database.password,
        "application_name": "kam publish",
        "connect_timeout": "10",
        **{name: value for name, value in database.extra.items() if name in _OPTIONS},
    }
    filled = (f"{name}={quote(value, safe='')}" for name, value in parts.items() if value)
    return f"postgresql:///?{'&'.join(filled)}"


@contextmanager
def transaction(database: Connection) -> Iterator[Cursor]:
    """One transaction that is able to write; commits when the block ends well.

    Raises:
        KamError: anything the database or the way to it refuses.
    """
    try:
        with closing(dbapi.connect(_uri(database))) as session, session.cursor() as cursor:
            cursor.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            if query(cursor, "select current_setting('transaction_read_only')") != [("off",)]:
                raise KamError("serving.postgres_read_only", where=database.place)
            yield cursor
            session.commit()
    except Error as fault:
        # Not chained: the full text may quote rows.
        raise _told(database, fault) from None


def query(cursor: Cursor, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a SELECT."""
    cursor.execute(sql)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _told(database: Connection, fault: Error) -> KamError:
    state = fault.sqlstate or ""
    message = str(fault)
    if state:
        name = _FAULTS.get(state) or _FAULTS.get(state[:2], "failed")
    elif "Failed to connect" not in message:
        name = "lost"
    else:
        # The server's own refusal begins with a severity, in the server's language.
        name = "refused" if re.search(r"failed: \w+:  ", message) else "unreachable"
    return KamError(f"serving.postgres_{name}", where=database.place, cause=_cause(fault))


def _cause(fault: Error) -> str:
    """The server's first line without details, which may quote rows."""
    told = {_text(name): _text(value) for name, value in fault.details or ()}
    first_line = str(fault).removeprefix("IO: ").strip().splitlines()[0]
    return told.get("PG_DIAG_MESSAGE_PRIMARY", first_line)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
