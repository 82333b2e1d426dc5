"""Cross-sales of random purchases against the definition in plain Python."""

from calendar import monthrange
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.cross_sell import credits, join

LOOKBACK, TENURE, CREDIT = 6, 40, 5
FAMILIES = ("base", "new", "other")
MONTHS = 36


@dataclass(frozen=True)
class Sale:
    """One line on a document of its own; a negative one is a credit note."""

    account: str
    family: str
    day: date
    net: int
    corrects: int | None = None


@dataclass(frozen=True)
class Market:
    """Sales, and the months in which B belongs to A's holding."""

    sales: tuple[Sale, ...]
    joined: int | None
    left: int | None


def month(number: int) -> date:
    """First day of the n-th month of the time looked at."""
    return date(2022 + number // 12, number % 12 + 1, 1)


def later(day: date, months: int) -> date:
    """Same day months later, the last day of a shorter month."""
    place = day.year * 12 + day.month - 1 + months
    year, number = place // 12, place % 12 + 1
    return date(year, number, min(day.day, monthrange(year, number)[1]))


def client(market: Market, account: str, day: date) -> frozenset[str]:
    """The accounts that are one client in the day's month."""
    place = (day.year - 2022) * 12 + day.month - 1
    is_one = market.joined is not None and market.joined <= place < (market.left or MONTHS)
    return frozenset("AB") if is_one and account in "AB" else frozenset(account)


def is_first(market: Market, members: frozenset[str], family: str, day: date) -> bool:
    """Whether an existing client buys a family that it had not bought in the lookback."""
    own = [sale for sale in market.sales if sale.account in members]
    settled = later(day.replace(day=1), -3)
    since = later(day, -LOOKBACK)
    of_family = [sale for sale in own if sale.family == family]
    before = [sale for sale in of_family if since <= sale.day < day]
    return (
        sum(sale.net for sale in of_family if sale.day == day) > 0
        and (day - min(sale.day for sale in own if sale.net > 0)).days >= TENURE
        and since >= min(sale.day for sale in market.sales).replace(day=1)
        and sum(sale.net for sale in before if sale.net > 0 or sale.day < settled) <= 0
    )


def expected(market: Market) -> dict[tuple[date, str], Decimal]:
    """Amount credited by month and family."""
    firsts = {
        (members, sale.family, sale.day)
        for sale in market.sales
        for members in [client(market, sale.account, sale.day)]
        if is_first(market, members, sale.family, sale.day)
    }
    nets: Counter[tuple[frozenset[str], str, date, date]] = Counter()
    for sale in market.sales:
        bought_on = sale.day if sale.corrects is None else market.sales[sale.corrects].day
        covering = [
            (day, members)
            for members, family, day in firsts
            if sale.account in members and family == sale.family
            and day <= bought_on < later(day, CREDIT)
        ]  # fmt: skip
        if covering:
            day, members = max(covering, key=lambda first: first[0])
            nets[members, sale.family, day, sale.day.replace(day=1)] += sale.net
    amounts: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for (members, family, first_on, period), net in nets.items():
        amounts[period, family] += capped(market, members, first_on, period, net)
    return {key: amount for key, amount in amounts.items() if amount}


def capped(market: Market, members: frozenset[str], first_on: date, period: date, net: int) -> Decimal:  # fmt: skip
    """The family's net of the month, as far as the client grew over the three months before."""

    def billed(start: date, end: date) -> int:
        return sum(s.net for s in market.sales if s.account in members and start <= s.day < end)

    start = first_on.replace(day=1)
    growth = billed(period, later(period, 1)) - Fraction(billed(later(start, -3), start), 3)
    if net <= growth:
        return Decimal(net)
    growth = max(growth, Fraction(0))
    return min(Decimal(net), Decimal(int(growth * 10000 + Fraction(1, 2))) / 10000)


def put(company: Company, market: Market) -> None:
    """The market as rows of a company."""
    company.policy(
        cross_sell_lookback_months=LOOKBACK, cross_sell_min_tenure_days=TENURE,
        cross_sell_credit_months=CREDIT,
    )  # fmt: skip
    for account in "ABC":
        company.account(account)
    if market.joined is not None:
        left = None if market.left is None else str(month(market.left))
        join(company, "B", "A", str(month(market.joined)), left)
    for family in FAMILIES:
        company.product(family)
    for number, sale in enumerate(market.sales):
        corrects = None if sale.corrects is None else str(sale.corrects)
        company.invoice(
            str(number), sale.account, str(sale.day), sale.net, sale.family, corrects_id=corrects
        )


def measured(company: Company, market: Market) -> dict[tuple[date, str], Decimal]:
    """Amount credited by month and family, as the models say."""
    amounts: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for row in credits(company):
        family = market.sales[int(row["record_id"].split("/")[0])].family
        amounts[row["period"], family] += row["amount"]
    return {key: amount for key, amount in amounts.items() if amount}


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Three clients that buy and give back three families in three years."""
    days = st.integers(0, 30 * MONTHS).map(lambda days: date(2022, 1, 1) + timedelta(days))
    sales = [Sale(account, "base", date(2022, 1, 5), 3) for account in "ABC"]
    for _ in range(draw(st.integers(1, 14))):
        sales.append(
            Sale(
                draw(st.sampled_from("AABBC")), draw(st.sampled_from(("base", "new", "new", "other"))),
                draw(days), draw(st.integers(1, 60)),
            )
        )  # fmt: skip
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(sales) - 1))
        taken = sales[place]
        if taken.net > 0:
            back_on = taken.day + timedelta(draw(st.sampled_from((0, 1, 20, 70, 120, 200))))
            part = draw(st.sampled_from((1, taken.net)))
            note = replace(taken, day=back_on, net=-part)
            sales.append(replace(note, corrects=place) if draw(st.booleans()) else note)
    joined = draw(st.none() | st.integers(0, MONTHS - 2))
    left = None if joined is None else draw(st.none() | st.integers(joined + 1, MONTHS - 1))
    return Market(tuple(sales), joined, left)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(market=markets())
def test_the_models_say_what_the_definition_says(new_company: NewCompany, market: Market) -> None:
    company = new_company("2025-12-31")
    put(company, market)
    assert measured(company, market) == expected(market)
