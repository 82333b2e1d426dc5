"""Read-only connections to the published database."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.serving.versions import current_version, finance_file, version_file
from kam_kpi.sources.parse_sql import literal

_DOORS = {"enable_external_access": False, "lock_configuration": True}
_LOCKED_DOWN: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    **_DOORS,
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


def connect_finance(home: Home | None = None) -> duckdb.DuckDBPyConnection:
    """The current version as `connect` opens it, with its bonuses attached as `finance`.

    Raises:
        KamError: nothing is published yet, or who asks may not read the finance file.
    """
    home = home or Home.current()
    for _ in range(_TRIES):
        version = current_version(home)
        if version is None:
            break
        try:
            return _open_finance(home, version)
        except duckdb.IOException as fault:
            if current_version(home) == version:
                where = str(finance_file(home, version))
                raise KamError("serving.no_finance", where=where, cause=str(fault)) from fault
    raise KamError("serving.nothing_published", where=str(home.serving))


def _open_finance(home: Home, version: int) -> duckdb.DuckDBPyConnection:
    # Attaching needs access to files: the doors are closed behind it.
    open_doors = {name: _LOCKED_DOWN[name] for name in _LOCKED_DOWN.keys() - set(_DOORS)}
    connection = duckdb.connect(str(version_file(home, version)), read_only=True, config=open_doors)
    try:
        file = literal(str(finance_file(home, version)))
        connection.execute(f"attach {file} as finance (read_only)")
        for name, value in _DOORS.items():
            connection.execute(f"set {name} = {str(value).lower()}")
    except BaseException:
        connection.close()
        raise
    return connection


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
