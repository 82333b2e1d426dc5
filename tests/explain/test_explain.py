"""The tree below a value, on the compiled real models: it adds up, and it names the documents."""

from datetime import date
from decimal import Decimal
from itertools import product
from statistics import median

import duckdb
import pytest

from kam_kpi.errors import KamError
from kam_kpi.serving.explain import Explanation, explain_kpi
from kam_kpi.serving.kam_month import kam_month

MONTH = date(2026, 10, 1)
WINDOWS = ("month", "quarter", "rolling_3", "rolling_12", "ytd")
Connection = duckdb.DuckDBPyConnection


def kpi_codes(explained: Connection) -> list[str]:
    return [row[0] for row in explained.execute("select kpi_code from kpi.dim_kpi").fetchall()]


def records(explanation: Explanation) -> list[tuple[str, str]]:
    return [
        (account.account_id, record.record_id)
        for month in explanation.months
        for account in month.accounts
        for record in account.records
    ]


def total(parts: list[Decimal | None]) -> Decimal:
    return sum((part for part in parts if part is not None), Decimal(0))


@pytest.mark.parametrize("window", WINDOWS)
def test_every_tree_adds_up_to_its_value(explained: Connection, window: str) -> None:
    seen = set()
    for kam, code in product(("K01", "K02", "UNASSIGNED"), kpi_codes(explained)):
        tree = explain_kpi(explained, kam, MONTH, code, window)
        for month in tree.months:
            for account in month.accounts:
                assert account.numerator == total([r.numerator for r in account.records])
            assert month.numerator == total([a.numerator for a in month.accounts])
        assert tree.numerator == total([month.numerator for month in tree.months])
        if tree.value.value is None:
            assert tree.value.reason, (kam, code)
            continue
        if tree.kpi["class"] == "derived":  # a median of the records, no sum
            parts = [r.numerator for m in tree.months for a in m.accounts for r in a.records]
            assert median(parts) == tree.value.value
        elif tree.is_ratio:
            assert tree.numerator is not None and tree.denominator
            assert tree.denominator == total(
                [r.denominator for m in tree.months for a in m.accounts for r in a.records]
            )
            assert abs(tree.numerator / tree.denominator - tree.value.value) < Decimal("1e-11")
        else:
            assert tree.numerator == tree.value.value, (kam, code)
        seen |= {code} if records(tree) else set()
    assert {"revenue", "renewal_rate_value", "overdue_share", "nrr", "logo_churn_rate"} <= seen


@pytest.mark.parametrize("window", WINDOWS)
def test_the_company_is_what_its_owners_are_together(explained: Connection, window: str) -> None:
    codes = ["revenue", "renewal_rate_value", "nrr", "logo_churn_rate", "receivables_share"]
    month = kam_month(explained, MONTH, codes, window=window)
    assert month.total
    for code in codes:
        trees = [
            explain_kpi(explained, kam, MONTH, code, window) for kam in ("K01", "K02", "UNASSIGNED")
        ]
        numerator = total([tree.numerator for tree in trees])
        denominator = total([tree.denominator for tree in trees])
        value = month.total.values[code].value
        assert value is not None
        expected = numerator / denominator if trees[0].is_ratio else numerator
        assert abs(value - expected) < Decimal("1e-11"), code


def test_a_longer_window_of_a_sum_is_shown_by_month(explained: Connection) -> None:
    tree = explain_kpi(explained, "K01", MONTH, "revenue", "rolling_3")
    assert [f"{month.period:%m}" for month in tree.months] == ["08", "09", "10"]
    # 60 % of A1's invoices; the credit note stands in its own month.
    assert [month.numerator for month in tree.months] == [600, 840, 570]
    assert [month.value.value for month in tree.months] == [600, 840, 570]
    assert tree.value.value == 2010


def test_a_cohort_is_not_split_by_month(explained: Connection) -> None:
    tree = explain_kpi(explained, "K01", MONTH, "nrr", "rolling_3")
    [month] = tree.months
    assert month.period == MONTH
    [first, second] = month.accounts
    # The holding had 1000 + 300 on 1 August and has 900: K01 is credited 60 % and all of that.
    assert (first.account_id, second.account_id) == ("A1", "A2")
    found = first.records[0].details
    assert (found["opening"], found["closing"], found["client_outcome"]) == (1000, 900, "kept")
    assert (found["client"], found["client_opening"], found["client_closing"]) == ("A1", 1300, 900)
    assert found["documents"] == ["TA1/1", "TA2/1"]


def test_a_term_names_its_dates_its_outcome_and_what_renews_it(explained: Connection) -> None:
    tree = explain_kpi(explained, "K01", MONTH, "renewal_rate_value")
    assert records(tree) == [("A1", "TA1/1")]
    record = tree.months[0].accounts[0].records[0]
    assert (record.numerator, record.denominator, record.share) == (540, 600, Decimal("0.6"))
    found = record.details
    assert (found["contract_id"], found["outcome"]) == ("TA1", "on_time")
    assert (found["starts_on"], found["ends_on"]) == (date(2024, 1, 1), date(2026, 10, 15))
    assert found["renewed_by"] == ["TA2/1"]


def test_a_term_lost_says_so(explained: Connection) -> None:
    tree = explain_kpi(explained, "K01", MONTH, "renewal_rate_value", "rolling_3")
    found = {
        record.record_id: record.details["outcome"]
        for month in tree.months
        for account in month.accounts
        for record in account.records
    }
    assert found == {"TA1/1": "on_time", "TB1/1": "churned"}


def test_a_term_won_back_names_the_lost_one(explained: Connection) -> None:
    record = explain_kpi(explained, "K02", MONTH, "winback_amount").months[0].accounts[0].records[0]
    assert (record.record_id, record.numerator) == ("TW2/1", 50)
    assert record.details["wins_back"] == ["TW1/1"]
    assert record.details["record_on"] == date(2026, 10, 2)
    lost = explain_kpi(explained, "K02", date(2026, 6, 1), "renewal_rate_value")
    [found] = [a.records[0].details for a in lost.months[0].accounts if a.account_id == "W1"]
    assert (found["outcome"], "renewed_by" in found) == ("churned", False)


def test_an_open_invoice_says_since_when_it_is_due(explained: Connection) -> None:
    tree = explain_kpi(explained, "K02", MONTH, "overdue_share")
    [newest] = [
        record
        for account in tree.months[0].accounts
        if account.account_id == "C1"
        for record in account.records
        if record.record_id == "C1-10"
    ]
    assert newest.details["due_on"] == date(2026, 10, 21)
    assert newest.details["days_overdue"] == 10  # due on the 20th would make it 11
    assert newest.details["disputed"] == 30


def test_documents_behind_a_client_are_named(explained: Connection) -> None:
    [found] = [
        record.details
        for account in explain_kpi(explained, "K02", MONTH, "logo_churn_rate").months[0].accounts
        if account.account_id == "C1"
        for record in account.records
    ]
    # without any contract: the recurring invoices, newest first
    assert found["documents"][0] == "C1-9"
    assert set(found["documents"]) == {f"C1-{month}" for month in range(1, 11)}
    [unassigned] = (
        explain_kpi(explained, "UNASSIGNED", MONTH, "receivables_share").months[0].accounts
    )
    assert unassigned.records[0].details["documents"] == ["LONE"]


def test_lines_credit_notes_and_deals_are_named(explained: Connection) -> None:
    sales = explain_kpi(explained, "K01", MONTH, "cross_sell_revenue", "rolling_3")
    assert records(sales) == [("A1", "NEW/1"), ("A1", "BACK/1")]
    assert sales.months[1].accounts[0].records[0].details["family"] == "more"
    note = explain_kpi(explained, "K01", MONTH, "revenue").months[0].accounts[0].records[1]
    assert (note.record_type, note.details["corrects_id"]) == ("credit_note", "NEW")
    deals = explain_kpi(explained, "K02", MONTH, "win_rate", "rolling_3")
    assert [(r.record_id, r.details["state"], r.details["record_on"]) for m in deals.months
            for a in m.accounts for r in a.records] == [
        ("L1", "lost", date(2026, 9, 9)), ("W1", "won", date(2026, 10, 9)),
    ]  # fmt: skip


def test_what_an_overlay_is_credited_stands_beside(explained: Connection) -> None:
    tree = explain_kpi(explained, "K01", MONTH, "revenue")
    assert tree.overlay == sum(100 + number for number in range(25))
    assert tree.value.value == 570


def test_the_largest_client_and_record_come_first(explained: Connection) -> None:
    accounts = explain_kpi(explained, "K02", MONTH, "revenue").months[0].accounts
    assert [account.account_id for account in accounts] == ["B1", "A1", "C1"]
    assert [record.record_id for record in accounts[0].records[:2]] == ["B1-24", "B1-23"]
    assert len(accounts[0].records) == 25


@pytest.mark.parametrize("kam", ["K01", "k01", "001", "olga@example.org", "01"])
def test_a_kam_by_any_of_his_names(explained: Connection, kam: str) -> None:
    assert explain_kpi(explained, kam, MONTH, "revenue").person["employee_id"] == "K01"


@pytest.mark.parametrize(
    ("kam", "month", "code", "window", "message", "fix"),
    [
        ("K09", MONTH, "nrr", "month", "There is no KAM K09", "K02 (K02), K03 (K03), UNASSIGNED"),
        ("K0", MONTH, "nrr", "month", "Several KAMs are called K0", "K01 (K01), K02 (K02)"),
        ("K01", MONTH, "nr", "month", "There is no KPI nr", "nrr, nrr_movement"),
        ("K01", MONTH, "nrr", "week", "There is no window week", "month, quarter, rolling_12"),
        ("K01", date(2030, 1, 1), "nrr", "month", "no KPIs for 2030-01; there are 2", "YYYY-MM"),
    ],
)
def test_a_wrong_name_gets_one_error_with_what_there_is(
    explained: Connection, kam: str, month: date, code: str, window: str, message: str, fix: str
) -> None:
    with pytest.raises(KamError) as caught:
        explain_kpi(explained, kam, month, code, window)
    assert message in caught.value.what
    assert fix in caught.value.fix
