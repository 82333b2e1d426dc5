"""The demo's own calendar: it never reads the clock."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

FIRST_DAY = date(2023, 11, 1)
"""First day of the 36 months of history."""
FIRST_DELIVERY = date(2026, 10, 31)
"""Last day of the initial delivery."""
LAST_DAY = date(2027, 12, 31)
"""The company is known up to here; `advance` goes no further."""

KOPECK = Decimal("0.01")


def stream(seed: int, *names: object) -> random.Random:
    """A random stream of its own for one thing, so that no other thing can disturb it."""
    return random.Random("/".join(str(part) for part in (seed, *names)))  # noqa: S311 (not a secret)


def money(value: Decimal) -> Decimal:
    """Rounded to kopecks, half away from zero."""
    return value.quantize(KOPECK, ROUND_HALF_UP)


def month_start(day: date) -> date:
    """First day of the day's month."""
    return day.replace(day=1)


def add_months(day: date, count: int) -> date:
    """First day of the month `count` months after the day's month."""
    number = day.year * 12 + day.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def month_end(day: date) -> date:
    """Last day of the day's month."""
    return add_months(day, 1) - timedelta(days=1)


def term_end(starts_on: date, months: int) -> date:
    """Last day of a term of whole months that starts on the first of a month or on any day."""
    first = add_months(starts_on, months)
    day = min(starts_on.day, month_end(first).day)
    return first.replace(day=day) - timedelta(days=1)


def months(first: date, last: date) -> Iterator[date]:
    """First days of the months from `first` to `last`, both included."""
    month = month_start(first)
    while month <= last:
        yield month
        month = add_months(month, 1)


def days(first: date, last: date) -> Iterator[date]:
    """Days from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def workday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def at(day: date, rng: random.Random) -> datetime:
    """An instant of the day in office hours, company time."""
    return datetime.combine(day, time(rng.randint(9, 17), rng.randint(0, 59), rng.randint(0, 59)))


def vat_rate(day: date) -> Decimal:
    """Russian VAT in force: 20 %, from 2026 22 %."""
    return Decimal("0.22") if day.year >= 2026 else Decimal("0.20")
