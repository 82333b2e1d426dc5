"""Euro rates: a plan rate for each month, and a weekly market rate."""

from datetime import date, timedelta
from decimal import Decimal

from kam_kpi.demo.billing_rows import Rate
from kam_kpi.demo.calendar import FIRST_DAY, LAST_DAY, months, stream

PLAN_BY_YEAR = {2023: "98.50", 2024: "97.00", 2025: "101.00", 2026: "93.00", 2027: "96.25"}
REVISED_PLAN = {date(2026, 7, 15): "95.00", date(2026, 8, 1): "96.25"}
"""The budget of 2026 was revised in mid-July: the later rate is July's plan rate."""


def _plan() -> list[Rate]:
    revised = {day: Rate("EUR", "plan", day, Decimal(rate)) for day, rate in REVISED_PLAN.items()}
    last = max(revised)
    result = [rate for day, rate in revised.items() if day != last]
    for month in months(FIRST_DAY, LAST_DAY):
        rate = Decimal(PLAN_BY_YEAR[month.year])
        if last <= month and month.year == last.year:
            rate = revised[last].rate
        result.append(Rate("EUR", "plan", month, rate))
    return result


def _market(seed: int) -> list[Rate]:
    rng = stream(seed, "market")
    day, rate, result = FIRST_DAY, Decimal("97.8500"), []
    while day <= LAST_DAY:
        result.append(Rate("EUR", "market", day, rate))
        pull = (Decimal("97.5") - rate) * Decimal("0.04")
        step = Decimal(rng.randint(-14000, 14000)) / 10000
        rate = (rate + pull + step).quantize(Decimal("0.0001"))
        day += timedelta(days=7)
    return result


def rates(seed: int) -> list[Rate]:
    """Plan and market rates of the euro, by kind and day."""
    return sorted([*_plan(), *_market(seed)], key=lambda rate: (rate.kind, rate.valid_on))
