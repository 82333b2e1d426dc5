"""What the demo company's HR and finance know: pay, targets, scores, absences and draws."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from kam_kpi.demo.calendar import LAST_DAY, add_months, month_end, month_start, months, stream
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.payroll_rows import Absence, Draw, Salary, Score, Target
from kam_kpi.demo.people import NEWCOMERS

BEGINS = date(2025, 1, 1)
"""First month of bonuses."""
RAISE = date(2026, 1, 1)
"""Everybody has 6 % more from this day on."""
UNAPPROVED = ("K10", date(2026, 10, 1))
"""A score that nobody has approved yet: the line is held, by name."""
_PAY = {
    "junior": (90_000, 30_000), "middle": (140_000, 60_000), "senior": (200_000, 110_000),
    "head": (280_000, 150_000),
}  # fmt: skip
_PLAN_RATE = {"RUB": Decimal(1), "EUR": Decimal(100)}
_APPROVED_BY = "Финансовый директор"


def add_payroll(facts: Facts, seed: int) -> None:
    """Adds what HR and finance know to facts that have people, positions and invoices."""
    facts.salaries = list(_salaries(facts))
    facts.targets = list(_targets(facts))
    facts.scores = list(_scores(facts, seed))
    facts.absences = list(_absences(facts, seed))
    facts.draws = [
        Draw(who, "guarantee_recoverable", Decimal(40_000), hired, add_months(hired, 6))
        for who, hired in NEWCOMERS.items()
        if hired >= BEGINS
    ]


def _salaries(facts: Facts) -> Iterator[Salary]:
    for held in facts.positions:
        base, bonus = (Decimal(amount) for amount in _PAY[held.grade])
        ends = held.valid_to
        if held.valid_from < RAISE and (ends is None or ends > RAISE):
            yield Salary(held.employee_id, held.valid_from, RAISE, base, bonus)
            yield Salary(held.employee_id, RAISE, ends, base * 106 / 100, bonus * 106 / 100)
        else:
            more = 106 if held.valid_from >= RAISE else 100
            yield Salary(
                held.employee_id, held.valid_from, ends, base * more / 100, bonus * more / 100
            )


def _revenue(facts: Facts) -> dict[tuple[str, date], Decimal]:
    """Net billed by owner and month, about: what somebody would plan from."""
    owners = defaultdict(list)
    for held in facts.assignments:
        if held.role == "owner":
            owners[held.account_id].append(held)
    found: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for row in facts.invoices:
        for held in owners[row.account_id]:
            is_owned = held.valid_from <= row.issued_on and (
                held.valid_to is None or row.issued_on < held.valid_to
            )
            if is_owned:
                key = held.employee_id, month_start(row.issued_on)
                found[key] += row.net * held.share * _PLAN_RATE[row.currency]
    return found


def _targets(facts: Facts) -> Iterator[Target]:
    """The month of the year before and three per cent, in ten thousands; heads: their teams'."""
    revenue, managers = _revenue(facts), {e.employee_id: e.manager_id for e in facts.employees}
    for period in months(BEGINS, LAST_DAY):
        of_team: dict[str, Decimal] = defaultdict(Decimal)
        for who, manager in managers.items():
            if manager is None:
                continue
            before = revenue.get((who, add_months(period, -12)), Decimal(0))
            aim = max(Decimal(50), (before * 103 / 1_000_000).to_integral_value()) * 10_000
            of_team[manager] += aim
            yield Target(who, "revenue", period, aim, _APPROVED_BY)
        for manager, aim in of_team.items():
            yield Target(manager, "revenue", period, aim, _APPROVED_BY)


def _scores(facts: Facts, seed: int) -> Iterator[Score]:
    for person in facts.employees:
        component = "team" if person.grade == "head" else "service"
        rng = stream(seed, "score", person.employee_id)
        for period in months(BEGINS, LAST_DAY):
            score = Decimal(rng.randrange(14, 23)) / 20
            is_approved = (person.employee_id, period) != UNAPPROVED
            by = person.manager_id or _APPROVED_BY
            yield Score(person.employee_id, component, period, score, by if is_approved else None)


def _absences(facts: Facts, seed: int) -> Iterator[Absence]:
    for person in facts.employees:
        rng = stream(seed, "absence", person.employee_id)
        for year in range(BEGINS.year, LAST_DAY.year + 1):
            start = date(year, rng.randrange(5, 10), rng.randrange(1, 28))
            yield Absence(person.employee_id, "vacation", start, start + timedelta(days=13))
            if rng.random() < 0.25:
                start = date(year, rng.randrange(1, 13), rng.randrange(1, 22))
                end = min(start + timedelta(days=4), month_end(start))
                yield Absence(person.employee_id, "unpaid", start, end)
