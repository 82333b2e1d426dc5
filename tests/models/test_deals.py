"""Won deals and the share of deals won."""

from tests.models.company import Company
from tests.models.conftest import NewCompany

MONTH = "2025-03"


def seller(new_company: NewCompany) -> Company:
    """K's client A; deals are credited to who sells them."""
    company = new_company()
    company.policy(credit_deal_by="deal_employee")
    company.account("A")
    company.employee("K")
    return company


def test_only_what_is_won_or_lost_counts(new_company: NewCompany) -> None:
    # the closing date of an open deal is a plan; with it the rate would be 1 of 3
    company = seller(new_company)
    for deal, state, amount in (("1", "won", 70), ("2", "lost", 900), ("3", "open", 5000)):
        company.deal(deal, "K", account_id="A", state=state, amount=amount, closed_on="2025-03-10")
    row = company.kpi("win_rate", MONTH, "K")
    assert (row["numerator"], row["denominator"]) == (1, 2)
    assert company.value("won_revenue", MONTH, "K") == 70


def test_whoever_closed_nothing_still_has_a_row(new_company: NewCompany) -> None:
    company = seller(new_company)
    company.employee("idle")
    company.deal("1", "K", account_id="A", state="won", amount=70, closed_on="2025-03-10")
    assert company.value("won_revenue", MONTH, "idle") == 0
    assert company.kpi("win_rate", MONTH, "idle")["reason"] == "zero_denominator"


def test_a_won_deal_without_an_amount_is_not_worth_nothing(new_company: NewCompany) -> None:
    company = seller(new_company)
    company.deal("1", "K", account_id="A", state="won", amount=70, closed_on="2025-03-10")
    company.deal("2", "K", account_id="A", state="won", closed_on="2025-03-11")
    row = company.kpi("won_revenue", MONTH, "K")
    assert (row["value"], row["reason"]) == (None, "no_data")


def test_nobody_owns_a_deal_without_a_client(new_company: NewCompany) -> None:
    company = seller(new_company)
    company.owner("A", "K")
    company.policy(credit_deal_by="account_owner")
    company.deal("1", "K", state="won", amount=70, closed_on="2025-03-10")
    assert company.value("won_revenue", MONTH) == 70
    assert company.value("won_revenue", MONTH, "K") == 0
