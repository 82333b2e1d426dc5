"""Retention against an oracle of its own: subscription periods in, movements of any window out.

The oracle knows the definitions alone: one number per client and day, read at both ends of a
window. Periods of an account and family that follow each other within grace are bridged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany

FIRST, LAST, AS_OF = date(2022, 1, 1), date(2024, 8, 31), date(2024, 12, 31)
GRACE, INACTIVITY, GAP = 30, 3, 90
WINDOWS = ("month", "quarter", "rolling_3", "rolling_12", "ytd")
MOVEMENTS = ("opening", "new", "expansion", "contraction", "churn", "reactivation", "closing")
# what differs is printed place by place: shrinking a batch would take minutes and say no more
BATCHES = settings(
    max_examples=5, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip


@dataclass(frozen=True)
class Period:
    """A service of an account of a client, `first` and `last` included."""

    client: str
    account: str
    family: str | None
    first: date
    last: date
    amount: int
    months: int = 0


# pauses in days before the next period: around grace, the longest pause, and overlaps
PAUSES = (-400, -40, -1, 0, 1, 28, 29, 30, 31, 45, 88, 89, 90, 91, 92, 93, 150)
PIECE = st.fixed_dictionaries(
    {
        "pause": st.sampled_from(PAUSES), "days": st.sampled_from((1, 20, 59, 150, 365)) | st.integers(1, 250),
        "amount": st.integers(1, 40), "sister": st.booleans(), "family": st.sampled_from((None, "P", "P", "Q")),
        "from_first": st.booleans(), "months": st.integers(1, 13), "jitter": st.integers(-9, 9),
        "credited": st.sampled_from((0, 0, 0, 1, 2)), "billed_after": st.integers(-20, 20),
    }
)  # fmt: skip
CLIENT = st.tuples(st.integers(0, 250), st.lists(PIECE, min_size=1, max_size=5))
CLIENTS = st.lists(CLIENT, min_size=8, max_size=12)


def month_start(day: date, months: int = 0) -> date:
    """First day of the day's month, some months later."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def laid_out(clients: Any, billed: bool = False) -> Iterator[tuple[Period, dict[str, Any]]]:
    """The periods drawn, one after another with the pauses drawn between them."""
    for number, (offset, pieces) in enumerate(clients):
        client, cursor = f"C{number}", FIRST + timedelta(days=offset)
        for piece in pieces:
            first = max(FIRST, cursor + timedelta(days=piece["pause"]))
            first = month_start(first, 1) if piece["from_first"] else first
            days = round(piece["months"] * 30.4375) + piece["jitter"] if billed else piece["days"]
            last = first + timedelta(days=days - 1)
            if last > LAST:
                break
            account = f"{client}s" if piece["sister"] and not billed else client
            family = None if billed else piece["family"]
            amount, months = piece["amount"], piece["months"]
            yield Period(client, account, family, first, last, amount, months), piece
            cursor = last + timedelta(days=1)


def amounts(periods: list[Period], until: list[date]) -> pd.DataFrame:
    """Monthly amount by day and client, each period counting to the day given."""
    table = pd.DataFrame(
        0, pd.date_range(FIRST, month_start(AS_OF, 1)), sorted({p.client for p in periods})
    )
    for period, last in zip(periods, until, strict=True):
        table.loc[pd.Timestamp(period.first) : pd.Timestamp(last), period.client] += period.amount
    return table


def by_contracts(periods: list[Period]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Amounts with bridged renewals, and the days of service: the same days."""

    def counts_to(old: Period) -> date:
        within = (old.last + timedelta(days=1), old.last + timedelta(days=GRACE))
        follows = [
            new.first
            for new in periods
            if new.account == old.account
            and (None in (new.family, old.family) or new.family == old.family)
            and within[0] <= new.first <= within[1]
        ]
        return min(follows) - timedelta(days=1) if follows else old.last

    table = amounts(periods, [counts_to(period) for period in periods])
    return table, table > 0


def by_lines(periods: list[Period]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Amounts that stand while billing pauses, and the days that were billed."""
    table = amounts(periods, [period.last for period in periods])
    served = table > 0
    for client in table:
        days = list(served.index[served[client]])
        for last, back in pairwise([*days, table.index[-1] + pd.Timedelta(days=1)]):
            silent = (back - last).days - 1
            # whole months from the day after: 28 February and three months end with 31 May
            day = pd.Timedelta(days=1)
            until = min(last + day + pd.DateOffset(months=INACTIVITY) - day, back - day)
            if silent <= GAP and back in served.index:
                until = back - pd.Timedelta(days=1)
            if silent:
                table.loc[last:until, client] = table.loc[last, client]
    return table, served


def pauses(amount: "pd.Series[int]", served: "pd.Series[bool]") -> list[tuple[date, int]]:
    """Days without service between two services, where the amount ceased to stand: back on, days."""
    runs = [(back, (back - last).days - 1) for last, back in pairwise(served.index[served])]
    ceased = amount.shift(1) == 0
    return [(back.date(), days) for back, days in runs if days and ceased[back]]


def moved(
    table: pd.DataFrame, silent: dict[str, list[tuple[date, int]]], first: date, after: date
) -> dict[str, Any]:
    """Movements of each client from the morning of `first` to the morning of `after`."""
    found = {}
    opening, closing = (table.loc[pd.Timestamp(day)] for day in (first, after))
    had_one = (table.loc[: pd.Timestamp(first - timedelta(days=1))] > 0).any()
    for client in table:
        a, b, had = int(opening[client]), int(closing[client]), had_one[client]
        row = dict.fromkeys(MOVEMENTS, 0) | {"opening": a, "closing": b}
        inside = [days for back, days in silent[client] if first < back <= after]
        if a and b and max(inside, default=0) > GAP:
            row |= {"churn": a, "reactivation": b}
        elif a and not b:
            row |= {"churn": a}
        elif b and not a:
            row |= {"reactivation" if had else "new": b}
        else:
            row |= {"expansion": max(b - a, 0), "contraction": max(a - b, 0)}
        found[str(client)] = row
    return found


def windows_of(period: date) -> dict[str, date]:
    """First month of each window that ends with the month."""
    back = {
        "month": 0, "quarter": (period.month - 1) % 3, "rolling_3": 2, "rolling_12": 11,
        "ytd": period.month - 1,
    }  # fmt: skip
    return {window: month_start(period, -months) for window, months in back.items()}


def all_moved(table: pd.DataFrame, served: pd.DataFrame) -> dict[tuple[date, str, str], Any]:
    """Movements by month, window and client, of windows that begin with the history or later."""
    found, starts = {}, [month_start(FIRST, n) for n in range(40)]
    silent = {client: pauses(table[client], served[client]) for client in table}
    for period in [start for start in starts if start <= AS_OF]:
        for window, first in windows_of(period).items():
            if first >= FIRST:
                rows = moved(table, silent, first, month_start(period, 1))
                found |= {(period, window, client): row for client, row in rows.items()}
    return found


def rates(expected: dict[tuple[date, str, str], Any]) -> dict[tuple[date, str, str, str], Any]:
    """Numerator and denominator of each KPI by month, window, client and code."""
    found = {}
    for (period, window, client), row in expected.items():
        a = row["opening"]
        lost, gained = row["churn"] + row["contraction"], row["expansion"] + row["reactivation"]
        first = windows_of(period)[window]
        months = [month_start(first, n) for n in range(12) if month_start(first, n) <= period]
        rows = [expected[month, "month", client] for month in months]
        all_lost = sum(r["churn"] + r["contraction"] for r in rows)
        all_gained = sum(r["expansion"] + r["reactivation"] for r in rows)
        kept = 0 if row["churn"] else row["closing"]
        numerators = {
            "grr": min(a, kept), "nrr": kept if a else 0, "gross_churn_rate": lost,
            "net_churn_rate": lost - gained, "grr_movement": a - all_lost,
            "nrr_movement": a - all_lost + all_gained,
        }  # fmt: skip
        found |= {(period, window, client, code): (n, a) for code, n in numerators.items()}
    return found


def with_history(new_company: NewCompany, periods: list[Period]) -> Company:
    """A company that has recorded contracts since before FIRST; each client has its own owner."""
    company = new_company(str(AS_OF))
    company.product("P")
    company.product("Q")
    company.account("old")
    company.contract("old", "old", starts_on="2021-12-15", ends_on="2030-12-31", amount_per_month=7)
    for client in sorted({period.client for period in periods}):
        company.account(client)
        company.owner(client, client)
    for sister in sorted({p.account for p in periods if p.account != p.client}):
        company.account(sister, sister.rstrip("s"))
        company.owner(sister, sister.rstrip("s"))
    return company


def disagreements(company: Company, table: pd.DataFrame, served: pd.DataFrame) -> list[Any]:
    """Where movements or KPIs differ from the oracle: place, found, expected."""
    expected = all_moved(table, served)
    company.build("fct_recurring_movement", "fct_kam_kpi")
    sums = ", ".join(f'sum(moves."{name}") as "{name}"' for name in MOVEMENTS)
    rows = company.marts.rows(
        f"""
        select period, "window", holding.account_id as client, {sums},
        from core.fct_recurring_movement as moves
        inner join core.dim_account as account using (account_key)
        inner join core.dim_account as holding on account.holding_key = holding.account_key
        group by all
        """
    )
    found = {(r["period"], r["window"], r["client"]): r for r in rows}
    nothing = dict.fromkeys(MOVEMENTS, 0)
    wrong: list[Any] = []
    for place, row in expected.items():
        got = {name: found.get(place, nothing)[name] for name in MOVEMENTS}
        if got != row:
            wrong.append((place, got, row))
    kpis = company.marts.rows(
        """
        select period, "window", employee_id as client, kpi_code, numerator, denominator, value
        from kpi.fct_kam_kpi inner join core.dim_employee using (employee_key)
        """
    )
    got_kpis = {(r["period"], r["window"], r["client"], r["kpi_code"]): r for r in kpis}
    for key, (numerator, denominator) in rates(expected).items():
        row = got_kpis[key]
        if (row["numerator"] or 0, row["denominator"] or 0) != (numerator, denominator):
            wrong.append((key, row["numerator"], row["denominator"], numerator, denominator))
        elif denominator:
            ratio = Decimal(numerator) / denominator
            exact = ratio.quantize(Decimal("1e-12"), ROUND_HALF_UP)
            wrong += [] if row["value"] == exact else [(key, row["value"], exact)]
    return wrong


def check(company: Company, periods: list[Period], table: Any, served: Any) -> None:
    """Fails with the periods of the first client that differs, and where it does."""
    wrong = disagreements(company, table, served)
    if wrong:
        client = wrong[0][0][2]
        own = [str(period) for period in periods if period.client == client]
        places = [str(place) for place in wrong if place[0][2] == client]
        pytest.fail("\n".join([*own, *places[:8]]))


@BATCHES
@given(CLIENTS)
def test_any_contracts_give_the_movements_of_the_oracle(
    new_company: NewCompany, clients: Any
) -> None:
    periods = [period for period, _ in laid_out(clients)]
    company = with_history(new_company, periods)
    for number, period in enumerate(periods):
        company.contract(
            f"{period.account}-{number}", period.account, starts_on=period.first,
            ends_on=period.last, product_id=period.family, amount_per_month=period.amount,
        )  # fmt: skip
    if periods:
        check(company, periods, *by_contracts(periods))


def bill(company: Company, drawn: list[tuple[Period, dict[str, Any]]]) -> list[Period]:
    """Bills the periods; a credit note for the same period may take back half or all of one."""
    left = []
    for number, (period, piece) in enumerate(drawn):
        kept = {0: period.amount, 1: period.amount // 2, 2: 0}[piece["credited"]]
        issued_on = str(period.first + timedelta(days=piece["billed_after"]))
        for net in (period.amount * period.months, (kept - period.amount) * period.months):
            if net:
                company.invoice(
                    f"{period.client}-{number}-{net}", period.client, issued_on, net,
                    is_recurring=True, period_from=period.first, period_to=period.last,
                )  # fmt: skip
        left.append(replace(period, amount=kept))
    return left


@BATCHES
@given(CLIENTS)
def test_any_recurring_lines_give_the_movements_of_the_oracle(
    new_company: NewCompany, clients: Any
) -> None:
    drawn = list(laid_out(clients, billed=True))
    company = with_history(new_company, [period for period, _ in drawn])
    periods = bill(company, drawn)
    if periods:
        check(company, periods, *by_lines(periods))
