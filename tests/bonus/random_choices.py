"""Random choices, and facts by the closes that know them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from tests.bonus.reference import months
from tests.bonus.reference.company import Company
from tests.bonus.reference.inputs import Inputs

T = TypeVar("T")


@dataclass
class Choices:
    """Choices of one generator; everything shrinks to the first, the least and to no."""

    by: Random

    def one(self, *values: T) -> T:
        """One of the values."""
        return values[self.by.randint(0, len(values) - 1)]

    def chance(self, percent: int) -> bool:
        """Whether something rare happens."""
        return self.by.randint(1, 100) > 100 - percent

    def maybe(self, percent: int, value: T) -> T | None:
        """The value, or most often nothing."""
        return value if self.chance(percent) else None

    def number(self, least: int, most: int) -> int:
        """A whole number."""
        return self.by.randint(least, most)

    def money(self, most: int) -> Decimal:
        """An amount in kopecks; small and round ones are common."""
        if self.chance(50):
            return Decimal(self.number(1, most * 100)) / 100
        return Decimal(self.number(1, most))

    def decimal(self, least: int, most: int, places: int) -> Decimal:
        """A decimal given by its bounds in units of its last place."""
        return Decimal(self.number(least, most)).scaleb(-places)

    def day(self, month: date) -> date:
        """A day of a month; first and last ones are common."""
        last = months.last_day(month)
        kind = self.number(0, 3)
        if kind < 2:
            return (month, last)[kind]
        return month + timedelta(days=self.number(0, last.day - 1))


@dataclass
class Facts:
    """Rows by the closes that know them: from one on, until another has corrected them."""

    first: date
    closes: int
    parts: dict[tuple[int, int | None], Company] = field(
        default_factory=lambda: defaultdict(Company)
    )

    def known(self, since: int = 0, until: int | None = None) -> Company:
        """Where to add rows that closes from `since` and before `until` know."""
        return self.parts[since, until]

    def month(self, number: int) -> date:
        """A month of the story; negative: before it."""
        return months.plus(self.first, number)

    def when(self, day: date) -> int:
        """The close that first knows what happened on a day."""
        return max(0, months.between(self.first, day.replace(day=1)))

    def inputs(self, close: int, policies: list[dict[str, Any]], begins: date) -> Inputs:
        """All that a close knows."""
        whole = Company(months.last_day(self.month(close)), begins, policies=policies)
        for (since, until), part in sorted(self.parts.items(), key=lambda item: item[0][0]):
            if since <= close and (until is None or close < until):
                for table, rows in part.rows.items():
                    whole.rows[table] += rows
                whole.reasons |= part.reasons
        return whole.inputs()
