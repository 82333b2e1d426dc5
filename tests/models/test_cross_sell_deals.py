"""Cross-sales measured on won deals: `cross_sell.by` = won_deal."""

from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.cross_sell import base, credited, credits, seller


def by_deal(new_company: NewCompany, since: str = "2022-01-10") -> Company:
    """Client A, who is billed for `base` since then."""
    company = seller(new_company(), "A")
    company.policy(cross_sell_by="won_deal")
    company.employee("S")
    base(company, "A", since)
    return company


def win(
    company: Company, deal_id: str, closed_on: str, *lines: tuple[str, int], **values: Any
) -> None:
    """A deal of client A, sold by S; each line is a product and an amount."""
    deal = {"account_id": "A", "state": "won", "closed_on": closed_on} | values
    company.deal(deal_id, "S", **deal)
    for number, (product, amount) in enumerate(lines, 1):
        company.add("deal_line", deal_id=deal_id, line_no=number, product_id=product, amount=amount)


def test_lines_of_a_won_deal_for_a_new_family_count(new_company: NewCompany) -> None:
    company = by_deal(new_company)
    win(company, "D", "2025-03-10", ("base", 40), ("new", 100), ("new", 20), amount=160)
    company.invoice("1", "A", "2025-04-10", 500, product="new")
    rows = [(row["record_type"], row["record_id"], row["amount"]) for row in credits(company)]
    # `base` was never sold by a deal, yet billed
    assert rows == [("deal_line", "D/2", 100), ("deal_line", "D/3", 20)]


def test_invoices_are_measured_on_lines_of_invoices_alone(new_company: NewCompany) -> None:
    company = by_deal(new_company)
    company.policy(cross_sell_by="invoice_line")
    win(company, "D", "2025-03-10", ("new", 100))
    company.invoice("1", "A", "2025-04-10", 70, product="new")
    assert credited(company) == {"A": {"2025-04": 70}}


@pytest.mark.parametrize("state", ["open", "lost"])
def test_what_is_not_won_is_not_sold(new_company: NewCompany, state: str) -> None:
    company = by_deal(new_company)
    win(company, "D", "2025-03-10", ("new", 100), state=state)
    assert credited(company) == {}


def test_a_deal_without_lines_or_without_a_client_has_no_family(new_company: NewCompany) -> None:
    company = by_deal(new_company)
    win(company, "D", "2025-03-10", amount=100)
    win(company, "E", "2025-03-10", ("new", 100), account_id=None)
    assert credited(company) == {}


@pytest.mark.parametrize(
    ("since", "amounts"),
    [("2024-12-11", {"2025-03": 100}), ("2024-12-12", {"2025-03": 100}), ("2024-12-13", {})],
)
def test_a_customer_is_who_has_been_billed_for_ninety_days(
    new_company: NewCompany, since: str, amounts: dict[str, int]
) -> None:
    company = by_deal(new_company, since)
    win(company, "early", "2022-06-10", ("base", 1))
    win(company, "D", "2025-03-12", ("new", 100))
    assert credited(company).get("A", {}) == amounts


@pytest.mark.parametrize("sold_by", ["deal", "invoice"])
@pytest.mark.parametrize(
    ("before", "amounts"),
    [("2023-03-09", {"2025-03": 100}), ("2023-03-10", {}), ("2023-03-11", {})],
)
def test_what_was_billed_or_won_in_the_lookback_is_not_new(
    new_company: NewCompany, sold_by: str, before: str, amounts: dict[str, int]
) -> None:
    company = by_deal(new_company)
    if sold_by == "deal":
        win(company, "B", before, ("new", 8))
    else:
        company.invoice("B", "A", before, 8, product="new")
    win(company, "D", "2025-03-10", ("new", 100))
    assert credited(company).get("A", {}) == amounts


def test_what_was_billed_and_taken_back_leaves_the_deal_before(new_company: NewCompany) -> None:
    company = by_deal(new_company)
    win(company, "B", "2023-12-10", ("new", 8))
    company.invoice("1", "A", "2024-01-10", 8, product="new")
    company.invoice("n", "A", "2024-02-10", -8, product="new", corrects_id="1")
    win(company, "D", "2025-03-10", ("new", 100))
    assert credited(company) == {}


@pytest.mark.parametrize(
    ("again_on", "amount"), [("2026-03-09", 40), ("2026-03-10", 0), ("2026-03-11", 0)]
)
def test_twelve_months_of_deals_are_credited(
    new_company: NewCompany, again_on: str, amount: int
) -> None:
    company = by_deal(new_company)
    win(company, "D", "2025-03-10", ("new", 100))
    win(company, "E", again_on, ("new", 40))
    assert credited(company)["A"].get("2026-03", 0) == amount


def test_deals_grow_over_deals(new_company: NewCompany) -> None:
    # won 60 + 60 in the three months before, one of them without lines: 40 a month. In March 100 of
    # the new family alone: 60. Over what was billed, 600 a month, there would be no growth at all.
    company = by_deal(new_company)
    for month in ("2024-12", "2025-01", "2025-02"):
        company.invoice(f"base {month}", "A", f"{month}-10", 600, product="base")
    win(company, "B", "2024-12-01", ("base", 60), amount=9999)
    win(company, "C", "2025-02-28", amount=60)
    win(company, "old", "2024-11-30", ("base", 777))
    win(company, "D", "2025-03-10", ("new", 100))
    assert credited(company) == {"A": {"2025-03": 60}}


@pytest.mark.parametrize(
    ("month", "currency", "reason"),
    [("2025-02", "RUB", "no_data"), ("2024-11", "RUB", None), ("2025-02", "EUR", "no_data")],
)
def test_growth_over_a_deal_without_an_amount_is_unknown(
    new_company: NewCompany, month: str, currency: str, reason: str | None
) -> None:
    company = by_deal(new_company)
    win(company, "C", f"{month}-10", currency=currency)
    win(company, "D", "2025-03-10", ("new", 100))
    row = credits(company)[0]
    assert (row["amount"], row["reason"]) == (None if reason else 100, reason)


@pytest.mark.parametrize(
    ("credit_deal_by", "who"), [("account_owner", "KA"), ("deal_employee", "S")]
)
def test_a_deal_is_credited_to_the_owner_or_to_its_seller(
    new_company: NewCompany, credit_deal_by: str, who: str
) -> None:
    company = by_deal(new_company)
    company.policy(credit_deal_by=credit_deal_by)
    win(company, "D", "2025-03-10", ("new", 100))
    values = {name: company.value("cross_sell_revenue", "2025-03", name) for name in ("KA", "S")}
    assert values == {"KA": 0, "S": 0} | {who: Decimal(100)}


def test_each_record_is_measured_by_the_policy_of_its_day(new_company: NewCompany) -> None:
    # first bought by invoice in May; deals are measured from June on, in the same credit months
    company = by_deal(new_company)
    company.policy(cross_sell_by="invoice_line")
    company.policy_from("2025-06", "v2", cross_sell_by="won_deal")
    company.invoice("1", "A", "2025-05-31", 70, product="new")
    win(company, "early", "2025-05-31", ("new", 9))
    company.invoice("2", "A", "2025-06-01", 90, product="new")
    win(company, "D", "2025-06-01", ("new", 500), ("other", 30))
    assert credited(company) == {"A": {"2025-05": 70, "2025-06": 530}}


def test_the_family_of_a_deal_line_is_that_of_the_day_it_was_won(new_company: NewCompany) -> None:
    company = by_deal(new_company)
    company.tables["product_family"][2] |= {"family": "base", "valid_to": None}
    company.add("product_family", product_id="other", family="fresh", valid_from="2025-03-10")
    win(company, "D", "2025-03-09", ("other", 40))
    win(company, "E", "2025-04-10", ("other", 50))
    # sold as `base`, and then old under any name
    assert credited(company) == {}
    rows = company.rows("fct_deal_line", order="deal_id")
    assert [row["family"] for row in rows] == ["base", "fresh"]
