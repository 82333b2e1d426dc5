"""Cross-sell: a family new to an existing client, for a year, as far as it is growth."""

from decimal import Decimal

import pytest

from tests.models.company import Company, day
from tests.models.conftest import NewCompany


def buyer(new_company: NewCompany, since: str = "2022-01-10") -> Company:
    """K's client A, who buys `base` since then; the company has billed since January 2022."""
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    for product in ("base", "new", "other"):
        company.product(product)
    company.account("Z")
    company.invoice("z", "Z", "2022-01-01", 1)
    for number, issued_on in enumerate((since, "2023-06-01", "2024-06-01")):
        if issued_on >= since:
            company.invoice(f"b{number}", "A", issued_on, 5, product="base")
    return company


def sold(company: Company, *months: str) -> list[Decimal | None]:
    """Cross-sell revenue of K by month."""
    return [company.value("cross_sell_revenue", month, "K") for month in months]


def test_a_new_family_of_an_existing_client_counts(new_company: NewCompany) -> None:
    company = buyer(new_company)
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    company.invoice("2", "A", "2025-03-10", 30, product="base")
    company.invoice("3", "A", "2025-04-10", 20, product="new")
    assert sold(company, "2025-02", "2025-03", "2025-04") == [0, 100, 20]
    evidence = company.rows("fct_kpi_evidence", kpi_code="cross_sell_revenue", period="2025-03")
    assert [(row["record_type"], row["record_id"]) for row in evidence] == [("invoice_line", "1/1")]


@pytest.mark.parametrize(
    ("since", "amount"), [("2024-12-11", 100), ("2024-12-12", 100), ("2024-12-13", 0)]
)
def test_a_client_of_ninety_days_is_an_existing_one(
    new_company: NewCompany, since: str, amount: int
) -> None:
    # 12 December to 12 March is 90 days
    company = buyer(new_company, since)
    company.invoice("1", "A", "2025-03-12", 100, product="new")
    company.invoice("2", "A", "2025-03-20", 5, product="base")
    assert sold(company, "2025-03") == [amount]


@pytest.mark.parametrize(
    ("bought_before", "amount"),
    [("2023-03-09", 100), ("2023-03-10", 0), ("2023-03-11", 0)],
)
def test_a_family_bought_in_the_24_months_before_is_not_new(
    new_company: NewCompany, bought_before: str, amount: int
) -> None:
    company = buyer(new_company)
    company.invoice("0", "A", bought_before, 8, product="new")
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    assert sold(company, "2025-03") == [amount]


@pytest.mark.parametrize(("returned", "amount"), [(7, 0), (8, 100)])
def test_a_purchase_taken_back_in_full_is_no_purchase(
    new_company: NewCompany, returned: int, amount: int
) -> None:
    company = buyer(new_company)
    # sold before history allows to judge it, so that only the return can make the family new
    company.invoice("0", "A", "2023-12-10", 8, product="new")
    company.invoice("n", "A", "2024-01-10", -returned, product="new")
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    assert sold(company, "2025-03") == [amount]


@pytest.mark.parametrize(
    ("issued_on", "amount"), [("2026-03-09", 40), ("2026-03-10", 0), ("2026-03-11", 0)]
)
def test_credit_ends_twelve_months_after_the_first_purchase(
    new_company: NewCompany, issued_on: str, amount: int
) -> None:
    company = buyer(new_company)
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    company.invoice("2", "A", issued_on, 40, product="new")
    assert sold(company, "2026-03") == [amount]


def test_a_credit_note_is_negative_in_its_own_month(new_company: NewCompany) -> None:
    company = buyer(new_company)
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    company.invoice("n", "A", "2025-05-10", -30, product="new", corrects_id="1")
    assert sold(company, "2025-03", "2025-05") == [100, -30]


def test_a_credit_note_for_an_older_purchase_takes_nothing_back(new_company: NewCompany) -> None:
    company = buyer(new_company)
    company.invoice("0", "A", "2022-06-10", 8, product="new")
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    company.invoice("n", "A", "2025-04-10", -8, product="new", corrects_id="0")
    assert sold(company, "2025-03", "2025-04") == [100, 0]


def test_a_credit_note_after_the_credit_months_still_takes_back(new_company: NewCompany) -> None:
    # else a sale could be undone after a year for nothing
    company = buyer(new_company)
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    company.invoice("n", "A", "2026-05-10", -100, product="new", corrects_id="1")
    assert sold(company, "2026-05") == [-100]


@pytest.mark.parametrize(("kept", "amount"), [(59, 0), (60, 0), (61, 1), (159, 99), (160, 100), (161, 100)])  # fmt: skip
def test_a_swap_counts_only_the_growth_over_the_three_months_before(
    new_company: NewCompany, kept: int, amount: int
) -> None:
    # 480 in December to February, 160 a month; in March 100 of the new family and `kept` of the
    # old: growth is 100 + kept − 160, and never more than the new family brings
    company = buyer(new_company)
    for number, net in enumerate((200, 160, 120)):
        month = ("2024-12-05", "2025-01-05", "2025-02-05")[number]
        company.invoice(f"s{number}", "A", month, net, product="base")
    company.invoice("before", "A", "2024-11-30", 999, product="base")
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    company.invoice("2", "A", "2025-03-20", kept, product="base")
    assert sold(company, "2025-03") == [amount]


def test_the_baseline_of_a_swap_is_fixed_by_the_first_purchase(new_company: NewCompany) -> None:
    # the mean moves with each month only in a wrong formula: then May would count in full
    company = buyer(new_company)
    for number, month in enumerate(("2024-12-05", "2025-01-05", "2025-02-05")):
        company.invoice(f"s{number}", "A", month, 90, product="base")
    for number, month in enumerate(("2025-03-10", "2025-04-10", "2025-05-10")):
        company.invoice(f"n{number}", "A", month, 100, product="new")
    assert sold(company, "2025-03", "2025-04", "2025-05") == [10, 10, 10]


def test_a_first_order_split_over_two_days_is_one_purchase(new_company: NewCompany) -> None:
    whole, halves = buyer(new_company), buyer(new_company)
    for company in (whole, halves):
        company.invoice("s", "A", "2025-02-05", 90, product="base")
    whole.invoice("1", "A", "2025-03-10", 100, product="new")
    halves.invoice("1", "A", "2025-03-10", 1, product="new")
    halves.invoice("2", "A", "2025-03-11", 99, product="new")
    assert sold(whole, "2025-03") == sold(halves, "2025-03") == [70]


def test_what_is_capped_is_spread_over_the_lines_to_the_last_unit(new_company: NewCompany) -> None:
    company = buyer(new_company)
    company.invoice("s", "A", "2025-02-05", Decimal("600"), product="base")
    for number in range(3):
        company.invoice(f"n{number}", "A", "2025-03-10", 70, product="new")
    evidence = company.rows(
        "fct_kpi_evidence", order="record_id", kpi_code="cross_sell_revenue", period="2025-03"
    )
    assert [row["numerator"] for row in evidence] == [
        Decimal("3.3334"), Decimal("3.3333"), Decimal("3.3333")
    ]  # fmt: skip


def test_a_family_known_to_the_holding_is_not_new_to_its_member(new_company: NewCompany) -> None:
    company = buyer(new_company)
    company.account("B", parent="A")
    company.owner("B", "K")
    company.invoice("0", "A", "2023-12-10", 8, product="other")
    company.invoice("1", "B", "2025-03-10", 100, product="other")
    company.invoice("2", "B", "2025-03-10", 40, product="new")
    assert sold(company, "2025-03") == [40]


def move(company: Company, product: str, family: str, moved_on: str) -> None:
    """The product belongs to another family from that day on."""
    before = next(r for r in company.tables["product_family"] if r["product_id"] == product)
    before["valid_to"] = day(moved_on)
    company.add("product_family", product_id=product, family=family, valid_from=moved_on)


@pytest.mark.parametrize(("already_bought", "amount"), [("other", 0), ("base", 97)])
def test_the_family_is_that_of_the_day_for_who_never_had_the_product(
    new_company: NewCompany, already_bought: str, amount: int
) -> None:
    # a product of `base` moves to `fresh` on 1 March: new only to who never bought the product
    company = buyer(new_company)
    move(company, "other", "fresh", "2025-03-01")
    company.tables["product_family"][-2]["family"] = "base"
    company.invoice("0", "A", "2025-02-28", 9, product=already_bought)
    company.invoice("1", "A", "2025-03-01", 100, product="other")
    assert sold(company, "2025-02", "2025-03") == [0, amount]  # over a mean of 9 ÷ 3


@pytest.mark.parametrize(
    ("month", "reason"),
    [("2023-12", "insufficient_history"), ("2024-01", None), ("2021-12", None)],
)
def test_history_shorter_than_the_lookback_is_no_value(
    new_company: NewCompany, month: str, reason: str | None
) -> None:
    company = buyer(new_company)
    company.deal("D", "K", state="open", opened_on="2021-12-01")
    expected = "no_data" if month == "2021-12" else reason
    assert company.kpi("cross_sell_revenue", month, "K")["reason"] == expected


def test_a_purchase_that_cannot_be_judged_is_not_credited(new_company: NewCompany) -> None:
    # bought 17 months after history began: nobody knows whether it was new
    company = buyer(new_company)
    company.invoice("1", "A", "2023-06-10", 100, product="new")
    company.invoice("2", "A", "2024-02-10", 100, product="new")
    assert sold(company, "2024-02") == [0]


def test_a_line_is_credited_to_the_owner_of_its_day(new_company: NewCompany) -> None:
    company = buyer(new_company)
    company.tables["account_assignment"].clear()
    company.owner("A", "K", valid_to="2025-03-10")
    company.owner("A", "K2", valid_from="2025-03-10")
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    assert company.value("cross_sell_revenue", "2025-03", "K2") == 100


def test_without_a_rate_the_growth_is_unknown(new_company: NewCompany) -> None:
    company = buyer(new_company)
    company.invoice("1", "A", "2025-03-10", 100, product="new")
    company.invoice("2", "A", "2025-02-10", 1, product="base", currency="EUR")
    assert company.kpi("cross_sell_revenue", "2025-03", "K")["reason"] == "rate_absent"
    company.add("fx_rate", from_currency="EUR", valid_on="2025-02-01", rate=60)
    assert sold(company, "2025-03") == [80]
