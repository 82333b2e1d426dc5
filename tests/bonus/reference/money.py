"""Exact arithmetic: quotients stay fractions until a step is written down, money is Decimal."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

STEP_PLACES = 10
KOPECK = Fraction(1, 100)
Key = TypeVar("Key")
ZERO = Decimal(0)


def half_away(amount: Fraction | Decimal | int, places: int) -> Decimal:
    """Rounds half away from zero."""
    scaled = abs(Fraction(amount)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = tuple(int(digit) for digit in str(whole))
    return Decimal((1 if amount < 0 and whole else 0, digits, -places))


def written(amount: Fraction | Decimal | int) -> Decimal:
    """The amount as a step of the trace has it."""
    return half_away(amount, STEP_PLACES)


def kopecks(amount: Fraction | Decimal | int) -> Decimal:
    """The amount as it is paid."""
    return half_away(amount, 2)


def spread(
    total: Decimal, weights: Mapping[Key, Fraction], tie: Callable[[Key], Any]
) -> dict[Key, Decimal]:
    """`total` in kopecks over weights by largest remainder; equal parts if they sum to 0.

    A negative total is split as the mirror image of the positive one.
    """
    if not weights:
        return {}
    whole = sum(weights.values(), Fraction(0))
    parts = weights if whole else dict.fromkeys(weights, Fraction(1))
    whole = whole or Fraction(len(weights))
    units = int(abs(total) * 100)
    quotas = {key: units * Fraction(part) / whole for key, part in parts.items()}
    floors = {key: quota.numerator // quota.denominator for key, quota in quotas.items()}
    left = units - sum(floors.values())
    for key in sorted(quotas, key=lambda key: (floors[key] - quotas[key], tie(key)))[:left]:
        floors[key] += 1
    sign = -1 if total < 0 else 1
    return {key: kopecks(sign * count * KOPECK) for key, count in floors.items()}
