"""More of what a client buys already, and the three parts of it."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany

NOW, BEFORE = "2025-03", "2024-03"
PARTS = ("upsell_volume", "upsell_mix", "upsell_price")


def client(new_company: NewCompany) -> Company:
    """K's client A, who has bought family F for years."""
    company = new_company()
    company.policy(cross_sell_lookback_months=24, cross_sell_credit_months=12)
    company.account("A")
    company.owner("A", "K")
    for product in ("cheap", "dear"):
        company.product(product, "F")
    for day in ("2021-01-10", "2023-06-10"):
        sell(company, day, "cheap", 1, 1)
    return company


def sell(
    company: Company, day: str, product: str, quantity: object, net: object, account: str = "A"
) -> None:
    number = len(company.tables.get("invoice", []))
    company.invoice(f"I{number}", account, day, net, product)
    company.tables["invoice_line"][-1]["quantity"] = quantity


def parts(company: Company, period: str = NOW) -> tuple[Decimal | None, ...]:
    return tuple(company.value(code, period, "K") for code in ("upsell_revenue", *PARTS))


def test_more_pieces_at_a_higher_price(new_company: NewCompany) -> None:
    company = client(new_company)
    sell(company, f"{BEFORE}-31", "cheap", 10, 1000)
    sell(company, f"{NOW}-01", "cheap", 12, 1320)
    assert parts(company) == (320, 200, 0, 120)


def test_dearer_products_among_as_many_pieces(new_company: NewCompany) -> None:
    company = client(new_company)
    for product, before, now, price in (("cheap", 5, 2, 100), ("dear", 5, 8, 200)):
        sell(company, f"{BEFORE}-10", product, before, before * price)
        sell(company, f"{NOW}-10", product, now, now * price)
    assert parts(company) == (300, 0, 300, 0)


def test_an_unknown_price_is_this_month_s(new_company: NewCompany) -> None:
    company = client(new_company)
    sell(company, f"{BEFORE}-10", "cheap", 10, 1000)
    sell(company, f"{NOW}-10", "dear", 10, 3000)
    # the same number of pieces, of a product that had no price
    assert parts(company) == (2000, 0, 2000, 0)


def test_less_is_negative_and_nothing_is_all_of_it(new_company: NewCompany) -> None:
    company = client(new_company)
    sell(company, f"{BEFORE}-10", "cheap", 10, 1000)
    assert parts(company) == (-1000, -1000, 0, 0)


def test_a_sale_without_a_quantity_is_one_piece(new_company: NewCompany) -> None:
    company = client(new_company)
    sell(company, f"{BEFORE}-10", "cheap", None, 1000)
    sell(company, f"{NOW}-10", "cheap", None, 1100)
    assert parts(company) == (100, 0, 0, 100)


@pytest.mark.parametrize(
    ("first", "amount"),
    # in cross-sell credit for twelve months, the last of them whole, then upsell
    [("2024-02-28", 40), ("2024-03-01", -20), ("2024-03-02", 0)],
)
def test_a_family_in_cross_sell_credit_is_no_upsell(
    new_company: NewCompany, first: str, amount: int
) -> None:
    company = client(new_company)
    company.product("other", "G")
    sell(company, first, "other", 1, 60)
    sell(company, f"{BEFORE}-10", "other", 1, 60)
    sell(company, f"{NOW}-10", "other", 1, 100)
    assert company.value("upsell_revenue", NOW, "K") == amount


@pytest.mark.parametrize(("grain", "amount"), [("holding", 50), ("account", 0)])
def test_what_the_holding_bought_is_not_new(
    new_company: NewCompany, grain: str, amount: int
) -> None:
    company = client(new_company)
    company.policy(grain=grain)
    company.account("sister", "A")
    company.owner("sister", "K")
    sell(company, f"{NOW}-10", "cheap", 1, 50, "sister")
    assert company.value("upsell_revenue", NOW, "K") == amount


@pytest.mark.parametrize(
    ("period", "reason"), [("2022-12", "insufficient_history"), ("2023-01", None)]
)
def test_a_history_shorter_than_the_lookback_says_nothing(
    new_company: NewCompany, period: str, reason: str | None
) -> None:
    assert client(new_company).kpi("upsell_revenue", period, "K")["reason"] == reason


SALES = st.lists(
    st.tuples(
        st.sampled_from((BEFORE, NOW)), st.sampled_from(("cheap", "dear")),
        st.integers(1, 7), st.decimals("0.01", "900", places=2),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(sales=SALES)
def test_the_parts_sum_to_the_expansion(new_company: NewCompany, sales: list[tuple]) -> None:  # type: ignore[type-arg]
    company = client(new_company)
    change = Decimal(0)
    for month, product, quantity, net in sales:
        sell(company, f"{month}-10", product, quantity, net)
        change += net if month == NOW else -net
    whole, *own = parts(company)
    assert whole == change == sum(part for part in own if part is not None)
