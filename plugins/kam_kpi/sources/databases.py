"""A database opened for reading: one connection, one read-only snapshot, every value as text.

The casts are the server's, so that a number keeps all its digits and nothing passes through a
float. Days and instants are ISO; an instant with a zone is written in UTC and ends in +00.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from kam_kpi.errors import KamError
from kam_kpi.sources.connections import Connection
from kam_kpi.sources.database_faults import source_fault

BATCH_ROWS = 50_000
CONNECT_SECONDS = 15
Family = Literal["number", "text", "date", "timestamp", "instant", "boolean", "other", "any"]


@dataclass(frozen=True)
class SourceColumn:
    """A column of a query. `any` is the family where the engine types values, not columns."""

    name: str
    family: Family


def text_schema(names: Sequence[str]) -> pa.Schema:
    """Columns of texts."""
    return pa.schema([(name, pa.string()) for name in names])


class Database(ABC):
    """An open snapshot. Use `open_database`."""

    driver: str
    quotes = ('"', '"')
    to_text = "cast({0} as text)"
    clock = "select current_timestamp"
    begin: Sequence[str] = ()

    def __init__(self, connection: Connection, time_zone: str) -> None:
        self.connection = connection
        self.time_zone = time_zone
        self.session: Any = None

    def open(self) -> None:
        """Connects and fixes the snapshot that everything is read from."""
        try:
            self.session = self._connect(self._driver())
            for statement in self.begin:
                self._run(statement.format(time_zone=self.time_zone))
        except KamError:
            raise
        except Exception as fault:
            raise source_fault(fault, self.connection) from None

    def close(self) -> None:
        """Gives the snapshot up; nothing was written."""
        if self.session is not None:
            self.session.close()

    def identifier(self, name: str) -> str:
        """A quoted name."""
        left, right = self.quotes
        return left + name.replace(right, right * 2) + right

    def literal(self, value: str) -> str:
        """A string literal."""
        return "'" + value.replace("'", "''") + "'"

    def first(self, select: str, rows: int) -> str:
        """A SELECT of no more than so many rows."""
        return f"{select}\nlimit {rows}"

    def text_of(self, expression: str, family: Family) -> str:
        """SQL of an expression's value as text."""
        return self.to_text.format(expression)

    def columns(self, query: str, what: str) -> list[SourceColumn]:
        """Names and families of a query's columns, without reading rows."""
        with self._cursor(f"select * from (\n{query}\n) q where 1 = 0", what) as cursor:
            return [SourceColumn(str(d[0]), self.family(d[1])) for d in cursor.description]

    def rows(self, sql: str, what: str) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        with self._cursor(sql, what) as cursor:
            return [tuple(row) for row in cursor.fetchall()]

    def batches(self, sql: str, names: Sequence[str], what: str) -> Iterator[pa.RecordBatch]:
        """A result of texts, in batches; at least one."""
        with self._cursor(sql, what) as cursor:
            yield pa.RecordBatch.from_pylist([], schema=text_schema(names))
            while rows := cursor.fetchmany(BATCH_ROWS):
                values = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(values, schema=text_schema(names))

    def now(self) -> datetime:
        """The server's clock, UTC."""
        [(value,)] = self.rows(self.clock, "clock")
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    @abstractmethod
    def family(self, type_code: Any) -> Family:
        """What kind of values a driver's type code stands for."""

    def _driver(self) -> Any:
        try:
            return import_module(self.driver)
        except ImportError as fault:
            raise KamError(
                "sources.no_driver", where=self.connection.place, driver=self.driver.split(".")[0]
            ) from fault

    @abstractmethod
    def _connect(self, driver: Any) -> Any:
        """An open connection of the driver."""

    def _run(self, statement: str) -> None:
        cursor = self.session.cursor()
        try:
            cursor.execute(statement)
        finally:
            cursor.close()

    @contextmanager
    def _cursor(self, sql: str, what: str) -> Iterator[Any]:
        cursor = self.session.cursor()
        try:
            cursor.execute(sql)
            yield cursor
        except (KamError, GeneratorExit):
            raise
        except Exception as fault:
            raise source_fault(fault, self.connection, what) from None
        finally:
            cursor.close()


class Sqlite(Database):
    """SQLite: types belong to values, so that columns have none."""

    driver = "sqlite3"
    clock = "select strftime('%Y-%m-%d %H:%M:%f', 'now')"
    begin = ("pragma query_only = on", "begin", "select count(*) from sqlite_master")

    def _connect(self, driver: Any) -> Any:
        path = Path(self.connection.database)
        if not path.is_file():
            raise KamError("sources.no_sqlite_file", where=self.connection.place)
        uri = f"{path.resolve().as_uri()}?mode=ro"
        return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=CONNECT_SECONDS)

    def family(self, type_code: Any) -> Family:
        """SQLite tells no types."""
        return "any"


_LIBPQ = {"host", "sslmode", "sslrootcert", "sslcert", "sslkey", "options", "channel_binding",
          "target_session_attrs", "krbsrvname", "gssencmode"}  # fmt: skip


class Postgres(Database):
    """PostgreSQL by ADBC: the server's binary COPY straight into Arrow."""

    driver = "adbc_driver_postgresql.dbapi"
    begin = (
        "set datestyle = 'ISO, YMD'",
        "set intervalstyle = iso_8601",
        "set extra_float_digits = 1",
        "set time zone '{time_zone}'",  # for what the mapping's own SQL makes of an instant
        "begin isolation level repeatable read read only",
    )

    def _connect(self, driver: Any) -> Any:
        given = self.connection
        options = {
            "host": given.host or "localhost",
            "port": str(given.port or 5432),
            "dbname": given.database or given.user,
            "user": given.user,
            "password": given.password,
            "connect_timeout": str(CONNECT_SECONDS),
            "application_name": "kam",
            **{key: value for key, value in given.extra.items() if key in _LIBPQ},
        }
        pairs = [f"{key}='{_quoted(value)}'" for key, value in options.items() if value]
        return driver.connect(" ".join(pairs), autocommit=True)

    def columns(self, query: str, what: str) -> list[SourceColumn]:
        """A query that fails leaves the snapshot whole, so that an optional table may be absent."""
        self._run("savepoint before_query")
        try:
            return super().columns(query, what)
        except KamError:
            self._run("rollback to savepoint before_query")
            raise

    def text_of(self, expression: str, family: Family) -> str:
        """An instant is written in UTC."""
        if family == "instant":
            return f"cast({expression} at time zone 'UTC' as text) || '+00'"
        return super().text_of(expression, family)

    def batches(self, sql: str, names: Sequence[str], what: str) -> Iterator[pa.RecordBatch]:
        """Batches as the driver makes them."""
        with self._cursor(sql, what) as cursor:
            yield pa.RecordBatch.from_pylist([], schema=text_schema(names))
            for batch in cursor.fetch_record_batch():
                yield pa.RecordBatch.from_arrays(batch.columns, schema=text_schema(names))

    def family(self, type_code: Any) -> Family:
        """By the Arrow type."""
        if pa.types.is_timestamp(type_code):
            return "instant" if type_code.tz else "timestamp"
        if pa.types.is_integer(type_code) or pa.types.is_floating(type_code):
            return "number"
        if getattr(type_code, "type_name", "") == "numeric":
            return "number"
        if pa.types.is_date(type_code):
            return "date"
        if pa.types.is_boolean(type_code):
            return "boolean"
        return "text" if pa.types.is_string(type_code) else "other"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


class Mysql(Database):
    """MySQL and MariaDB."""

    driver = "pymysql"
    quotes = ("`", "`")
    to_text = "cast({0} as char character set utf8mb4)"
    clock = "select utc_timestamp(6)"
    begin = (
        "set session time_zone = '+00:00'",
        "set session transaction isolation level repeatable read",
        "start transaction with consistent snapshot, read only",
    )

    def _connect(self, driver: Any) -> Any:
        given = self.connection
        return driver.connect(
            host=given.host or "localhost",
            port=given.port or 3306,
            user=given.user,
            password=given.password,
            database=given.database or None,
            unix_socket=given.extra.get("unix_socket"),
            ssl_ca=given.extra.get("ssl_ca"),
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            cursorclass=driver.cursors.SSCursor,  # rows are fetched as they come, not all at once
        )

    def literal(self, value: str) -> str:
        """A backslash escapes there."""
        return super().literal(value.replace("\\", "\\\\"))

    def text_of(self, expression: str, family: Family) -> str:
        """TIMESTAMP is an instant; DATETIME is what somebody wrote."""
        text = super().text_of(expression, family)
        return f"concat({text}, '+00')" if family == "instant" else text

    def family(self, type_code: Any) -> Family:
        """By the protocol's type number."""
        T = import_module("pymysql.constants").FIELD_TYPE  # noqa: N806
        families: dict[Family, tuple[int, ...]] = {
            "number": (T.DECIMAL, T.NEWDECIMAL, T.TINY, T.SHORT, T.LONG, T.LONGLONG, T.INT24,
                       T.FLOAT, T.DOUBLE, T.YEAR),
            "date": (T.DATE, T.NEWDATE),
            "timestamp": (T.DATETIME,),
            "instant": (T.TIMESTAMP,),
            "text": (T.VARCHAR, T.VAR_STRING, T.STRING, T.ENUM, T.SET, T.BLOB, T.LONG_BLOB,
                     T.MEDIUM_BLOB, T.TINY_BLOB),
        }  # fmt: skip
        return next((name for name, codes in families.items() if type_code in codes), "other")


class SqlServer(Database):
    """Microsoft SQL Server by pyodbc. Written by its documentation; never run against a server."""

    driver = "pyodbc"
    quotes = ("[", "]")
    to_text = "convert(nvarchar(max), {0})"
    clock = "select convert(varchar(27), sysutcdatetime(), 121)"
    begin = ("set transaction isolation level snapshot", "begin transaction")

    def _connect(self, driver: Any) -> Any:
        given = self.connection
        server = f"{given.host or 'localhost'},{given.port or 1433}"
        options = {
            "DRIVER": given.extra.get("driver", "{ODBC Driver 18 for SQL Server}"),
            "SERVER": server,
            "DATABASE": given.database,
            "UID": given.user,
            "PWD": "{" + given.password.replace("}", "}}") + "}",
            "ApplicationIntent": "ReadOnly",
        }
        text = ";".join(f"{key}={value}" for key, value in options.items())
        return driver.connect(text, autocommit=True, timeout=CONNECT_SECONDS)

    def first(self, select: str, rows: int) -> str:
        """TOP, in front."""
        return select.replace("select ", f"select top {rows} ", 1)

    def text_of(self, expression: str, family: Family) -> str:
        """Style 121 is ISO for days and instants; style 2 keeps the four decimals of MONEY."""
        style = 2 if family == "number" else 121
        return f"convert(nvarchar(max), {expression}, {style})"

    def family(self, type_code: Any) -> Family:
        """By the Python type that pyodbc gives."""
        import datetime as dt
        from decimal import Decimal

        families: dict[Any, Family] = {
            str: "text", int: "number", float: "number", Decimal: "number", bool: "boolean",
            dt.date: "date", dt.datetime: "timestamp",
        }  # fmt: skip
        return families.get(type_code, "other")


_ENGINES: dict[str, type[Database]] = {
    "sqlite": Sqlite,
    "postgres": Postgres,
    "mysql": Mysql,
    "mssql": SqlServer,
}


@contextmanager
def open_database(connection: Connection, time_zone: str) -> Iterator[Database]:
    """A read-only snapshot of the database, given up at the end.

    Args:
        connection: which database, and as whom.
        time_zone: the source's, an IANA name.

    Raises:
        KamError: it cannot be reached or refuses the login; names the connection, never a secret.
    """
    database = _ENGINES[connection.engine](connection, time_zone)
    try:
        database.open()
        yield database
    finally:
        database.close()
