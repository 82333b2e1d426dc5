"""Where a database is and who asks: by connection id from the environment or from Airflow."""

import json
import os
import re
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.orchestration.environment import prepare

_ENGINES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "mssql": "mssql",
}


@dataclass(frozen=True)
class Connection:
    """A database to read. Its password is in no text that this program writes."""

    name: str
    engine: str
    host: str = ""
    port: int | None = None
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    extra: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def place(self) -> str:
        """Connection id and address for a person, without user and password."""
        if self.name == self.database:
            return f"{self.engine} {self.database}"
        address = self.database
        if self.engine != "sqlite":
            port = f":{self.port}" if self.port else ""
            address = f"{self.host or 'localhost'}{port}/{self.database}"
        return f"{self.name} ({self.engine} {address})"

    def without_secrets(self, message: str) -> str:
        """A driver's message as it may be shown."""
        for secret in (self.password, quote(self.password, safe="")):
            message = message.replace(secret, "***") if secret else message
        return message


def variable(name: str) -> str:
    """The environment variable that Airflow and this program read for a connection id."""
    return f"AIRFLOW_CONN_{name.upper()}"


def connection(name: str) -> Connection:
    """The connection `name`: `AIRFLOW_CONN_<NAME>` (URI or JSON), else as Airflow knows it.

    Raises:
        KamError: nobody knows it, or it is for a system that is no SQL database.
    """
    given = os.environ.get(variable(name))
    found = _parsed(name, given) if given else _from_airflow(name)
    if found is None:
        raise KamError(
            "sources.no_connection", where=name, connection=name, variable=variable(name)
        )
    return found


def sqlite_file(path: str) -> Connection:
    """A database that is a file."""
    return Connection(name=path, engine="sqlite", database=path)


def _parsed(name: str, given: str) -> Connection:
    try:
        parts = json.loads(given) if given.lstrip().startswith("{") else _uri_parts(given)
        return _connection(name, parts)
    except (ValueError, TypeError, AttributeError):
        # The fault's own text may repeat the value, and with it the password.
        raise KamError("sources.bad_connection", where=variable(name), connection=name) from None


def _uri_parts(uri: str) -> dict[str, Any]:
    parts = urlsplit(uri)
    if parts.fragment or "@" in parts.path + parts.query:
        raise ValueError("a password that is not percent-encoded breaks the address apart")
    return {
        "conn_type": parts.scheme,
        "host": unquote(re.sub(r":\d+$", "", parts.netloc.rpartition("@")[2])).strip("[]"),
        "port": parts.port,
        "schema": unquote(parts.path.removeprefix("/")),
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "extra": dict(parse_qsl(parts.query)),
    }


def _connection(name: str, parts: dict[str, Any]) -> Connection:
    kind = str(parts.get("conn_type") or "").split("+")[0].lower()
    engine = _ENGINES.get(kind)
    if engine is None:
        engines = ", ".join(sorted(_ENGINES))
        raise KamError("sources.unknown_engine", where=name, engine=kind, engines=engines)
    extra = parts.get("extra") or {}
    extra = json.loads(extra) if isinstance(extra, str) else extra
    if "__extra__" in extra:
        extra = json.loads(extra["__extra__"])
    port = parts.get("port")
    database = str(parts.get("schema") or "")
    if engine == "sqlite":
        # Airflow keeps the path in the host, a URI behind it: sqlite:////absolute/path.db
        database = str(parts.get("host") or "") + database
    return Connection(
        name=name,
        engine=engine,
        host=str(parts.get("host") or ""),
        port=int(port) if port else None,
        database=database,
        user=str(parts.get("login") or ""),
        password=str(parts.get("password") or ""),
        extra={key: str(value) for key, value in extra.items() if not isinstance(value, dict)},
    )


def _from_airflow(name: str) -> Connection | None:
    """As a task of Airflow sees it, or this deployment's own Airflow outside of one."""
    if "airflow" not in sys.modules and "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in os.environ:
        home = Home.current()
        if not (home.airflow / "airflow.db").exists():
            return None
        prepare(home)
    from airflow.models.connection import Connection as AirflowConnection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        known = AirflowConnection.get_connection_from_secrets(name)
    except AirflowNotFoundException:
        return None
    return _connection(
        name,
        {
            "conn_type": known.conn_type,
            "host": known.host,
            "port": known.port,
            "schema": known.schema,
            "login": known.login,
            "password": known.password,
            "extra": known.extra_dejson,
        },
    )
