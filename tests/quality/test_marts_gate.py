"""The marts gate: one wrong number anywhere is found, by the rule it breaks."""

import json
from datetime import date
from pathlib import Path

import pytest

from expectations import marts
from kam_kpi import PROJECT
from kam_kpi.errors import KamError
from kam_kpi.quality.checks import read_checks
from kam_kpi.quality.gates import validate_marts
from kam_kpi.warehouse.changes import CODE, EVERYTHING
from tests.quality.small_warehouse import RUN, broken, judged, put, run_sql

LINES, ITEMS = "core.fct_invoice_line", "core.fct_open_item_month"
MOVEMENTS = "core.fct_recurring_movement"
EVIDENCE, KPIS = "kpi.fct_kpi_evidence", "kpi.fct_kam_kpi"
REVENUE = """kpi_code = 'revenue' and employee_key = 'k' and "window" = 'month'"""


def test_marts_that_agree_pass_and_every_one_is_judged(filled: Path) -> None:
    validate_marts(RUN)
    rows = read_checks(RUN)
    assert not broken(rows)
    folder = PROJECT / "dbt_project" / "models" / "marts"
    paths = [path.relative_to(folder) for path in folder.rglob("*.sql")]
    models = {f"{p.parts[0]}.{p.stem}" for p in paths if p.stem.startswith(("dim_", "fct_"))}
    assert models | {"kpi.dim_kpi"} == {row.relation for row in rows} - {
        "information_schema.tables"
    }


def test_empty_marts_pass(warehouse: Path) -> None:
    validate_marts(RUN)
    assert not broken(read_checks(RUN))


@pytest.mark.parametrize(
    ("change", "relation", "checks"),
    [
        (f"delete from {LINES} where line_no = 2", LINES, {"no_line_is_lost"}),
        (f"insert into {LINES} from {LINES} limit 1", LINES, {"no_line_is_lost", "key_is_unique"}),
        (f"update {LINES} set net = net + 0.0001 where line_no = 1", LINES, {"no_line_is_lost"}),
        (
            # errors that cancel out in the total
            f"update {LINES} set invoice_id = '2' where line_no = 2; insert into {LINES}"
            f" by name select * replace ('2' as invoice_id, 3 as line_no, -50 as net) from {LINES}"
            f" where line_no = 1; update {LINES} set net = 100 where invoice_id = '1'",
            LINES,
            {"no_line_is_lost"},
        ),
        (f"update {LINES} set account_key = 'gone'", LINES, {"account_is_in_dim_account"}),
        (f"update {LINES} set period = '2026-10-02'", LINES, {"is_first_of_month"}),
        ("delete from core.fct_invoice", "core.fct_invoice", {"no_invoice_is_lost"}),
        (
            "update core.fct_account_month set revenue = 99.9999 where account_key = 'a'",
            "core.fct_account_month",
            {"revenue_is_of_invoices"},
        ),
        (
            "update core.fct_credit_share set weight = 400001 where employee_key = 'm'",
            "core.fct_credit_share",
            {"owners_have_the_whole"},
        ),
        (
            f"update {EVIDENCE} set share = 0.6000000001 where {REVENUE}",
            EVIDENCE,
            {"shares_do_not_exceed_record"},
        ),
        (
            f"update {EVIDENCE} set share = 0.5999999999 where {REVENUE}",
            EVIDENCE,
            {"shares_do_not_exceed_record"},
        ),
        (
            f"update {EVIDENCE} set numerator = 60.0001 where {REVENUE}",
            EVIDENCE,
            {"revenue_evidence_is_of_invoices"},
        ),
        (
            f"update {EVIDENCE} set kpi_code = 'luck' where kpi_code = 'overdue_share'",
            EVIDENCE,
            {"kpi_is_in_dim_kpi"},
        ),
        (
            f"update {EVIDENCE} set numerator = 60.0001 where {REVENUE}",
            KPIS,
            {"value_is_sum_of_evidence"},
        ),
        (
            f"update {EVIDENCE} set denominator = 41.9999 where kpi_code = 'overdue_share'"
            " and employee_key = 'k'",
            KPIS,
            {"value_is_sum_of_evidence"},
        ),
        (
            f"""update {KPIS} set numerator = 60.0001, value = 60.0001 where "window" = 'quarter'""",
            KPIS,
            {"value_is_sum_of_evidence"},
        ),
        (
            # a value and nothing that explains it
            f"delete from {EVIDENCE} where {REVENUE}",
            KPIS,
            {"value_is_sum_of_evidence"},
        ),
        (
            f"update {EVIDENCE} set record_id = '2' where kpi_code = 'overdue_share'",
            EVIDENCE,
            {"record_exists"},
        ),
        (
            f"update {EVIDENCE} set record_type = 'payment' where kpi_code = 'overdue_share'",
            EVIDENCE,
            {"record_exists"},
        ),
        (
            f"update {MOVEMENTS} set churn = 0.0001 where account_key = 'a'",
            MOVEMENTS,
            {"movements_sum_to_the_change"},
        ),
        (
            f"update {MOVEMENTS} set expansion = 0 where account_key = 'a'",
            MOVEMENTS,
            {"movements_sum_to_the_change"},
        ),
        (f"update {KPIS} set value = 60.0001 where {REVENUE}", KPIS, {"value_is_quotient"}),
        (
            f"update {KPIS} set value = 0.99999999 where kpi_code = 'overdue_share'",
            KPIS,
            {"value_is_quotient"},
        ),
        (f"update {KPIS} set value = null where {REVENUE}", KPIS, {"empty_value_has_a_reason"}),
        (
            f"update {KPIS} set reason = 'no_data' where {REVENUE}",
            KPIS,
            {"empty_value_has_a_reason"},
        ),
        (f"update {KPIS} set reason = 'pending' where {REVENUE}", KPIS, set()),
        (f"delete from {KPIS} where {REVENUE}", KPIS, {"evidence_has_a_value"}),
        (f"update {ITEMS} set open_amount = 69", ITEMS, {"amounts_add_up"}),
        (f"update {ITEMS} set overdue_amount = 0", ITEMS, {"amounts_add_up"}),
        (f"update {ITEMS} set due_on = measured_on", ITEMS, {"amounts_add_up"}),
        (f"update {ITEMS} set days_overdue = 15", ITEMS, {"amounts_add_up"}),
        (f"update {ITEMS} set disputed_amount = 1", ITEMS, {"disputed_is_what_is_claimed"}),
        (f"update {ITEMS} set aging_bucket = '31-60'", ITEMS, {"bucket_is_of_the_policy"}),
        (
            f"update {ITEMS} set item_amount = 101, open_amount = 71, overdue_amount = 71",
            ITEMS,
            {"open_follows_from_documents"},
        ),
        (f"delete from {ITEMS}", ITEMS, {"open_follows_from_documents"}),
        (
            "update conformed.payment set reversed_on = '2026-10-31'",
            ITEMS,
            {"open_follows_from_documents"},
        ),
        ("update conformed.payment set reversed_on = '2026-11-01'", ITEMS, set()),
        (
            "update core.fct_open_credit_month set credit_amount = 29.9999",
            ITEMS,
            {"credit_is_set_once"},
        ),
    ],
)
def test_one_wrong_number_breaks_its_rule(
    filled: Path, change: str, relation: str, checks: set[str]
) -> None:
    run_sql(change.split(";"))
    found = judged(marts.suites(), relation)
    assert {check for _, check, _ in found} == checks
    assert all(row.blocks and not row.engine_failed for row in found.values())


@pytest.mark.parametrize(
    ("change", "relation", "check"),
    [
        (f"update {LINES} set net = net + 0.0001 where line_no = 1", LINES, "no_line_is_lost"),
        ("delete from core.fct_invoice", "core.fct_invoice", "no_invoice_is_lost"),
        (
            "update core.fct_account_month set revenue = 99.9999 where account_key = 'a'",
            "core.fct_account_month",
            "revenue_is_of_invoices",
        ),
        (f"delete from {ITEMS}", ITEMS, "open_follows_from_documents"),
        (f"delete from {EVIDENCE} where kpi_code = 'revenue'", KPIS, "value_is_sum_of_evidence"),
        (f"delete from {KPIS} where {REVENUE}", KPIS, "evidence_has_a_value"),
        (
            f"delete from {EVIDENCE} where kpi_code = 'revenue'",
            EVIDENCE,
            "revenue_evidence_is_of_invoices",
        ),
    ],
)
def test_months_are_judged_from_the_one_that_has_changed_on(
    filled: Path, change: str, relation: str, check: str
) -> None:
    def found(changes: dict[str, date]) -> set[str]:
        return {check for _, check, _ in judged(marts.suites(changes), relation)}

    table = relation.partition(".")[2]
    assert not found({table: date(2026, 10, 1)})
    run_sql(change)
    # all of the facts are of October
    assert check in found({table: date(2026, 10, 1)})
    assert check in found({CODE: EVERYTHING})
    assert not found({table: date(2026, 11, 1)})
    assert not found({})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fct_invoice_line": date(2026, 10, 1)}, "Judged from 2026-10 on."),
        ({}, "Unchanged, nothing to judge."),
        (None, "line_no."),
    ],
)
def test_what_was_judged_is_told(filled: Path, changes: dict[str, date] | None, told: str) -> None:
    (suite,) = [suite for suite in marts.suites(changes) if suite.relation == LINES]
    assert str(suite.expectations[0].description).endswith(told)


def test_a_later_report_of_accounting_has_open_items_judged_again(filled: Path) -> None:
    reported = {"source": "erp", "invoice_id": "1", "open_amount": 99, "currency": "RUB"}
    put("conformed.receivable_snapshot", {**reported, "as_of": "2026-10-31"})
    assert judged(marts.suites({"receivable_snapshot": date(2026, 10, 31)}), ITEMS)


def test_accounting_that_says_otherwise_is_told(filled: Path) -> None:
    reported = {"source": "erp", "invoice_id": "1", "open_amount": 100, "currency": "RUB"}
    put("conformed.receivable_snapshot", {**reported, "as_of": "2026-10-31"})
    assert not judged(marts.suites(), ITEMS)
    run_sql("update conformed.receivable_snapshot set open_amount = 99")
    (row,) = judged(marts.suites(), ITEMS).values()
    assert (row.expectation, row.blocks) == ("agrees_with_accounting", False)
    assert json.loads(row.sample or "")[0]["reported_amount"] == "99.0000"


def test_a_broken_mart_stops_the_run_with_one_error(filled: Path, home: Path) -> None:
    run_sql([f"delete from {LINES}", f"update {KPIS} set value = 61 where {REVENUE}"])
    with pytest.raises(KamError) as stopped:
        validate_marts(RUN)
    told = str(stopped.value)
    assert stopped.value.key == "quality.gate_failed"
    assert f"{LINES}: no_line_is_lost: 1 found among 0 rows." in told
    assert f"{KPIS}: value_is_quotient: 1 found among 5 rows." in told
    assert str(home / "data_docs" / "index.html") in told


def test_a_mart_without_a_suite_is_told_and_a_missing_one_stops_the_run(filled: Path) -> None:
    run_sql(["create table kpi.fct_luck (period date)", "create table kpi.int_luck (n integer)"])
    validate_marts(RUN)
    (row,) = broken(read_checks(RUN)).values()
    assert (row.expectation, row.severity) == ("tables_are_judged", "warn")
    assert json.loads(row.sample or "") == [{"relation": "kpi.fct_luck"}]
    run_sql("drop table core.fct_term_renewal")
    with pytest.raises(KamError, match="tables_exist: 1 found"):
        validate_marts(RUN)
