"""Runs the compiled bonus models on rows of their input tables."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from kam_kpi import PROJECT
from tests.bonus.reference.components import Step
from tests.bonus.reference.events import Event
from tests.bonus.reference.inputs import Inputs
from tests.bonus.reference.results import Block, Draw, EventPay, Line, Result
from tests.bonus.reference.tiers import Slice
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

    def result(self, inputs: Inputs, period: date) -> Result:
        """The calculation of a month in the reference's types; bounds of tiers are left out."""
        self.calculate(inputs)
        at = f"period = date '{period}'"
        steps, events = defaultdict(list), defaultdict(list)
        for table, found, order in (
            ("fct_bonus_line", steps, "place, part"),
            ("fct_bonus_event", events, "record_id, source"),
        ):
            for row in self.rows(f"from bonus.{table} where {at} order by {order}"):
                found[row["employee_key"], row["plan_code"], row["component_code"]].append(row)
        lines = []
        for row in self.rows(f"from bonus.fct_bonus where {at} order by all"):
            key = row["employee_key"], row["plan_code"], row["component_code"]
            lines.append(_line(row, steps[key], events[key], inputs.currency))
        blocks = self.rows(
            f"""
            select blocks.*, employees.employee_id from bonus.fct_bonus_block as blocks
            inner join core.dim_employee as employees using (employee_key)
            where {at} order by employee_key, place
            """
        )
        causes = [(row["employee_key"], row["reason"], row["detail"]) for row in blocks]
        assert len(set(causes)) == len(causes), (
            "a cause is named twice: the gate would stop the run"
        )
        draws = self.rows(f"from bonus.fct_bonus_draw where {at} order by all")
        return Result(
            period,
            tuple(lines),
            tuple(
                Block(row["employee_key"], row["employee_id"], row["reason"], row["detail"])
                for row in blocks
            ),
            tuple(
                Draw(row["employee_key"], row["period"], row["kind"], row["amount"])
                for row in draws
            ),
        )

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


def _line(row: Row, steps: list[Row], events: list[Row], currency: str) -> Line:
    return Line(
        row["employee_key"], row["period"], row["period"], row["plan_code"], row["plan_version"],
        row["component_code"], currency,
        tuple(Step(one["step"], one["amount"], one["note"]) for one in steps),
        row["earned"], row["held"], row["due"], row["status"], row["reason"], row["clawed"],
        tuple(
            EventPay(
                Event(
                    one["record_type"], one["source"], one["record_id"],
                    Fraction(one["event_amount"]), one["event_period"],
                ),
                one["earned"], one["clawed"], one["due"],
            )
            for one in events
            if one["earned"] is not None
        ),
        tuple(
            Slice(
                Fraction(0), None, Fraction(one["quantity"] or 0), Fraction(one["rate"]),
                Fraction(one["amount"]),
            )
            for one in steps
            if one["step"] == "tier"
        ),
        row["is_settled"],
    )  # fmt: skip
