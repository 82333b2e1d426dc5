"""Bonuses of the demo company as finance sees them: the table, the tree, other plans, what is owed."""

import csv
import hashlib
import io
import json
import shutil
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kam_kpi import PROJECT
from tests.e2e.conftest import Kam

MONTH = "2026-10"


def rows(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed)))


def money(text: str) -> Decimal:
    return Decimal(text or 0)


def finance(demo: Kam, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(demo.finance), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_table_names_who_is_blocked_and_what_is_held(demo: Kam) -> None:
    printed = demo("bonus", MONTH)
    assert "Bonuses proposed for 2026-10, amounts in RUB" in printed
    assert "(K07): shares of the owners of client A90029 do not sum to 1" in printed
    assert "(K10), service: no approved score, or no data" in printed
    assert max(map(len, printed.splitlines())) <= 100
    found = rows(demo("bonus", MONTH, "--format", "csv"))
    [(due,)] = finance(demo, "select sum(due) from bonus.fct_bonus where period = '2026-10-01'")
    assert sum(money(row["due"]) for row in found) == due > 0
    assert {row["due"] for row in found if row["employee_id"] in ("K07", "K08")} == {"0.00"}
    assert "Премии к утверждению за 2026-10" in demo("--lang", "ru", "bonus", MONTH)


def test_a_month_without_bonuses_says_which_have_some(demo: Kam) -> None:
    printed = demo("bonus", "2024-06", code=1)
    assert "There are no bonuses for 2024-06" in printed and "2025-01 to 2026-10" in printed


def test_the_tree_ends_at_documents_and_adds_up(demo: Kam) -> None:
    printed = demo("explain", "K01", MONTH)
    assert "СЧ-2610-00121/5" in printed and "to pay" in printed
    assert max(map(len, printed.splitlines())) <= 100
    found = rows(demo("explain", "K01", MONTH, "--format", "csv"))
    steps = {(row["component"], row["step"]): row for row in found if row["kind"] == "step"}
    measure = money(steps["cross_sell", "measure"]["amount"])
    records = [row for row in found if (row["component"], row["kind"]) == ("cross_sell", "record")]
    assert sum(money(row["amount"]) for row in records) == measure
    assert sum(money(row["earned"]) for row in records) == money(
        steps["cross_sell", "earned"]["amount"]
    )
    table = rows(demo("bonus", MONTH, "--format", "csv"))
    due = sum(money(row["due"]) for row in table if row["employee_id"] == "K01")
    last = [money(row["amount"]) for row in found if row["step"] == "due"]
    assert sum(last) == due


def test_the_head_is_paid_for_the_team_and_a_record_counts_once(demo: Kam) -> None:
    [(measure,)] = finance(
        demo,
        """
        select amount from bonus.fct_bonus_line
        where period = '2026-09-01' and component_code = 'revenue' and step = 'measure'
            and plan_code = 'head' order by amount desc limit 1
        """,
    )
    [(records,)] = finance(
        demo,
        """
        select sum(event_amount) from bonus.fct_bonus_event
        where period = '2026-09-01' and component_code = 'revenue' and plan_code = 'head'
        group by employee_key order by 1 desc limit 1
        """,
    )
    assert measure == records > 0
    doubled = finance(
        demo,
        """
        select record_id from bonus.fct_bonus_event where plan_code = 'head'
        group by employee_key, period, component_code, record_type, source, record_id, plan_code
        having count(*) > 1
        """,
    )
    assert doubled == []


def test_other_plans_change_only_whom_they_are_for(demo: Kam, tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    shutil.copytree(PROJECT / "config/plans", plans)
    tiers = plans / "bonus_tier.csv"
    before = "middle,1,cross_sell,0,500000,0.02"
    assert before in tiers.read_text("utf-8")
    tiers.write_text(tiers.read_text("utf-8").replace(before, before[:-1] + "3"), "utf-8")
    build = demo.home / "build/warehouse.duckdb"
    digest = hashlib.sha256(build.read_bytes()).hexdigest()
    found = rows(demo("simulate", MONTH, "--plans", str(plans), "--format", "csv"))
    assert hashlib.sha256(build.read_bytes()).hexdigest() == digest
    sold = {row["employee_id"]: row for row in found if money(row["change"])}
    assert {"K01", "K02"} <= sold.keys() <= {"K01", "K02", "K05", "K09", "K10"}
    # 1 % more of at most 500 000
    assert sold["K01"]["change"] == "5000.00"
    same = rows(
        demo("simulate", MONTH, "--plans", str(PROJECT / "config/plans"), "--format", "csv")
    )
    assert {row["change"] for row in same} == {"0.00"}
    today = {row["employee_id"]: money(row["today"]) for row in same}
    table = rows(demo("bonus", MONTH, "--format", "csv"))
    for row in table:
        today[row["employee_id"]] -= money(row["earned"])
    assert set(today.values()) == {0}
    assert "Gain: 5, lose: 0" in demo("simulate", MONTH, "--plans", str(plans))


def test_plans_at_fault_are_not_simulated(demo: Kam, tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    shutil.copytree(PROJECT / "config/plans", plans)
    tiers = plans / "bonus_tier.csv"
    line = (
        tiers.read_text("utf-8")
        .splitlines()
        .index("middle,1,cross_sell,0,500000,0.02,amount,rate,marginal,lower_inclusive")
    )
    tiers.write_text(tiers.read_text("utf-8").replace(",0,500000,0.02", ",5,1,0.02"), "utf-8")
    printed = demo("simulate", MONTH, "--plans", str(plans), code=2)
    assert f"bonus_tier.csv line {line + 1}" in printed


def test_what_is_owed_is_what_waits_and_what_is_to_be_paid(demo: Kam) -> None:
    found = rows(demo("accrual", MONTH, "--format", "csv"))
    [(held,)] = finance(demo, "select sum(held) from bonus.fct_bonus where period <= '2026-10-01'")
    assert sum(money(row["waiting"]) + money(row["earlier"]) for row in found) == held
    table = rows(demo("bonus", MONTH, "--format", "csv"))
    assert sum(money(row["pay"]) for row in found) == sum(money(row["due"]) for row in table)
    assert "KAM-Север" in demo("accrual", MONTH)


def test_a_month_that_is_over_is_no_forecast(demo: Kam) -> None:
    assert "No month is under way" in demo("forecast")


def test_pay_stays_out_of_what_bi_reads(demo: Kam) -> None:
    version = demo.home / "serving/current"
    assert stat.S_IMODE((version / "finance.duckdb").stat().st_mode) == 0o600
    with duckdb.connect(str(version / "kam.duckdb"), read_only=True) as connection:
        schemas = {
            row[0]
            for row in connection.execute("select schema_name from duckdb_tables()").fetchall()
        }
    assert schemas == {"core", "kpi", "quality"}
    assert "bonus" in demo("query", "select * from bonus.fct_bonus", code=1)


def test_json_has_every_digit(demo: Kam) -> None:
    found = json.loads(demo("explain", "K01", MONTH, "--format", "json"))
    attainment = [row["amount"] for row in found if row["step"] == "attainment"]
    assert attainment and all(isinstance(amount, str) for amount in attainment)


@pytest.mark.parametrize("command", ["bonus", "explain", "simulate", "forecast", "accrual"])
def test_help_has_examples(demo: Kam, command: str) -> None:
    printed = demo(command, "--help")
    assert f"kam {command}" in printed
    assert "Примеры" in demo("--lang", "ru", command, "--help")


def test_a_plan_for_somebody_unknown_is_told_by_name(demo: Kam, tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    shutil.copytree(PROJECT / "config/plans", plans)
    assert "whom no source delivers" not in demo("plan", "check", str(plans))
    with (plans / "bonus_assignment.csv").open("a", encoding="utf-8") as file:
        file.write("000999,junior,2026-01-01,\n")
    assert "names 000999, whom no source delivers" in demo("plan", "check", str(plans))


def test_what_a_draw_advances_is_named(demo: Kam) -> None:
    printed = demo("bonus", "2025-04")
    # 40 000 guaranteed, 25 500 earned
    assert "(K12): 14,500.00" in printed.split("to be recovered")[1]
