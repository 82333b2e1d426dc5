"""What a driver reports, as one error that names the connection, the object and the fix."""

import re

from kam_kpi.errors import KamError
from kam_kpi.sources.connections import Connection


class UnreachableError(KamError):
    """The database cannot be reached now: trying again later may help."""


# First match wins. Messages of PostgreSQL, MySQL/MariaDB, SQLite and SQL Server, lower case.
_KINDS: list[tuple[str, str]] = [
    (
        "login_refused",
        r"password authentication failed|access denied for user|no password supplied"
        r"|role \"[^\"]*\" (does not exist|is not permitted)|no pg_hba\.conf entry|login failed",
    ),
    (
        "unknown_database",
        r"database \"[^\"]*\" does not exist|unknown database|access denied for .* to database"
        r"|cannot open database|file is not a database|is no sqlite database",
    ),
    (
        "unreachable",
        r"could not connect|connection refused|connection to server|can't connect|timed? ?out"
        r"|lost connection|server closed the connection|terminating connection|gone away"
        r"|could not translate host|name or service not known|no route to host|broken pipe"
        r"|too many (clients|connections)|starting up|shutting down|connection reset"
        r"|(no connection|not connected) to the server|database is locked|error receiving"
        r"|connection not open|unable to open database file",
    ),
    ("not_permitted", r"permission denied|command denied|denied to user|permission was denied"),
    (
        "object_missing",
        r"no such table|relation \"[^\"]*\" does not exist|table '[^']*' doesn't exist"
        r"|schema \"[^\"]*\" does not exist|invalid object name|no such view",
    ),
    (
        "column_absent",
        r"no such column|column \"?[^ ]*\"? does not exist|unknown column|invalid column name",
    ),
    (
        "not_read_only",
        r"read-only transaction|readonly database|read only transaction|attempt to write",
    ),
]


def _kind(message: str) -> str:
    text = message.lower()
    return next((kind for kind, pattern in _KINDS if re.search(pattern, text)), "query_failed")


def source_fault(fault: Exception, connection: Connection, what: str = "") -> KamError:
    """The error for a driver's exception.

    Args:
        fault: what the driver raised.
        connection: whose secrets are blotted out.
        what: feed and object that was read; empty while connecting.
    """
    message = " ".join(connection.without_secrets(_message(fault)).split())
    kind = _kind(message)
    place = f"{connection.place}: {what}" if what else connection.place
    error = UnreachableError if kind == "unreachable" else KamError
    return error(f"sources.{kind}", where=place, connection=connection.name, problem=message)


def _message(fault: Exception) -> str:
    """The driver's own words; PyMySQL gives (number, text)."""
    if len(fault.args) == 2 and isinstance(fault.args[1], str):
        return fault.args[1]
    return str(fault)
