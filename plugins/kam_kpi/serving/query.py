"""Read-only connections to the published database."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.serving.versions import current_version, version_file

_LOCKED_DOWN: dict[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "lock_configuration": True,
}
_TRIES = 10
_READS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


@dataclass(frozen=True)
class PublishedVersion:
    """A row of quality.dim_published_version. `published_at` is UTC."""

    version: int
    run_id: str
    as_of_date: date
    fingerprint: str | None
    published_at: datetime


def connect(home: Home | None = None) -> duckdb.DuckDBPyConnection:
    """Opens the current version read-only, unable to touch any other file.

    The connection stays on its version while newer ones are published.

    Raises:
        KamError: nothing is published yet.
    """
    home = home or Home.current()
    for _ in range(_TRIES):
        version = current_version(home)
        if version is None:
            break
        try:
            return open_version(home, version)
        except duckdb.IOException:
            # Versions moved on between looking and opening: look again, unless it is the file.
            if current_version(home) == version:
                raise
    raise KamError("serving.nothing_published", where=str(home.serving))


def open_version(home: Home, version: int) -> duckdb.DuckDBPyConnection:
    """Opens one version the way `connect` does."""
    return duckdb.connect(str(version_file(home, version)), read_only=True, config=_LOCKED_DOWN)


def published_versions(home: Home, version: int) -> list[PublishedVersion]:
    """The history that a version carries, itself last."""
    with open_version(home, version) as connection:
        rows = connection.execute("from quality.dim_published_version order by version").fetchall()
    return [PublishedVersion(*row) for row in rows]


def run_query(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    """Runs one reading statement.

    Returns:
        The connection, ready to fetch from; `description` has the columns.

    Raises:
        KamError: the SQL is wrong, does something else than read, or is no statement.
    """
    try:
        statements = connection.extract_statements(sql)
        # PIVOT comes as a CREATE of a temporary type and a SELECT; nothing else can be created.
        if not statements or statements[-1].type not in _READS:
            raise KamError("serving.not_a_query")
        return connection.execute(sql)
    except duckdb.Error as fault:
        raise KamError("serving.bad_sql", problem=str(fault)) from fault
