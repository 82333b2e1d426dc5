"""Churn of clients: an account with an owner of the same name per case, due in June 2025."""

from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany


def add_account(company: Company, name: str, parent: str | None = None) -> None:
    company.account(name, parent)
    company.owner(name, name)


def add_term(
    company: Company, account: str, first: str, last: str, name: str = "", **values: Any
) -> None:
    company.contract(
        f"{account}{name or first}", account, starts_on=first, ends_on=last,
        **{"amount_per_month": 100} | values,
    )  # fmt: skip


def churned(company: Company, code: str = "churned_accounts") -> dict[tuple[str, int], Decimal]:
    """Numerators of 2025 other than 0 by owner and month."""
    company.build("fct_kam_kpi")
    rows = company.marts.rows(
        f"""
        select employee_id, month(period) as month, numerator from kpi.fct_kam_kpi
        inner join core.dim_employee using (employee_key)
        where kpi_code = '{code}' and "window" = 'month' and year(period) = 2025 and numerator <> 0
        """
    )
    return {(row["employee_id"], row["month"]): row["numerator"] for row in rows}


def test_churn_stands_in_the_month_of_the_last_day(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for last in ("2025-05-31", "2025-06-01", "2025-06-29", "2025-06-30", "2025-07-01"):
        add_account(company, last)
        add_term(company, last, "2025-01-01", last)
    expected = {
        ("2025-05-31", 5): 1, ("2025-06-01", 6): 1, ("2025-06-29", 6): 1, ("2025-06-30", 6): 1,
        ("2025-07-01", 7): 1,
    }  # fmt: skip
    assert churned(company) == expected
    assert churned(company, "logo_churn_rate") == expected


def test_grace_bridges_and_what_comes_later_does_not(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for start in ("2025-07-29", "2025-07-30", "2025-07-31"):
        add_account(company, start)
        add_term(company, start, "2025-01-01", "2025-06-30")
        add_term(company, start, start, "2026-12-31")
    # churn in the due month, not when grace ends
    assert churned(company) == {("2025-07-31", 6): 1}


@pytest.mark.parametrize(
    ("as_of", "value", "reason"),
    [("2025-07-29", 0, "pending"), ("2025-07-30", 0, "pending"), ("2025-07-31", 1, None)],
)
def test_nobody_has_left_before_grace_expires(
    new_company: NewCompany, as_of: str, value: int, reason: str | None
) -> None:
    company = new_company(as_of)
    add_account(company, "A")
    add_term(company, "A", "2025-01-01", "2025-06-30")
    for code in ("churned_accounts", "logo_churn_rate"):
        row = company.kpi(code, "2025-06", "A")
        assert (row["value"], row["reason"]) == (value, reason)


def test_partial_churn_is_no_churn(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for name, other in (("partial", "2026-12-31"), ("whole", "2025-06-10")):
        add_account(company, name)
        add_term(company, name, "2025-01-01", "2025-06-30", "big", amount_per_month=900)
        add_term(company, name, "2025-01-01", other, "small", amount_per_month=1)
    assert churned(company) == {("whole", 6): 1}


def test_a_member_that_leaves_is_no_lost_holding(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    company.account("H")
    for name, last in (("first", "2025-04-30"), ("second", "2025-06-30"), ("third", "2025-06-10")):
        add_account(company, name, "H")
        add_term(company, name, "2025-01-01", last)
    add_account(company, "alone")
    add_term(company, "alone", "2025-01-01", "2025-06-30")
    # one logo, shared by the two members that were left in June
    assert churned(company) == {
        ("second", 6): Decimal("0.5"), ("third", 6): Decimal("0.5"), ("alone", 6): 1,
    }  # fmt: skip


def test_inside_one_month_an_account_stands_in_neither(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    add_account(company, "inside")
    add_term(company, "inside", "2025-06-02", "2025-06-29")
    add_account(company, "whole")
    add_term(company, "whole", "2025-06-01", "2025-06-30")
    row = company.kpi("logo_churn_rate", "2025-06", "inside")
    assert (row["value"], row["reason"]) == (None, "zero_denominator")
    assert churned(company) == {("whole", 6): 1}


def test_the_rate_is_over_those_active_at_the_start(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    ranges = {
        "gone before": ("2025-01-01", "2025-05-31"), "leaves": ("2025-01-01", "2025-06-15"),
        "stays": ("2025-01-01", "2026-12-31"), "starts that day": ("2025-06-01", "2026-12-31"),
        "starts late": ("2025-06-02", "2026-12-31"), "inside": ("2025-06-02", "2025-06-20"),
        "stays too": ("2025-01-01", "2025-07-01"),
    }  # fmt: skip
    for name, (first, last) in ranges.items():
        company.account(name)
        company.owner(name, "E")
        add_term(company, name, first, last)
    company.account("bought once")
    company.owner("bought once", "E")
    company.invoice("I", "bought once", "2025-05-20", 100)
    row = company.kpi("logo_churn_rate", "2025-06", "E")
    assert (row["numerator"], row["denominator"], row["value"]) == (1, 4, Decimal("0.25"))


def add_service(company: Company, account: str, first: str, last: str) -> None:
    """A recurring line over its service period."""
    company.invoice(
        f"{account}{first}", account, first, 300, is_recurring=True, period_from=first,
        period_to=last,
    )  # fmt: skip


def test_without_terms_three_months_of_silence_are_churn(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for last in ("2025-03-30", "2025-03-31", "2025-04-01"):
        add_account(company, last)
        add_service(company, last, "2025-01-01", last)
    # active for three months after the last day of service: to 30 June, and to 1 July
    assert churned(company) == {
        ("2025-03-30", 6): 1, ("2025-03-31", 6): 1, ("2025-04-01", 7): 1,
    }  # fmt: skip


def test_a_return_within_the_gap_is_no_churn(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    # one month of silence, so that the gap of 90 days is the longer of the two
    company.policy(churn_inactivity_months=1)
    for start in ("2025-06-28", "2025-06-29", "2025-07-01"):
        add_account(company, start)
        add_service(company, start, "2025-01-01", "2025-03-31")
        add_service(company, start, start, "2026-12-31")
    # the 90th day after 31 March is 29 June
    assert churned(company) == {("2025-07-01", 4): 1}


def test_who_ever_had_a_term_is_judged_by_terms_alone(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    add_account(company, "A")
    add_term(company, "A", "2025-01-01", "2025-06-30")
    add_service(company, "A", "2025-01-01", "2026-12-31")
    add_account(company, "B")
    add_service(company, "B", "2025-01-01", "2026-12-31")
    assert churned(company) == {("A", 6): 1}
    assert company.value("logo_churn_rate", "2025-06", "B") == 0
