"""Runs the compiled SQL of the marts on an in-memory DuckDB over rows given in Python."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from kam_kpi import PROJECT
from kam_kpi.contract import TECHNICAL, load_contract
from kam_kpi.warehouse.control import TABLES

DATABASE = "scenario"
SEED = PROJECT / "dbt_project/seeds/dim_kpi.csv"
Row = dict[str, Any]


@dataclass(frozen=True)
class Mart:
    """One mart: its relation, its compiled SQL and the names of the marts it reads."""

    relation: str
    sql: str
    reads: frozenset[str]


def run_dbt(command: Sequence[str], folder: Path) -> Any:
    """One dbt command on `folder`/scenario.duckdb; fails with the messages of what failed."""
    os.environ["KAM_BUILD_FILE"] = str(folder / f"{DATABASE}.duckdb")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    project = str(PROJECT / "dbt_project")
    try:
        outcome = dbtRunner().invoke(
            [
                *command, "--project-dir", project, "--profiles-dir", project,
                "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"),
                "--log-level", "none", "--no-use-colors",
            ]
        )  # fmt: skip
    finally:
        DuckDBConnectionManager.close_all_connections()
    failed = [
        f"{node.node.name}: {node.message}"
        for node in getattr(outcome.result, "results", [])
        if str(node.status) in ("error", "fail", "runtime error")
    ]
    assert outcome.success, f"{outcome.exception or ''}\n" + "\n".join(failed)
    return outcome.result


def create_inputs(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty `control` and `conformed` tables, and kpi.dim_kpi as its seed says."""
    for schema in ("control", "conformed", "core", "kpi", "bonus"):
        connection.execute(f"create schema {schema}")
    for name, columns in TABLES.items():
        connection.execute(f"create table control.{name} ({columns})")
    for name, types in column_types().items():
        columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
        connection.execute(f"create table conformed.{name} ({columns})")
    connection.execute(f"create table kpi.dim_kpi as from read_csv('{SEED}', all_varchar = true)")


def column_types() -> dict[str, dict[str, str]]:
    """Columns of each contract table with their types."""
    technical = dict(zip(TECHNICAL, ("varchar", "varchar", "bigint"), strict=True))
    return {
        entity.name: {"source": "varchar"}
        | {column.name: column.data_type for column in entity.columns.values()}
        | technical
        for entity in load_contract().values()
    }


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> None:
    """Inserts rows that may leave columns out."""
    for row in rows:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


class Marts:
    """The compiled marts of the project and one connection to run them on."""

    def __init__(self, folder: Path):
        self.marts: dict[str, Mart] = {}
        for result in run_dbt(["compile", "--select", "tag:marts"], folder).results:
            node = result.node
            if node.resource_type == "model" and node.config.materialized == "mart":
                sql = str(node.compiled_code)
                # what an ephemeral model reads stands in the text as well
                reads = re.findall(rf'"{DATABASE}"\."(?:core|kpi|bonus)"\."(\w+)"', sql)
                self.marts[node.name] = Mart(f"{node.schema}.{node.name}", sql, frozenset(reads))
        self.connection = duckdb.connect()
        self.connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
        self.connection.execute("set TimeZone = 'UTC'; set threads = 1")
        create_inputs(self.connection)
        self.filled: set[str] = set()
        self.built: set[str] = set()
        self.company: object = None

    def in_order(self, wanted: Iterable[str]) -> list[Mart]:
        """The marts named and what they read, sources first."""
        order: dict[str, Mart] = {}

        def visit(name: str) -> None:
            if name in self.marts and name not in order:
                for read in sorted(self.marts[name].reads):
                    visit(read)
                order[name] = self.marts[name]

        for name in wanted:
            visit(name)
        return list(order.values())

    def fill(self, inputs: dict[str, list[Row]]) -> None:
        """Replaces the rows of `control.*` and `conformed.*`; no mart is built then."""
        for table in self.filled - set(inputs):
            self.connection.execute(f"delete from {table}")
        for table, rows in inputs.items():
            self.connection.execute(f"delete from {table}")
            insert(self.connection, table, rows)
        self.filled = set(inputs)
        self.built.clear()

    def build(self, wanted: Iterable[str]) -> None:
        """Builds the marts wanted and what they read, unless built since the last fill."""
        for mart in self.in_order(wanted):
            if mart.relation not in self.built:
                self.connection.execute(f"create or replace table {mart.relation} as {mart.sql}")
                self.built.add(mart.relation)

    def rows(self, sql: str) -> list[Row]:
        """Rows of a query, columns by name."""
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
