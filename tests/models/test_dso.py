"""Days sales outstanding: open at the end × days ÷ billed, measured anew for each window."""

from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.test_golden_receivables import golden, numbers


def owned(new_company: NewCompany, as_of: str) -> Company:
    company = new_company(as_of)
    company.account("a")
    company.owner("a", "K")
    return company


def paid(company: Company, invoice: str, on: str, amount: Decimal | int) -> None:
    company.payment(f"P-{invoice}", "a", on, amount)
    company.allocation(on, amount, invoice_id=invoice, payment_id=f"P-{invoice}")


def dso(company: Company, period: str, window: str, kam: str = "K") -> tuple[Any, ...]:
    row = company.kpi("dso_simple", period, kam, window=window)
    return row["numerator"], row["denominator"], row["value"], row["reason"]


def test_m_d1_a_year(new_company: NewCompany) -> None:
    case = golden("M-D1")
    open_amount, sales, days = numbers(case["input"])
    company = owned(new_company, "2025-12-31")
    for month in range(1, 13):
        company.invoice(f"I{month}", "a", f"2025-{month:02}-05", sales / 12)
        if sales / 12 * month <= sales - open_amount:
            paid(company, f"I{month}", f"2025-{month:02}-20", sales / 12)
    numerator, denominator, value, reason = dso(company, "2025-12", "rolling_12")
    assert (numerator, denominator, reason) == (open_amount * days, sales, None)
    assert round(value, 1) == Decimal(case["expected"])


def test_m_d5_a_window_of_90_days(new_company: NewCompany) -> None:
    case = golden("M-D5")
    balance, *sales, days = numbers(case["input"])
    company = owned(new_company, "2025-03-31")
    for month, amount in enumerate(sales, 1):
        company.invoice(f"I{month}", "a", f"2025-{month:02}-10", amount)
    company.payment("P", "a", "2025-03-30", sum(sales) - balance)
    for window in ("rolling_3", "quarter", "ytd"):
        numerator, denominator, value, _ = dso(company, "2025-03", window)
        assert (numerator, denominator) == (balance * days, sum(sales))
        assert round(value, 2) == Decimal(case["expected"])
    # the month of March alone: 31 days of its own billing
    assert dso(company, "2025-03", "month")[:2] == (balance * 31, sales[-1])


def with_history(new_company: NewCompany, as_of: str) -> Company:
    """Billed 100 in January and 50 in February of 2024; 30 of it is open since."""
    company = owned(new_company, as_of)
    company.invoice("I1", "a", "2024-01-10", 100)
    company.invoice("I2", "a", "2024-02-10", 50)
    paid(company, "I1", "2024-02-11", 100)
    paid(company, "I2", "2024-02-12", 20)
    return company


@pytest.mark.parametrize(
    ("basis", "as_of", "window", "days"),
    [
        ("actual", "2024-02-28", "month", 28),
        ("actual", "2024-02-29", "month", 29),
        ("actual", "2024-03-01", "month", 29),
        ("actual", "2024-02-29", "quarter", 31 + 29),
        ("30", "2024-02-12", "month", 12),
        ("30", "2024-02-28", "month", 28),
        ("30", "2024-02-29", "month", 30),
        ("30", "2024-02-28", "quarter", 30 + 28),
        ("30", "2024-02-29", "quarter", 60),
    ],
)
def test_the_days_of_a_window(
    new_company: NewCompany, basis: str, as_of: str, window: str, days: int
) -> None:
    company = with_history(new_company, as_of)
    company.payment("none", "b", as_of, 1)
    company.policy(dso_days_basis=basis)
    billed = 50 if window == "month" else 150
    assert dso(company, "2024-02", window)[:2] == (30 * days, billed)


def test_a_month_of_31_days_under_way_has_at_most_30(new_company: NewCompany) -> None:
    company = with_history(new_company, "2024-03-30")
    company.payment("none", "b", "2024-03-30", 1)
    company.invoice("I3", "a", "2024-03-01", 10)
    company.policy(dso_days_basis="30")
    assert dso(company, "2024-03", "month")[:2] == (40 * 30, 10)


def test_a_later_void_or_payment_changes_no_past_window(new_company: NewCompany) -> None:
    company = with_history(new_company, "2024-03-31")
    company.invoice("I3", "a", "2024-02-20", 70, status="void", voided_on="2024-03-05")
    company.payment("P", "a", "2024-03-06", 5)
    assert dso(company, "2024-02", "month")[:2] == (100 * 29, 120)
    assert dso(company, "2024-03", "quarter")[:2] == (25 * 91, 150)


def test_nothing_billed_is_no_zero(new_company: NewCompany) -> None:
    company = with_history(new_company, "2024-03-31")
    company.payment("none", "b", "2024-03-31", 1)
    assert dso(company, "2024-03", "month") == (30 * 31, 0, None, "zero_denominator")
    assert dso(company, "2024-03", "rolling_12")[2:] == (None, "insufficient_history")


def test_currencies_add_up_at_plan_rates_and_owners_share(new_company: NewCompany) -> None:
    company = owned(new_company, "2024-01-31")
    company.account("b")
    company.owner("b", "K", share="0.25")
    company.owner("b", "L", share="0.75")
    company.add(
        "fx_rate",
        from_currency="EUR",
        to_currency="RUB",
        kind="plan",
        valid_on="2024-01-01",
        rate=90,
    )
    company.invoice("I1", "a", "2024-01-10", 100)
    company.invoice("I2", "b", "2024-01-10", 8, currency="EUR")
    company.payment("P2", "b", "2024-01-11", 4, currency="EUR")
    assert dso(company, "2024-01", "month")[:2] == (31 * (100 + 90), 100 + 180)
    assert dso(company, "2024-01", "month", "L")[:2] == (31 * 270, 540)


@pytest.mark.parametrize(("credits", "open_amount"), [("oldest_first", 60), ("ignore", 100)])
def test_what_is_open_follows_the_policy_of_receivables(
    new_company: NewCompany, credits: str, open_amount: int
) -> None:
    company = owned(new_company, "2024-01-31")
    company.invoice("I1", "a", "2024-01-10", 100)
    company.payment("P", "a", "2024-01-11", 40)
    company.policy(receivables_credits=credits)
    assert dso(company, "2024-01", "month")[:2] == (31 * open_amount, 100)
