"""What a measure earns on the tiers of a component."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tests.bonus.reference.inputs import Row


@dataclass(frozen=True)
class Slice:
    """The part of the measure that one tier pays for."""

    tier_from: Fraction
    tier_to: Fraction | None
    quantity: Fraction
    value: Fraction
    earned: Fraction


def number(value: Decimal | int) -> Fraction:
    """A decimal of a row, exactly."""
    return Fraction(value)


def top(tier: Row) -> Fraction | None:
    """The upper bound; None for the open last tier."""
    return None if tier.get("tier_to") is None else number(tier["tier_to"])


def capped(tiers: Sequence[Row], reached: Fraction) -> Fraction:
    """The measure without what lies beyond a closed last tier."""
    end = top(tiers[-1])
    return reached if end is None else min(reached, end)


def tier_of(tiers: Sequence[Row], reached: Fraction) -> Row | None:
    """The highest tier reached; None below the first `from`."""
    if reached < number(tiers[0]["tier_from"]):
        return None
    reached = capped(tiers, reached)
    found = tiers[0]
    for tier in tiers[1:]:
        start = number(tier["tier_from"])
        is_over = reached > start or (reached == start and tier["boundary"] == "lower_inclusive")
        found = tier if is_over else found
    return found


def flat(tiers: Sequence[Row], reached: Fraction) -> list[Slice]:
    """Everything at the value of the highest tier reached."""
    if reached < 0:
        return first_rate(tiers, reached)
    tier = tier_of(tiers, reached)
    if tier is None:
        return []
    quantity, value = capped(tiers, reached), number(tier["value"])
    return [Slice(number(tier["tier_from"]), top(tier), quantity, value, quantity * value)]


def marginal(tiers: Sequence[Row], reached: Fraction) -> list[Slice]:
    """Each slice at its own value."""
    if reached < 0:
        return first_rate(tiers, reached)
    slices = []
    for tier in tiers:
        start, end, value = number(tier["tier_from"]), top(tier), number(tier["value"])
        quantity = (reached if end is None else min(reached, end)) - start
        if quantity > 0:
            slices.append(Slice(start, end, quantity, value, quantity * value))
    return slices


def interpolated(tiers: Sequence[Row], reached: Fraction) -> list[Slice]:
    """The value of each tier times the share of it that is covered."""
    slices = []
    for place, tier in enumerate(tiers):
        start, end, value = number(tier["tier_from"]), top(tier), number(tier["value"])
        if end is None:
            continue
        quantity = min(reached, end) - start
        if reached < 0:
            quantity = reached if place == 0 else Fraction(0)
        if quantity > 0 or (reached < 0 and place == 0):
            slices.append(Slice(start, end, quantity, value, value * quantity / (end - start)))
    return slices


def first_rate(tiers: Sequence[Row], reached: Fraction) -> list[Slice]:
    """A negative amount at the rate of the first tier."""
    tier = tiers[0]
    value = number(tier["value"])
    return [Slice(number(tier["tier_from"]), top(tier), reached, value, reached * value)]


MODES = {"flat": flat, "marginal": marginal, "interpolated": interpolated}


def slices(tiers: Sequence[Row], reached: Fraction) -> list[Slice]:
    """The measure cut into what each tier pays for."""
    return MODES[tiers[0]["mode"]](tiers, reached)


def earned(tiers: Sequence[Row], reached: Fraction) -> Fraction:
    """Σ of what the tiers pay: value × quantity, or the covered parts of interpolated tiers."""
    return sum((part.earned for part in slices(tiers, reached)), Fraction(0))


def blended(tiers: Sequence[Row], reached: Fraction) -> Fraction:
    """The one rate that pays the same for the whole measure."""
    return earned(tiers, reached) / reached if reached else Fraction(0)


def level(tiers: Sequence[Row], reached: Fraction) -> Fraction:
    """A payout share or lump amount: that of the tier reached, or the covered parts added up."""
    if tiers[0]["mode"] != "flat":
        return earned(tiers, reached)
    tier = tier_of(tiers, reached)
    return Fraction(0) if tier is None else number(tier["value"])
