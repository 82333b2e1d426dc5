"""A build file with every contract table and mart, empty, as dbt would leave them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import yaml

from kam_kpi import PROJECT
from kam_kpi.home import Home
from kam_kpi.quality.checks import CheckRow
from kam_kpi.quality.duckdb_datasource import open_duckdb
from kam_kpi.quality.suite import RelationSuite
from kam_kpi.quality.validate import check_rows, validate
from kam_kpi.warehouse.changes import CODE, EVERYTHING, create_changes, note_change
from kam_kpi.warehouse.control import TABLES

MODELS = PROJECT / "dbt_project" / "models"
RUN = "run-1"


def _create(connection: duckdb.DuckDBPyConnection, schema: str, folder: Path) -> None:
    connection.execute(f"create schema if not exists {schema}")
    for path in sorted(folder.rglob("*.yml")):
        models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        for model in (each for each in models if "columns" in each):
            columns = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in model["columns"])
            connection.execute(f"create table {schema}.{model['name']} ({columns})")


def write_template(path: Path) -> None:
    """A build file of run-1: no rows but the KPI list and the run itself."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema control; create table control.run (run_id varchar)")
        connection.execute("insert into control.run values (?)", [RUN])
        create_changes(connection)
        note_change(connection, CODE, EVERYTHING)
        connection.execute(f"create table control.policy ({TABLES['policy']})")
        insert(connection, "control.policy", {
            "policy_version": "v1", "valid_from": "2000-01-01", "aging_buckets": [0, 30, 60, 90],
        })  # fmt: skip
        _create(connection, "conformed", MODELS / "conformed")
        for schema in ("core", "kpi", "quality", "bonus"):
            _create(connection, schema, MODELS / "marts" / schema)
        connection.execute(
            "create table bonus.int_bonus_component (employee_key varchar, period date,"
            " plan_code varchar, component_code varchar)"
        )
        seed = PROJECT / "dbt_project" / "seeds" / "dim_kpi.csv"
        connection.execute("create table kpi.dim_kpi as from read_csv(?)", [str(seed)])


def judged(
    suites: Iterable[RelationSuite], *relations: str
) -> dict[tuple[str, str, str | None], CheckRow]:
    """Broken rules of some relations by (relation, check, column), without the rest of the gate."""
    chosen = [suite for suite in suites if suite.relation in relations]
    with open_duckdb(Home.current().build_file) as session:
        return broken(check_rows(RUN, "marts", validate(session, chosen)))


def broken(rows: Iterable[CheckRow]) -> dict[tuple[str, str, str | None], CheckRow]:
    """The rows that are no success, by (relation, check, column)."""
    return {(r.relation, r.expectation, r.column_name): r for r in rows if not r.is_success}


def insert(connection: duckdb.DuckDBPyConnection, relation: str, *rows: dict[str, Any]) -> None:
    """Adds rows to a table; columns not named are NULL."""
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        connection.execute(f"insert into {relation} ({names}) values ({marks})", list(row.values()))


def put(relation: str, *rows: dict[str, Any]) -> None:
    """Adds rows to a table of the home's build file."""
    with duckdb.connect(str(Home.current().build_file)) as connection:
        insert(connection, relation, *rows)


def run_sql(statements: Iterable[str] | str) -> None:
    """Changes the home's build file."""
    with duckdb.connect(str(Home.current().build_file)) as connection:
        for statement in [statements] if isinstance(statements, str) else statements:
            connection.execute(statement)
