"""The gate finds a disputed amount or an aging bucket that is wrong."""

import pytest

from expectations.receivables_sql import AGING_BUCKETS, DISPUTED_AMOUNTS
from tests.models.company import Company
from tests.models.conftest import NewCompany

ITEMS = "core.fct_open_item_month"


@pytest.fixture
def company(new_company: NewCompany) -> Company:
    """One invoice in three instalments at the end of January, the first and half the next disputed."""
    company = new_company("2025-03-31")
    company.policy_from("2025-03", "v2", aging_buckets=[30])
    company.account("A")
    company.invoice("I", "A", "2025-01-02", 100)
    for due_on, amount in (("2025-01-01", 20), ("2025-01-30", 50), ("2025-02-28", 30)):
        company.add("invoice_due", invoice_id="I", due_on=due_on, amount=amount)
    for number, (opened, closed, amount) in enumerate(
        [("2025-01-31", "2025-02-01", 40), ("2025-01-10", "2025-01-31", 7), ("2025-02-01", None, 5),
         ("2025-01-15", None, 5)]
    ):  # fmt: skip
        company.add(
            "dispute", dispute_id=f"D{number}", invoice_id="I", opened_on=opened, closed_on=closed,
            amount=amount,
        )  # fmt: skip
    company.build("fct_open_item_month")
    return company


def broken(company: Company, check: str, change: str = "") -> int:
    """Rows that the check finds after a change, which is taken back."""
    connection = company.marts.connection
    connection.execute("begin")
    try:
        if change:
            connection.execute(f"update {ITEMS} set {change} and period = '2025-01-01'")
        return len(company.marts.rows(check.format(batch=ITEMS)))
    finally:
        connection.execute("rollback")


def test_what_the_models_say_passes(company: Company) -> None:
    rows = company.rows("fct_open_item_month", order="period, instalment", period="2025-01")
    found = [(row["disputed_amount"], row["aging_bucket"]) for row in rows]
    assert found == [(20, "1-30"), (25, "1-30"), (0, "not_due")]
    assert broken(company, DISPUTED_AMOUNTS) == broken(company, AGING_BUCKETS) == 0


@pytest.mark.parametrize(
    "change",
    [
        "disputed_amount = 24.9999 where instalment = 2",
        "disputed_amount = 25.0001 where instalment = 2",
        "disputed_amount = 0 where instalment = 2",
        "disputed_amount = null where instalment = 2",
        # sums that are right, in the wrong order or out of range
        "disputed_amount = case instalment when 1 then 19 when 2 then 26 else 0 end where true",
        "disputed_amount = case instalment when 1 then 20 when 2 then 0 else 25 end where true",
        "disputed_amount = case instalment when 1 then 50 when 2 then -5 else 0 end where true",
    ],
)
def test_a_wrong_disputed_amount_is_found(company: Company, change: str) -> None:
    assert broken(company, DISPUTED_AMOUNTS, change) == 1


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ("aging_bucket = '31-60' where instalment = 1", 1),
        ("aging_bucket = 'not_due' where instalment = 2", 1),
        ("aging_bucket = '1-30' where instalment = 3", 1),
        # what the next version calls it
        ("aging_bucket = '0-30' where true", 3),
        ("aging_bucket = null where instalment = 1", 1),
        ("days_overdue = 31 where instalment = 1", 1),
        ("days_overdue = 0 where instalment = 2", 1),
    ],
)
def test_a_wrong_bucket_is_found(company: Company, change: str, rows: int) -> None:
    assert broken(company, AGING_BUCKETS, change) == rows


def test_the_buckets_of_a_later_version_are_those_of_its_months(company: Company) -> None:
    rows = company.rows("fct_open_item_month", order="instalment", period="2025-03")
    assert [row["aging_bucket"] for row in rows] == ["30+", "30+", "30+"]
    assert broken(company, AGING_BUCKETS) == 0
