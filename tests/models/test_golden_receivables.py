"""Golden cases of receivables that the marts themselves compute."""

import csv
import re
from decimal import Decimal

import pytest

from tests.conftest import shared
from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.marts import Row

TODAY, TOMORROW = "2026-06-15", "2026-06-16"


def golden(case_id: str) -> Row:
    """`input` and `expected` of a case as text."""
    with shared("golden", "metric_cases.csv").open(encoding="utf-8", newline="") as file:
        return next(row for row in csv.DictReader(file) if row["id"] == case_id)


def numbers(text: str) -> list[Decimal]:
    return [Decimal(number) for number in re.findall(r"\d+", text)]


def client(new_company: NewCompany, as_of: str) -> Company:
    company = new_company(as_of)
    company.account("a")
    return company


def test_m_a4_open_by_instalment(new_company: NewCompany) -> None:
    case = golden("M-A4")
    invoice, *instalments, payment = numbers(case["input"])
    company = client(new_company, "2026-06-30")
    # named and delivered out of order: only the due dates say which one is the oldest
    company.invoice("I", "a", "2026-01-10", invoice)
    dues = ("2026-02-28", "2026-03-31", "2026-07-31")
    for due_on, amount in reversed(list(zip(dues, instalments, strict=True))):
        company.add("invoice_due", invoice_id="I", due_on=due_on, amount=amount)
    company.payment("P", "a", "2026-06-10", payment)
    company.allocation("2026-06-10", payment, invoice_id="I", payment_id="P")
    rows = company.rows("fct_open_item_month", period="2026-06")
    found = {str(row["due_on"]): (row["open_amount"], row["overdue_amount"]) for row in rows}
    expected = numbers(case["expected"])
    assert [found.get(due_on, (0, 0))[0] for due_on in dues] == expected
    assert [found.get(due_on, (0, 0))[1] for due_on in dues] == [0, expected[1], 0]


@pytest.mark.parametrize("is_applied", [True, False])
def test_m_a6_payment_dated_tomorrow(new_company: NewCompany, is_applied: bool) -> None:
    case = golden("M-A6")
    invoice, payment = numbers(case["input"])
    found: list[Decimal] = []
    for as_of in (TODAY, TOMORROW):
        company = client(new_company, as_of)
        company.invoice("I", "a", "2026-05-01", invoice, due_on="2026-07-01")
        company.payment("P", "a", TOMORROW, payment)
        if is_applied:
            company.allocation(TOMORROW, invoice, invoice_id="I", payment_id="P")
        (row,) = company.rows("fct_account_month", period="2026-06")
        found += [row["open_amount"], row["unapplied_amount"]]
    today, tomorrow, left = numbers(case["expected"])
    assert found == [today, 0, tomorrow, left]


def test_m_u1_days_overdue(new_company: NewCompany) -> None:
    case = golden("M-U1")
    assert case["input"] == "due yesterday / 30 days ago / 31 days ago"
    company = client(new_company, "2026-06-30")
    dues = {"2026-06-29": 1, "2026-05-31": 30, "2026-05-30": 31}
    for due_on in dues:
        company.invoice(due_on, "a", "2026-05-01", 100, due_on=due_on)
    rows = company.rows("fct_open_item_month", period="2026-06")
    found = {row["invoice_id"]: row["days_overdue"] for row in rows}
    assert found == dues
    buckets = [numbers(bucket) for bucket in case["expected"].split("/")]
    for due_on, (first, last) in zip(dues, buckets, strict=True):
        assert first <= found[due_on] <= last
