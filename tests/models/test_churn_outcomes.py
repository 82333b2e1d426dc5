"""Lost clients: by contract terms, or by recurring billing where there never was a term."""

from decimal import Decimal

import pytest

from tests.models.company import Company, day
from tests.models.conftest import NewCompany


def client(new_company: NewCompany, as_of: str = "2026-12-31") -> Company:
    """K's client A, a contract of K's other client for history."""
    company = new_company(as_of)
    company.account("A")
    company.owner("A", "K")
    company.account("other")
    company.owner("other", "K")
    company.contract("X", "other", starts_on="2024-01-01", amount_per_month=1)
    return company


def churn(company: Company, month: str) -> tuple[object, object]:
    """Churned clients of K in the month, and the clients active at its start."""
    rate = company.kpi("logo_churn_rate", month, "K")
    assert rate["numerator"] == company.value("churned_accounts", month, "K")
    return rate["numerator"], rate["denominator"]


def test_a_client_is_lost_in_the_month_of_its_last_day_of_service(new_company: NewCompany) -> None:
    company = client(new_company)
    company.contract("C", "A", starts_on="2024-02-01", ends_on="2025-01-31", amount_per_month=100)
    assert churn(company, "2024-12") == (0, 2)
    assert churn(company, "2025-01") == (1, 2)
    assert churn(company, "2025-02") == (0, 1)
    assert company.value("logo_churn_rate", "2025-01", "K") == Decimal("0.5")


@pytest.mark.parametrize(
    ("last_day", "january", "february"),
    [("2025-01-30", 1, 0), ("2025-01-31", 1, 0), ("2025-02-01", 0, 1)],
)
def test_the_month_end_is_judged_on_the_next_day(
    new_company: NewCompany, last_day: str, january: int, february: int
) -> None:
    company = client(new_company)
    company.contract("C", "A", starts_on="2024-02-01", ends_on=last_day)
    assert churn(company, "2025-01") == (january, 2)
    assert churn(company, "2025-02") == (february, 1 + february)


def test_the_end_of_one_of_two_contracts_is_contraction(new_company: NewCompany) -> None:
    company = client(new_company)
    company.contract("C", "A", starts_on="2024-02-01", ends_on="2025-01-31")
    company.contract("D", "A", starts_on="2024-02-01", ends_on="2026-01-31")
    assert churn(company, "2025-01") == (0, 2)


@pytest.mark.parametrize(("signed_on", "lost"), [("2025-03-02", 0), ("2025-03-03", 1)])
def test_a_late_renewal_within_grace_bridges_the_gap(
    new_company: NewCompany, signed_on: str, lost: int
) -> None:
    company = client(new_company)
    company.contract("C", "A", starts_on="2024-02-01", ends_on="2025-01-31")
    company.contract("N", "A", signed_on=signed_on, starts_on="2025-03-05", ends_on="2026-12-31")
    company.add("contract_renewal", old_contract_id="C", new_contract_id="N")
    assert churn(company, "2025-01") == (lost, 2)
    assert churn(company, "2025-02") == (0, 2 - lost)


@pytest.mark.parametrize(("as_of", "lost", "reason"), [("2025-03-02", 0, "pending"), ("2025-03-03", 1, None)])  # fmt: skip
def test_while_grace_runs_a_client_is_not_lost_and_the_value_is_provisional(
    new_company: NewCompany, as_of: str, lost: int, reason: str | None
) -> None:
    company = client(new_company, as_of)
    company.contract("C", "A", starts_on="2024-02-01", ends_on="2025-01-31")
    for code in ("churned_accounts", "logo_churn_rate"):
        assert company.kpi(code, "2025-01", "K")["reason"] == reason
    assert churn(company, "2025-01") == (lost, 2)
    assert company.kpi("churned_accounts", "2024-12", "K")["reason"] is None


def test_a_client_that_comes_and_goes_within_the_month_is_in_neither(
    new_company: NewCompany,
) -> None:
    company = client(new_company)
    company.contract("C", "A", starts_on="2025-01-02", ends_on="2025-01-30")
    assert churn(company, "2025-01") == (0, 1)


def test_a_client_is_judged_by_its_terms_even_while_it_is_billed(new_company: NewCompany) -> None:
    company = client(new_company)
    company.contract("C", "A", starts_on="2024-02-01", ends_on="2025-01-31")
    company.invoice("1", "A", "2025-02-10", 100, is_recurring=True)
    assert churn(company, "2025-01") == (1, 2)


def billed(new_company: NewCompany, *services: tuple[str, str]) -> Company:
    """A client without contracts, billed for services."""
    company = client(new_company)
    for number, (start, end) in enumerate(services):
        company.invoice(
            str(number), "A", start, 10, is_recurring=True, period_from=start, period_to=end
        )
    return company


@pytest.mark.parametrize(
    ("last_day", "lost_in"),
    [("2025-01-30", "2025-04"), ("2025-01-31", "2025-04"), ("2025-02-01", "2025-05")],
)
def test_without_terms_a_client_is_lost_three_months_after_its_last_service(
    new_company: NewCompany, last_day: str, lost_in: str
) -> None:
    company = billed(new_company, ("2024-06-01", last_day))
    months = ("2025-01", "2025-02", "2025-03", "2025-04", "2025-05")
    lost = {month: churn(company, month)[0] for month in months}
    assert lost == {month: int(month == lost_in) for month in months}


@pytest.mark.parametrize(
    ("back_on", "lost"),
    [("2025-04-30", 0), ("2025-05-01", 0), ("2025-05-02", 0), ("2025-05-03", 1)],
)
def test_a_pause_up_to_the_reactivation_gap_is_no_loss(
    new_company: NewCompany, back_on: str, lost: int
) -> None:
    # 31 January to 2 May is a pause of 90 days; three months without billing are over on 30 April
    company = billed(new_company, ("2024-06-01", "2025-01-31"), (back_on, "2025-12-31"))
    assert churn(company, "2025-04")[0] == lost


def test_one_off_lines_make_no_client_active(new_company: NewCompany) -> None:
    company = client(new_company)
    company.invoice("1", "A", "2025-01-10", 100)
    assert churn(company, "2025-02") == (0, 1)


def test_a_service_credited_in_full_makes_no_client_active(new_company: NewCompany) -> None:
    company = billed(new_company, ("2025-01-01", "2025-01-31"))
    company.invoice(
        "n", "A", "2025-01-20", -10, is_recurring=True, period_from="2025-01-01",
        period_to="2025-01-31",
    )  # fmt: skip
    assert churn(company, "2025-02") == (0, 1)


def holding(new_company: NewCompany) -> Company:
    """A holding of A (K) and B (K2) under H, both with a term to 31 January 2025."""
    company = client(new_company)
    company.tables["account"].clear()
    company.account("other")
    company.account("H")
    company.account("A", parent="H")
    company.account("B", parent="H")
    company.owner("B", "K2")
    company.contract("C", "A", starts_on="2024-02-01", ends_on="2025-01-31")
    company.contract("D", "B", starts_on="2024-02-01", ends_on="2025-01-31")
    return company


def test_a_holding_is_one_client_shared_by_its_active_accounts(new_company: NewCompany) -> None:
    # by account it would be two losses
    company = holding(new_company)
    assert churn(company, "2025-01") == (Decimal("0.5"), Decimal("1.5"))
    assert company.value("churned_accounts", "2025-01", "K2") == Decimal("0.5")


def test_a_holding_is_lost_with_its_last_account(new_company: NewCompany) -> None:
    company = holding(new_company)
    company.contract("E", "H", starts_on="2024-06-01", ends_on="2025-02-28")
    assert churn(company, "2025-01")[0] == 0
    assert company.value("churned_accounts", "2025-02") == 1


def test_the_holding_is_that_of_the_months_first_day(new_company: NewCompany) -> None:
    # B joins H on 1 February: in January A is a client of its own, and lost
    company = client(new_company)
    company.account("B")
    company.add("account_parent", account_id="A", parent_account_id="B", valid_from="2025-02-01")
    company.contract("C", "A", starts_on="2024-02-01", ends_on="2025-01-31")
    company.contract("D", "B", starts_on="2024-02-01", ends_on="2025-12-31")
    assert churn(company, "2025-01") == (1, 2)
    rows = company.rows("fct_account_month", order="period, account_key")
    tops = {(row["period"], row["holding_key"] != row["account_key"]) for row in rows}
    assert (day("2025-01"), True) not in tops
    assert (day("2025-02"), True) not in tops or (day("2025-02"), False) in tops
