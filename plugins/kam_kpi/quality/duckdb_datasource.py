"""Great Expectations on DuckDB: the connection stays open until the gate closes it.

Great Expectations closes a connection before it reads the result; on DuckDB the result is gone by
then and every expectation ends in `IndexError`. Here one connection serves a whole gate, is
read-only on files, and its release lets another part of the same process write the file.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import duckdb
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.datasource.fluent.sql_datasource import QueryAsset, TableAsset
from great_expectations.execution_engine import SqlAlchemyExecutionEngine

from kam_kpi.duckdb_file import limits
from kam_kpi.errors import KamError

_COLUMNS = sa.text(
    "select column_name from duckdb_columns() "
    "where database_name = current_database() and schema_name = :schema "
    "and table_name = :table order by column_index"
)


class _Catalogue:
    """The part of SQLAlchemy's inspector that expectations use, in one short query a table.

    The reflection of duckdb_engine goes through pg_catalog and costs more than all expectations on
    a table together.
    """

    def __init__(self, engine: "DuckDBExecutionEngine") -> None:
        self._engine = engine
        self.dialect = engine.dialect

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        """Columns in order; types are left open because no expectation here asks for them."""
        with self._engine.get_connection() as connection:
            rows = connection.execute(
                _COLUMNS, {"schema": schema or "main", "table": str(table_name)}
            )
            names = [row[0] for row in rows]
        return [{"name": name, "type": sa.types.NullType(), "nullable": True} for name in names]

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        """No expectation here depends on declared keys."""
        return {"constrained_columns": []}


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """One connection from the first query to `close`."""

    _connection: sa.Connection | None

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        """The one connection; leaving the context does not close it."""
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    def execute_query(self, query: sa.Executable) -> sa.CursorResult[Any]:
        """Runs a query; one that fails does not take the following ones with it."""
        try:
            result: sa.CursorResult[Any] = super().execute_query(query)
        except sa.exc.DBAPIError:
            if self._connection is not None:
                self._connection.rollback()
            raise
        return result

    def get_inspector(self) -> Any:
        """Column names as the catalogue has them now."""
        return _Catalogue(self)

    def close(self) -> None:
        """Closes the connection and lets go of the database file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


_EngineType = type[DuckDBExecutionEngine]
"""Named here because `type` is a field inside a datasource."""


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]
    """A DuckDB file or `:memory:`. One engine, so one connection, for assets and expectations."""

    type: Literal["duckdb_open"] = "duckdb_open"

    @property
    def execution_engine_type(self) -> _EngineType:
        """The engine that keeps its connection open."""
        return DuckDBExecutionEngine

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """The same engine at every call."""
        engine: DuckDBExecutionEngine | None = self._execution_engine  # type: ignore[has-type]
        if engine is None:
            engine = DuckDBExecutionEngine(
                connection_string=self.connection_string, create_temp_table=False, **self.kwargs
            )
            self._execution_engine = engine
        return engine

    def get_engine(self) -> sa.Engine:
        """The execution engine's own: a second one would hold the file open."""
        engine: sa.Engine = self.get_execution_engine().engine
        return engine

    def test_connection(self, test_assets: bool = True) -> None:
        """Nothing: the session connects at once and says better why it cannot."""

    def _add_asset(
        self, asset: TableAsset | QueryAsset, connect_options: dict[str, Any] | None = None
    ) -> TableAsset | QueryAsset:
        """Takes an asset without writing all of them to the context's configuration each time."""
        asset._datasource = self
        self.assets.append(asset)
        return asset


class DuckDBSession:
    """One gate's access to one DuckDB database."""

    def __init__(self, datasource: DuckDBDatasource) -> None:
        self._datasource = datasource

    def execute(
        self, statement: str, rows: list[dict[str, Any]] | Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Runs a statement on the gate's own connection and returns its rows."""
        with self._datasource.get_execution_engine().get_connection() as connection:
            result = connection.execute(sa.text(statement), rows)
            found = [tuple(row) for row in result] if result.returns_rows else []
            connection.commit()
        return found

    def batch(self, relation: str, rows: str = "") -> Batch:
        """What expectations are validated against: `schema.table`, or those of its `rows`."""
        if rows:
            query = f"select * from {relation} where {rows}"
            queried: QueryAsset = self._datasource.add_query_asset(name=relation, query=query)
            return queried.get_batch(queried.build_batch_request())
        schema, _, table = relation.partition(".")
        with warnings.catch_warnings():
            # a schema on the asset is deprecated in favour of a datasource for each schema, which
            # would mean a connection for each schema
            warnings.simplefilter("ignore", DeprecationWarning)
            asset: TableAsset = self._datasource.add_table_asset(
                name=relation, table_name=table, schema_name=schema
            )
            return asset.get_batch(asset.build_batch_request())


def quiet_context() -> EphemeralDataContext:
    """A context without telemetry and progress bars that keeps everything in memory."""
    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().partition("\n")[0]


@contextmanager
def open_duckdb(database: Path | None = None) -> Iterator[DuckDBSession]:
    """Opens a file read-only, or an empty database in memory, for the length of one gate.

    Raises:
        KamError: the file is absent, is no DuckDB file, or somebody is writing it.
    """
    # a named database in memory is one for all connections of the process
    name, options = f":memory:{uuid4().hex}", dict[str, Any](config=limits())
    if database is not None:
        if not database.is_file():
            raise KamError("quality.no_database", where=str(database))
        name, options = str(database), options | {"read_only": True}
    datasource: DuckDBDatasource = quiet_context().data_sources.add_duckdb_open(
        name="warehouse",
        connection_string=f"duckdb:///{name}",
        kwargs={"connect_args": options, "poolclass": sa.QueuePool},
    )
    engine = datasource.get_execution_engine()
    try:
        with engine.get_connection():
            pass
    except (sa.exc.DBAPIError, duckdb.Error) as error:
        engine.close()
        raise KamError("quality.cannot_open", where=name, cause=_first_line(error)) from error
    try:
        yield DuckDBSession(datasource)
    finally:
        engine.close()
