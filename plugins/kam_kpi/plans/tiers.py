"""The plan check of tiers: contiguous, of one shape, values that can be meant."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from kam_kpi.plans.plans import Placed
from kam_kpi.plans.problems import Problem, problem
from kam_kpi.plans.rows import ComponentRow, TierRow

FILE = "bonus_tier"
SHAPE = ("basis", "value_is", "mode", "boundary")
MOST = Decimal(10)
"""No attainment, payout share, multiplier or ratio above 1 000 % can be meant."""
VALUES = {
    "weighted": ("payout_pct", "multiplier"),
    "mbo": ("payout_pct", "multiplier"),
    "rate": ("rate", "multiplier", "amount"),
    "fixed": ("amount", "multiplier"),
}
"""What a tier may give to each kind of component."""
PARTS = ("amount", "payout_pct")
"""Values of which a tier pays the covered share."""

Tiers = Sequence[Placed[TierRow]]


def faults_of_tiers(component: ComponentRow, tiers: Tiers, is_whole: bool) -> Iterator[Problem]:
    """Faults of the tiers of a component; `is_whole` unless some of its rows were refused."""
    for tier in tiers:
        yield from _values(tier)
    yield from _shape(component, tiers)
    if is_whole:
        yield from _bounds(tiers)


def _bounds(tiers: Tiers) -> Iterator[Problem]:
    for tier in tiers:
        start, end = tier.row.tier_from, tier.row.tier_to
        if end is not None and end <= start:
            params = {"start": plain(start), "end": plain(end)}
            yield problem(FILE, tier.line, "to", "tier_reversed", **params)
            return
    for before, tier in pairwise(tiers):
        end, start = before.row.tier_to, tier.row.tier_from
        if end is None:
            yield problem(FILE, before.line, "to", "tier_open", line=tier.line)
        elif start != end:
            key = "tier_overlap" if start < end else "tier_gap"
            params = {"start": plain(start), "end": plain(end)}
            yield problem(FILE, tier.line, "from", key, line=before.line, **params)
    if tiers and tiers[-1].row.mode == "interpolated" and tiers[-1].row.tier_to is None:
        yield problem(FILE, tiers[-1].line, "to", "interpolated_open")


def _shape(component: ComponentRow, tiers: Tiers) -> Iterator[Problem]:
    if not tiers:
        return
    first = tiers[0]
    for tier in tiers[1:]:
        for name in SHAPE:
            other, held = getattr(first.row, name), getattr(tier.row, name)
            if held != other:
                params = {"value": held, "other": other, "line": first.line}
                yield problem(FILE, tier.line, name, "tier_shape", **params)
    row = first.row
    may = VALUES[component.kind]
    if row.value_is not in may:
        params = {"value": row.value_is, "kind": component.kind, "allowed": ", ".join(may)}
        yield problem(FILE, first.line, "value_is", "value_for_kind", **params)
    elif row.mode == "interpolated" and row.value_is not in PARTS:
        yield problem(FILE, first.line, "value_is", "interpolated_value", value=row.value_is)
    elif (component.kind, row.value_is, row.mode) == ("rate", "amount", "marginal"):
        yield problem(FILE, first.line, "mode", "marginal_amount")
    if component.kind == "mbo" and row.basis != "amount":
        yield problem(FILE, first.line, "basis", "mbo_basis", value=row.basis)
    elif component.direction == "lower" and row.basis != "amount":
        yield problem(FILE, first.line, "basis", "lower_basis", value=row.basis)


def _values(tier: Placed[TierRow]) -> Iterator[Problem]:
    row = tier.row
    most = {"rate": Decimal(1), "payout_pct": MOST, "multiplier": MOST}.get(row.value_is)
    if most is not None and row.value > most:
        params = {"value": plain(row.value), "most": plain(most)}
        yield problem(FILE, tier.line, "value", "no_fraction", **params)
    if row.basis == "attainment":
        for name, bound in (("from", row.tier_from), ("to", row.tier_to)):
            if bound is not None and bound > MOST:
                params = {"value": plain(bound), "most": plain(MOST)}
                yield problem(FILE, tier.line, name, "no_fraction", **params)


def plain(value: Decimal) -> str:
    """A number without trailing zeros."""
    return f"{value.normalize():f}"
