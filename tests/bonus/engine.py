"""Runs the compiled bonus models on rows of their input tables."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from kam_kpi import PROJECT
from tests.bonus.reference.inputs import Inputs
from tests.models.marts import Marts, Row

MARTS = PROJECT / "dbt_project/models/marts"


class Engine:
    """The compiled models with their inputs as tables; only the schema `bonus` is built."""

    def __init__(self, folder: Path):
        marts = Marts(folder)
        self.connection: duckdb.DuckDBPyConnection = marts.connection
        self.connection.execute("set threads = 2")
        self.order = [
            mart
            for mart in marts.in_order(sorted(marts.marts))
            if mart.relation.startswith("bonus.")
        ]
        _create_facts(self.connection)

    def calculate(self, inputs: Inputs) -> None:
        """Replaces all inputs and builds every bonus model."""
        for table, rows in inputs.tables().items():
            self.connection.execute(f"delete from {table}")
            _insert(self.connection, table, rows)
        for mart in self.order:
            self.connection.execute(f"create or replace table {mart.relation} as {mart.sql}")

    def rows(self, sql: str) -> list[Row]:
        """Rows of a query, columns by name."""
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _create_facts(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop table kpi.dim_kpi")
    for folder in ("core", "kpi"):
        for path in sorted((MARTS / folder).rglob("*.yml")):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                columns = [(c["name"], c.get("data_type")) for c in model.get("columns", ())]
                if columns and all(kind for _, kind in columns):
                    types = ", ".join(f'"{name}" {kind}' for name, kind in columns)
                    connection.execute(f"create table {folder}.{model['name']} ({types})")
    seed = ("kpi_code", "class", "unit", "name_en", "name_ru", "tables_needed", "history")
    connection.execute(f"create table kpi.dim_kpi ({', '.join(f'{c} varchar' for c in seed)})")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> None:
    held = list(rows)
    if not held:
        return
    names = list(dict.fromkeys(name for row in held for name in row))
    columns = {name.strip('"'): _column([row.get(name) for row in held]) for name in names}
    connection.register("given", pa.table(columns))
    connection.execute(f"insert into {table} by name from given")
    connection.unregister("given")


def _column(values: list[Any]) -> pa.Array:
    if any(isinstance(value, Decimal) for value in values):
        return pa.array([None if value is None else Decimal(value) for value in values])
    return pa.array(values)
