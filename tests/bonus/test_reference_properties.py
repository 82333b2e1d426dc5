"""What holds of any calculation and settlement of the reference, and of its random stories."""

import csv
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

import duckdb
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kam_kpi import PROJECT
from kam_kpi.warehouse.control import TABLES
from tests.bonus.differential import shuffled
from tests.bonus.random_story import Story, batch, stories
from tests.bonus.reference.calculation import calculate
from tests.bonus.reference.company import CLASSES
from tests.bonus.reference.inputs import Inputs
from tests.bonus.reference.settlement import DueSheet, Posted, due_of, settle
from tests.models.marts import column_types, insert

FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip


@FEW
@given(stories(is_contested=True), st.randoms(use_true_random=False))
def test_what_holds_of_any_calculation(told: Story, by: Random) -> None:
    inputs, period = told.closes[-1], told.periods[-1]
    result = calculate(inputs, period)
    assert calculate(shuffled(inputs, by), period) == result
    by_team: dict[str, Decimal] = defaultdict(Decimal)
    for one in result.lines:
        assert one.earned == one.held + one.due
        assert one.due == 0 or one.status == "due"
        assert one.after("earned") == (one.earned if one.steps else None) or not one.plan_code
        if one.events:
            assert sum(pay.earned - pay.clawed for pay in one.events) == one.earned
        team = inputs.employees[one.employee_key]["team"]
        by_team[team] += (one.after("rounded") or 0) if one.plan_code else 0
    negative = any(one.earned < 0 for one in result.lines)
    for budget in inputs.bonus_budget:
        if budget["period"] == period and not negative:
            assert by_team[budget["team"]] <= budget["amount"]
    blocked = {block.employee_key for block in result.blocks}
    assert all(one.status == "blocked" for one in result.lines if one.employee_key in blocked)


def sheet_of(inputs: Inputs, periods: tuple[date, ...]) -> DueSheet:
    """What is due in all for the months so far, as a close knows it."""
    results = [calculate(inputs, period) for period in periods]
    policy = inputs.policy_of(periods[-1])
    return DueSheet(
        periods[-1],
        tuple(due_of(one) for result in results for one in result.lines),
        tuple(draw for result in results for draw in result.draws),
        policy["bonus_restate_months"], policy["bonus_restate_min_amount"],
        blocked=frozenset(
            (block.employee_key, result.period) for result in results for block in result.blocks
        ),
    )  # fmt: skip


@FEW
@given(stories())
def test_any_months_settle_to_what_is_due(told: Story) -> None:
    check_settlement(told)


def check_settlement(told: Story) -> None:
    """Each close is settled in turn, twice."""
    ledger: list[Posted] = []
    for number, inputs in enumerate(told.closes):
        sheet = sheet_of(inputs, told.periods[: number + 1])
        keys = [(due.employee, due.period_earned, due.component) for due in sheet.dues]
        assert len(set(keys)) == len(keys)
        once = settle(sheet, ledger)
        pay: dict[str, Decimal] = defaultdict(Decimal)
        for entry in once.entries:
            pay[entry.employee] += entry.amount
        assert all(amount >= 0 for amount in pay.values())
        ledger += once.entries
        again = settle(sheet, ledger)
        assert again.entries == ()
        waiting = {
            (entry.employee, entry.period_earned, entry.component)
            for entry in (*again.carried, *again.small, *again.out_of_window)
        }
        for due in sheet.dues:
            key = (due.employee, due.period_earned, due.component)
            if due.is_settled and key not in waiting:
                posted = [e for e in ledger if (e.employee, e.period_earned, e.component) == key]
                assert sum(entry.amount for entry in posted) >= due.amount
                if not due.clawed:
                    assert sum(entry.amount for entry in posted) == due.amount


def test_rows_fit_the_tables_that_the_models_read() -> None:
    """Each table of a story, made as its contract says, takes the rows and keeps no NULL out."""
    columns = {f"conformed.{name}": types for name, types in column_types().items()}
    needed: dict[str, list[str]] = {}
    for folder in ("core", "kpi"):
        for path in (PROJECT / "dbt_project/models/marts" / folder).rglob("*.yml"):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                name = f"{folder}.{model['name']}"
                columns[name] = {c["name"]: c["data_type"] for c in model.get("columns", ())}
                needed[name] = [c["name"] for c in model.get("columns", ()) if c.get("constraints")]
    connection = duckdb.connect()
    for schema in ("control", "conformed", "core", "kpi"):
        connection.execute(f"create schema {schema}")
    tables = batch(7, 6, 3, is_contested=True).closes[-1].tables()
    with (PROJECT / "dbt_project/seeds/dim_kpi.csv").open(encoding="utf-8") as file:
        seed = {row["kpi_code"]: (row["class"], row["unit"]) for row in csv.DictReader(file)}
    assert {code: seed[code] for code in CLASSES} == CLASSES
    seen = 0
    for table, rows in tables.items():
        control = TABLES.get(table.removeprefix("control."))
        if control is not None and table.startswith("control.") and "bonus" in control + table:
            connection.execute(f"create table {table} ({control})")
        elif table in columns:
            types = ", ".join(
                f'"{name}" {kind} {"not null" if name in needed.get(table, ()) else ""}'
                for name, kind in columns[table].items()
            )
            connection.execute(f"create table {table} ({types})")
        else:
            continue
        insert(connection, table, rows)
        seen += 1
    assert seen >= 18


def test_a_batch_is_the_same_rows_for_the_same_seed_and_has_plans_of_their_own() -> None:
    one, two = batch(3, 20, 2), batch(3, 20, 2)
    assert [inputs.tables() for inputs in one.closes] == [i.tables() for i in two.closes]
    assert replace(one.closes[0]).bonus_plan != batch(4, 20, 2).closes[0].bonus_plan
    assert len({row["plan_code"] for row in one.closes[-1].bonus_plan}) == 20
