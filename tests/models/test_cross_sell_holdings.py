"""A purchase belongs to the holding that the account belongs to in its month."""

from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.cross_sell import base, credited, credits, join, seller


def pair(new_company: NewCompany) -> Company:
    """A and B have bought `base` since January 2022, B also `new` since February 2022."""
    company = seller(new_company(), "A", "B")
    base(company, "A")
    base(company, "B")
    for issued_on in ("2022-02-10", "2023-02-10", "2024-02-10", "2025-02-10"):
        company.invoice(f"B new {issued_on}", "B", issued_on, 7, product="new")
    return company


@pytest.mark.parametrize(
    ("since", "amounts"),
    [("2025-06-01", {}), ("2025-06-02", {"2025-06": 100}), ("2025-07-01", {"2025-06": 100})],
)
def test_what_the_holding_had_is_not_new_to_who_belongs_to_it_in_that_month(
    new_company: NewCompany, since: str, amounts: dict[str, int]
) -> None:
    # who belongs to it on the first of the month does so for the whole of it
    company = pair(new_company)
    join(company, "A", "B", since)
    company.invoice("1", "A", "2025-06-10", 100, product="new")
    assert credited(company).get("A", {}) == amounts


def test_a_company_bought_into_a_holding_changes_no_earlier_month(new_company: NewCompany) -> None:
    alone, bought = pair(new_company), pair(new_company)
    join(bought, "A", "B", "2025-09-01")
    for company in (alone, bought):
        company.invoice("1", "A", "2025-06-10", 100, product="new")
        company.invoice("2", "A", "2025-08-10", 50, product="new")
        company.invoice("3", "A", "2025-06-20", 60, product="other")
        company.invoice("4", "B", "2025-10-10", 70, product="other")
    assert credited(alone) == {"A": {"2025-06": 160, "2025-08": 50}, "B": {"2025-10": 70}}
    # `other` is no news to the holding in October: a member had bought it in June
    assert credited(bought) == {"A": {"2025-06": 160, "2025-08": 50}}


def test_credit_begun_alone_goes_on_in_a_holding_and_grows_alone(new_company: NewCompany) -> None:
    # B bills 900 less after A has joined, and its own `new` stays as old as it was
    company = pair(new_company)
    join(company, "A", "B", "2025-09-01")
    company.invoice("fall", "B", "2025-05-05", 900, product="base")
    company.invoice("1", "A", "2025-06-10", 100, product="new")
    company.invoice("2", "A", "2025-10-10", 50, product="new")
    company.invoice("3", "B", "2025-10-11", 8, product="new")
    company.invoice("end", "A", "2026-06-10", 30, product="new")
    assert credited(company) == {"A": {"2025-06": 100, "2025-10": 50}}


def test_what_a_member_bought_stays_bought_after_it_has_left(new_company: NewCompany) -> None:
    # in the holding `new` was no news; nor is it when the member is alone
    company = pair(new_company)
    join(company, "A", "B", "2022-01-01", "2025-06-01")
    company.invoice("1", "A", "2025-05-10", 100, product="new")
    company.invoice("2", "A", "2025-06-10", 100, product="new")
    assert credited(company) == {}


def test_what_the_others_bought_is_new_to_who_has_left(new_company: NewCompany) -> None:
    company = pair(new_company)
    join(company, "A", "B", "2022-01-01", "2025-06-01")
    company.invoice("1", "A", "2025-06-10", 100, product="new")
    assert credited(company) == {"A": {"2025-06": 100}}


@pytest.mark.parametrize(("grain", "amounts"), [("holding", {}), ("account", {"A": {"2025-06": 100}})])  # fmt: skip
def test_a_client_is_a_holding_or_an_account(
    new_company: NewCompany, grain: str, amounts: Any
) -> None:
    company = pair(new_company)
    company.policy(grain=grain)
    join(company, "A", "B", "2022-01-01")
    company.invoice("1", "A", "2025-06-10", 100, product="new")
    assert credited(company) == amounts


@pytest.mark.parametrize(("grain", "amounts"), [("holding", {"C": {"2025-06": 100}}), ("account", {})])  # fmt: skip
def test_a_new_member_of_an_old_holding_is_an_existing_customer(
    new_company: NewCompany, grain: str, amounts: Any
) -> None:
    company = seller(new_company(), "A", "C")
    company.policy(grain=grain)
    base(company, "A")
    join(company, "C", "A", "2022-01-01")
    company.invoice("1", "C", "2025-06-10", 100, product="new")
    assert credited(company) == amounts


def test_a_swap_between_members_of_a_holding_is_no_growth(new_company: NewCompany) -> None:
    # A stops 300 a month of `base`, B begins 390 of `other`: 90 is growth, alone it would be 390
    company = pair(new_company)
    join(company, "A", "B", "2022-01-01")
    for month in ("2025-07", "2025-08", "2025-09"):
        company.invoice(f"old {month}", "A", f"{month}-10", 300, product="base")
    company.invoice("1", "B", "2025-10-10", 390, product="other")
    assert credited(company) == {"B": {"2025-10": 90}}


@pytest.mark.parametrize(
    "changed",
    [
        {"grain": "account"}, {"cross_sell_by": "won_deal"}, {"cross_sell_lookback_months": 60},
        {"cross_sell_min_tenure_days": 3000}, {"cross_sell_credit_months": 1},
    ],
)  # fmt: skip
def test_a_later_policy_changes_no_earlier_month(
    new_company: NewCompany, changed: dict[str, Any]
) -> None:
    before, after = pair(new_company), pair(new_company)
    after.policy_from("2025-08", "v2", **changed)
    for company in (before, after):
        join(company, "A", "B", "2025-07-01")
        company.invoice("1", "A", "2025-06-10", 100, product="new")
        company.invoice("2", "A", "2025-07-10", 60, product="new")
        company.invoice("3", "B", "2025-07-20", 50, product="other")
        for month in ("2025-09", "2025-10", "2025-11"):
            company.invoice(f"4 {month}", "A", f"{month}-10", 30, product="other")
        company.invoice("note", "A", "2025-07-25", -20, product="new", corrects_id="1")
    early = [[row for row in credits(c) if row["month"] < "2025-08"] for c in (before, after)]
    assert early[0] == early[1]
    assert [row["amount"] for row in early[0]] == [100, 60, 50, -20]
