"""Months as their first day, and spans of them."""

from collections.abc import Iterator
from datetime import date, timedelta

INTERVAL_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def plus(day: date, months: int) -> date:
    """The same day months later, or the last one of a shorter month."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    return first + timedelta(days=min(day.day, days_in(first)) - 1)


def days_in(month: date) -> int:
    """Calendar days of a month."""
    number = month.year * 12 + month.month
    return (date(number // 12, number % 12 + 1, 1) - month.replace(day=1)).days


def last_day(month: date) -> date:
    """Last day of a month."""
    return month.replace(day=days_in(month))


def between(earlier: date, later: date) -> int:
    """Whole months from one month to another."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def run(first: date, last: date) -> tuple[date, ...]:
    """The months from first to last."""
    return tuple(plus(first, n) for n in range(between(first, last) + 1))


def days(months: tuple[date, ...]) -> Iterator[date]:
    """Every day of the months."""
    for month in months:
        for number in range(days_in(month)):
            yield month + timedelta(days=number)


def window(name: str, period: date) -> tuple[date, ...]:
    """The months of a window of fct_kam_kpi that ends with the period."""
    first = {
        "month": period,
        "quarter": date(period.year, (period.month - 1) // 3 * 3 + 1, 1),
        "rolling_3": plus(period, -2),
        "rolling_12": plus(period, -11),
        "ytd": date(period.year, 1, 1),
    }[name]
    return run(first, period)


def interval(name: str, period: date) -> tuple[date, ...]:
    """The months of the interval that is paid in the period."""
    return run(plus(period, 1 - INTERVAL_MONTHS[name]), period)


def is_paid_in(name: str, period: date) -> bool:
    """Whether the period is the last month of an interval."""
    return period.month % INTERVAL_MONTHS[name] == 0
