"""Lost clients over longer windows, and by what policy says a client and a loss are."""

from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany


def subscribe(company: Company, account: str, first: str, last: str, **values: Any) -> None:
    if account not in {row["account_id"] for row in company.tables.get("account", [])}:
        company.account(account)
    company.contract(
        f"{account}-{first}", account, starts_on=first, ends_on=last, amount_per_month=100, **values
    )


def parts(company: Company, period: str, window: str = "month") -> tuple[Any, Any]:
    row = company.kpi("logo_churn_rate", period, window=window)
    assert company.value("churned_accounts", period, window=window) == row["numerator"]
    return row["numerator"], row["denominator"]


def test_a_window_compares_its_first_day_with_the_day_after_it(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    subscribe(company, "stays", "2024-01-01", "2027-12-31")
    subscribe(company, "leaves", "2024-01-01", "2025-02-10")
    subscribe(company, "leaves and returns", "2024-01-01", "2025-01-20")
    subscribe(company, "leaves and returns", "2025-03-31", "2027-12-31")
    subscribe(company, "inside", "2025-01-10", "2025-03-20")
    # the sum of the months would be 3 of 3 + 3 + 3
    assert [parts(company, f"2025-{month:02}") for month in (1, 2, 3)] == [(1, 3), (1, 3), (1, 2)]
    assert parts(company, "2025-03", "quarter") == (1, 3)
    assert parts(company, "2025-12", "rolling_12") == (1, 3)
    assert parts(company, "2025-12", "ytd") == (1, 3)


def test_one_client_is_a_holding_or_an_account(new_company: NewCompany) -> None:
    for grain, expected in (("holding", (0, 1)), ("account", (1, 2))):
        company = new_company("2026-12-31")
        company.policy(grain=grain)
        company.account("top")
        company.account("member", "top")
        subscribe(company, "top", "2024-01-01", "2027-12-31")
        subscribe(company, "member", "2024-01-01", "2025-03-31")
        assert parts(company, "2025-03") == expected


def test_a_client_stays_of_the_holding_of_the_windows_first_day(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.account("top")
    subscribe(company, "top", "2024-01-01", "2025-01-31")
    subscribe(company, "member", "2024-01-01", "2027-12-31")
    company.add(
        "account_parent", account_id="member", parent_account_id="top", valid_from="2024-01-01",
        valid_to="2025-02-10",
    )  # fmt: skip
    # the member is still served, and was of the holding when the quarter began
    assert parts(company, "2025-03", "quarter") == (0, 1)
    assert parts(company, "2025-03") == (0, 1)


@pytest.mark.parametrize(
    ("recognise", "lost_in"), [("end_of_service", "2025-06"), ("notice", "2025-03")]
)
def test_a_loss_is_recognised_at_the_end_or_on_notice(
    new_company: NewCompany, recognise: str, lost_in: str
) -> None:
    company = new_company("2026-12-31")
    company.policy(churn_recognise=recognise)
    subscribe(
        company, "A", "2024-01-01", "2025-06-30", notice_days=90, notice_given_on="2025-03-31",
    )  # fmt: skip
    months = [f"2025-{month:02}" for month in range(1, 9)]
    assert [m for m in months if company.value("churned_accounts", m)] == [lost_in]
    # revenue is retained until the service ends, whatever counts as the loss of a client
    assert company.value("grr", "2025-03") == 1
    assert company.value("grr", "2025-06") == 0


def test_a_notice_that_ended_in_a_renewal_is_no_loss(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.policy(churn_recognise="notice")
    subscribe(
        company, "A", "2024-01-01", "2025-06-30", notice_days=90, notice_given_on="2025-03-31"
    )
    subscribe(company, "A", "2025-07-01", "2027-12-31")
    months = [f"2025-{month:02}" for month in range(1, 13)]
    assert [m for m in months if company.value("churned_accounts", m)] == []


def test_notice_counts_by_the_policy_of_its_day(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.policy_from("2025-04", "v2", churn_recognise="notice")
    for name, notice in (("March", "2025-03-31"), ("April", "2025-04-01")):
        subscribe(company, name, "2024-01-01", "2025-06-30", notice_given_on=notice)
    subscribe(company, "stays", "2024-01-01", "2027-12-31")
    lost = {
        month: company.value("churned_accounts", month)
        for month in ("2025-03", "2025-04", "2025-05", "2025-06")
    }
    assert lost == {"2025-03": 0, "2025-04": 1, "2025-05": 0, "2025-06": 1}


def test_kams_share_a_lost_client_by_the_days_of_the_window(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    subscribe(company, "A", "2024-01-01", "2025-02-10")
    company.owner("A", "K1", valid_from="2024-01-01", valid_to="2025-03-01")
    company.owner("A", "K2", valid_from="2025-03-01")
    found = [company.value("churned_accounts", "2025-03", kam, "quarter") for kam in ("K1", "K2")]
    assert found == [Decimal("0.6556"), Decimal("0.3444")]
