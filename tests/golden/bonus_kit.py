"""What the golden bonus cases are told with: small companies, and two implementations."""

import csv
import re
from datetime import date
from decimal import Decimal
from typing import Any

from tests.bonus.reference import calculation, months, settlement
from tests.bonus.reference.company import Company, Money
from tests.bonus.reference.inputs import Inputs
from tests.bonus.reference.results import Draw, Line, Result
from tests.bonus.reference.settlement import Due, DueSheet, Posted, Settlement
from tests.conftest import shared


class Way:
    """Which implementation the cases run through: the fixture `way` sets it."""

    calculate = staticmethod(calculation.calculate)
    settle = staticmethod(settlement.settle)


def calculate(inputs: Inputs, period: date) -> Result:
    """The calculation of a month, by the implementation in force."""
    return Way.calculate(inputs, period)


def settle(due: DueSheet, posted: Any) -> Settlement:
    """The settlement of a month, by the implementation in force."""
    return Way.settle(due, posted)


MAY = date(2025, 5, 1)


FLAT_OR_MARGINAL = [(0, 10000, "0.01"), (10000, 50000, "0.02"), (50000, 100000, "0.03")]


PER_EVENT = [(0, 1000, "0.01"), (1000, 3000, "0.02"), (3000, 8000, "0.03"), (8000, 20000, "0.05")]


def golden(case: str) -> dict[str, str]:
    """Input and expectation of a case."""
    with shared("golden", "bonus_cases.csv").open(newline="", encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["id"] == case)


def numbers(text: str) -> list[Decimal]:
    """The numbers of a text; a minus before one belongs to it."""
    return [Decimal(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def expected(case: str) -> list[Decimal]:
    return numbers(golden(case)["expected"])


def amounts_of(case: str, after: str) -> list[Decimal]:
    """The numbers of a case's input behind a word."""
    return numbers(golden(case)["input"].split(after, 1)[1])


def selling(
    *amounts: Money, tier_rows: Any = (), month: date = MAY, as_of: str = "2025-05-31",
    shape: dict[str, Any] | None = None, **component: Any,
) -> Company:  # fmt: skip
    """K with one rate component on the revenue of invoices I0, I1, …"""
    company = Company(date.fromisoformat(as_of))
    company.employee("K")
    company.plan(base="none")
    company.component(**component)
    company.tiers(tier_rows, **(shape or {}))
    company.assign("K")
    for number, net in enumerate(amounts):
        company.bill("K", f"I{number}", month, net)
    return company


def line(company: Company, period: date = MAY, name: str = "K", code: str = "C") -> Line:
    return calculate(company.inputs(), period).line(f"key-{name}", code)


def earned(*amounts: Money, **values: Any) -> Decimal:
    return line(selling(*amounts, **values)).earned


def paid_on(as_of: str, *amounts: Money, rate: str = "0.2", **values: Any) -> Company:
    return selling(*amounts, as_of=as_of, rate=Decimal(rate), earn_on="paid", **values)


def entry_of(
    period: date, amount: Money, component: str = "C", posted_in: str = "2025-05",
    type: str = "earning", evidence_key: str | None = None,
) -> Posted:  # fmt: skip
    """An entry of the ledger of K."""
    return Posted(
        "key-K", period, date.fromisoformat(f"{posted_in}-01"), type, component, Decimal(amount),
        evidence_key,
    )  # fmt: skip


def other(amount: Money) -> Due:
    """Another component of K in May, of which nothing changes."""
    return Due("key-K", MAY, MAY, "other", Decimal(amount))


def settled(dues: list[Due], posted: Any, period: str = "2025-05", **values: Any) -> Settlement:
    sheet = DueSheet(date.fromisoformat(f"{period}-01"), tuple(dues), **values)
    return settle(sheet, posted)


def drawing(kind: str, amount: Decimal, earnings: list[Decimal]) -> list[tuple[Decimal, Decimal]]:
    """Paid in each month from January, and owed after it; every month is settled twice."""
    ledger: list[Posted] = []
    found = []
    dues: list[Due] = []
    draws: list[Draw] = []
    for number, own in enumerate(earnings):
        period = months.plus(date(2025, 1, 1), number)
        dues.append(Due("key-K", period, period, "C", own))
        draws.append(Draw("key-K", period, kind, amount))
        sheet = DueSheet(period, tuple(dues), tuple(draws))
        once = settle(sheet, ledger)
        ledger += once.entries
        assert settle(sheet, ledger).entries == ()
        paid = sum((entry.amount for entry in once.entries), Decimal(0))
        found.append((paid, once.balances.get("key-K", Decimal(0))))
    return found


def teammates(pool: Money, *own: Money) -> Company:
    """A, B, C … of one team with a pool; each earned what is given."""
    company = Company(date(2025, 5, 31))
    company.plan(base="none")
    company.component(rate=Decimal(1))
    for place, amount in enumerate(own):
        name = "ABCDEF"[place]
        company.employee(name, team="T")
        company.assign(name)
        company.bill(name, f"I{name}", MAY, amount)
    company.pool("T", MAY, pool)
    return company


def gated(overdue: str = "0.2", as_of: str = "2025-05-31", **gate: Any) -> Company:
    """K earns 100, with 1000 open at each month end and a gate on the share overdue."""
    company = selling(1000, rate=Decimal("0.1"), as_of=as_of)
    company.gate(**gate)
    company.evidence(
        "K", "overdue_share_gate", MAY, "open", Decimal(overdue) * 1000, 1000,
    )  # fmt: skip
    return company


def weighted(*weights: str, on_null: str = "zero", **values: Any) -> Company:
    """K has components A, B, …: attainment 0.5 of a target of 100 on a target bonus of 3000."""
    company = Company(date(2025, 6, 30))
    company.employee("K")
    company.plan()
    company.salary("K", 3000)
    company.assign("K")
    company.bill("K", "I", "2025-06-10", 50)
    for code, weight in zip("ABC", weights, strict=False):
        company.component(
            code, kind="weighted", weight=Decimal(weight), target_source="value",
            target_value=Decimal(100), on_null=on_null, **values,
        )  # fmt: skip
    return company


JUNE = date(2025, 6, 1)
