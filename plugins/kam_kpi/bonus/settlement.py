"""One settlement: delta = due − Σ already posted, for each person, period_earned and component.

Pure: what is due comes from the models, what was posted from the ledger. Without a ledger nothing
is posted, and a settlement proposes what is due.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)
DRAW = "draw"
"""Component of the entries of draws: they belong to the person, not to a plan."""
MANUAL = "manual_adjustment"
_OWED = ("draw_advance", "draw_recovery")
_CARRIED_FIRST = {"clawback": 0, "draw_recovery": 1, "adjustment": 2, "release": 2}


@dataclass(frozen=True)
class Due:
    """What is due in all of a component for a month of payout, in kopecks.

    `clawed` is what clawback has taken out of `amount`; `clawed_events` names the records of
    `line_only`. `cause` is why it differs from what was posted: `facts`, or `cash` (received,
    reversed, released), which settles whatever its age. A due that is not settled is unknown:
    nothing is paid and nothing taken back.
    """

    employee: str
    period: date
    period_earned: date
    component: str
    amount: Decimal
    cause: str = "facts"
    clawed: Decimal = ZERO
    clawed_events: tuple[tuple[str, Decimal], ...] = ()
    is_settled: bool = True


@dataclass(frozen=True)
class Draw:
    """A draw of a person for a month."""

    employee: str
    period: date
    kind: str
    amount: Decimal


@dataclass(frozen=True)
class Entry:
    """An entry of the ledger, posted or to be posted."""

    employee: str
    period_earned: date
    period_posted: date
    type: str
    component: str
    amount: Decimal
    evidence_key: str | None = None


@dataclass(frozen=True)
class DueSheet:
    """All that a settlement of `period` reads beside the ledger.

    `first_period` is the first month of the ledger, `left` who has left, `blocked` whose months
    cannot be paid.
    """

    period: date
    dues: tuple[Due, ...]
    draws: tuple[Draw, ...] = ()
    restate_months: int = 12
    restate_min_amount: Decimal = Decimal(1)
    first_period: date = date.min
    left: frozenset[str] = frozenset()
    blocked: frozenset[tuple[str, date]] = frozenset()


@dataclass(frozen=True)
class Settlement:
    """What to post; what is too old and never paid; what waits; and what people owe of draws."""

    entries: tuple[Entry, ...]
    out_of_window: tuple[Entry, ...] = ()
    carried: tuple[Entry, ...] = ()
    small: tuple[Entry, ...] = ()
    balances: dict[str, Decimal] = field(default_factory=dict)
    leavers: dict[str, Decimal] = field(default_factory=dict)


def settle(sheet: DueSheet, posted: Iterable[Entry]) -> Settlement:
    """What to post in `sheet.period`; the same call after posting its entries gives none.

    Args:
        sheet: what is due by facts and rules, of this month and of earlier ones.
        posted: the whole ledger.
    """
    ledger: dict[str, list[Entry]] = defaultdict(list)
    for entry in posted:
        ledger[entry.employee].append(entry)
    dues: dict[str, list[Due]] = defaultdict(list)
    for due in sheet.dues:
        if sheet.first_period <= due.period <= sheet.period:
            dues[due.employee].append(due)
    people = sorted(dues.keys() | {draw.employee for draw in sheet.draws})
    found = [_settle_person(sheet, who, dues.get(who, []), ledger[who]) for who in people]
    balances = {one.employee: one.owed for one in found if one.owed}
    return Settlement(
        tuple(sorted((entry for one in found for entry in one.entries), key=_order)),
        tuple(entry for one in found for entry in one.out_of_window),
        tuple(entry for one in found for entry in one.carried),
        tuple(entry for one in found for entry in one.small),
        balances,
        {who: owed for who, owed in balances.items() if who in sheet.left},
    )


@dataclass
class _Person:
    employee: str
    entries: list[Entry] = field(default_factory=list)
    out_of_window: list[Entry] = field(default_factory=list)
    carried: list[Entry] = field(default_factory=list)
    small: list[Entry] = field(default_factory=list)
    owed: Decimal = ZERO


def _settle_person(sheet: DueSheet, employee: str, dues: list[Due], posted: list[Entry]) -> _Person:
    person, earned = _Person(employee), dict[date, Decimal]()
    for due in dues:
        earned.setdefault(due.period, ZERO)
        if not due.is_settled:
            continue
        before = [
            entry
            for entry in posted
            if (entry.period_earned, entry.component) == (due.period_earned, due.component)
        ]
        delta = _delta(sheet, due, before)
        if due.component != MANUAL:  # a draw tops up what the plan has earned
            earned[due.period] += delta.before_clawback
        for entry in delta.entries:
            _file(sheet, entry, person)
    drawn, person.owed = _drawn(sheet, employee, earned, posted)
    person.entries, person.carried = _not_below_zero([*person.entries, *drawn])
    return person


def _file(sheet: DueSheet, entry: Entry, person: _Person) -> None:
    """Corrections that are too old or too small are not posted."""
    is_adjustment = entry.type == "adjustment"
    if is_adjustment and _age(entry.period_earned, sheet.period) > sheet.restate_months:
        person.out_of_window.append(entry)
    elif is_adjustment and abs(entry.amount) < sheet.restate_min_amount:
        person.small.append(entry)
    else:
        person.entries.append(entry)


def _age(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _total(entries: Iterable[Entry]) -> Decimal:
    return sum((entry.amount for entry in entries), ZERO)


# ------------------------------------------------------------------------------------ corrections


@dataclass(frozen=True)
class _Delta:
    entries: list[Entry]
    before_clawback: Decimal


def _delta(sheet: DueSheet, due: Due, posted: list[Entry]) -> _Delta:
    """due − posted, split into what clawback takes or gives back, and the rest."""
    takes = _clawback_limit(due, posted)
    amount = due.amount + due.clawed - takes
    taken = -_total(entry for entry in posted if entry.type == "clawback")
    delta, clawback = amount - _total(posted), ZERO
    if posted and delta < 0:
        clawback = -max(ZERO, min(takes - taken, -delta))
    elif delta > 0:
        clawback = max(ZERO, min(taken - takes, delta))
    late = "adjustment" if due.cause == "facts" else "release"
    kind = late if posted or due.period != sheet.period else "earning"
    parts = ((kind, delta - clawback), ("clawback", clawback))
    entries = [
        Entry(due.employee, due.period_earned, sheet.period, name, due.component, part)
        for name, part in parts
        if part
    ]
    return _Delta(entries, amount + taken - clawback)


def _clawback_limit(due: Due, posted: list[Entry]) -> Decimal:
    """line_only takes at most what was posted for its records, recompute at most what is due."""
    if not due.clawed_events:
        return min(due.clawed, max(ZERO, due.amount + due.clawed))
    limit = ZERO
    for event, amount in due.clawed_events:
        named = [e for e in posted if e.evidence_key == event and e.type != "clawback"]
        limit += max(ZERO, min(amount, _total(named))) if named else amount
    return min(due.clawed, limit)


# ------------------------------------------------------------------------------------------ draws


def _drawn(
    sheet: DueSheet, employee: str, earned: dict[date, Decimal], posted: Sequence[Entry]
) -> tuple[list[Entry], Decimal]:
    """Deltas of draw entries month by month, and what is owed at the end."""
    mine = [entry for entry in posted if entry.component == DRAW]
    draws = [draw for draw in sheet.draws if draw.employee == employee]
    periods = sorted({draw.period for draw in draws} | earned.keys())
    first = periods[0] if periods else sheet.period
    owed, found = _owed(e for e in mine if e.period_earned < first), list[Entry]()
    for period in (period for period in periods if period <= sheet.period):
        before = [entry for entry in mine if entry.period_earned == period]
        is_frozen = _age(period, sheet.period) > sheet.restate_months
        if is_frozen or (employee, period) in sheet.blocked:
            owed += _owed(before)
            continue
        here = [draw for draw in draws if draw.period == period]
        now, owed = _month_of_draws(here, earned.get(period, ZERO), owed)
        for kind in sorted({*now, *(entry.type for entry in before)}):
            delta = now.get(kind, ZERO) - _total(e for e in before if e.type == kind)
            if delta:
                found.append(Entry(employee, period, sheet.period, kind, DRAW, delta))
    return found, owed


def _owed(entries: Iterable[Entry]) -> Decimal:
    return _total(entry for entry in entries if entry.type in _OWED)


def _month_of_draws(
    draws: list[Draw], earned: Decimal, owed: Decimal
) -> tuple[dict[str, Decimal], Decimal]:
    """Amounts by type of entry, and what is owed after the month."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for draw in draws:
        short, over = max(ZERO, draw.amount - earned), max(ZERO, earned - draw.amount)
        if draw.kind == "guarantee_nonrecoverable":
            amounts["draw_guarantee"] += short
        elif draw.kind == "nonrecoverable":
            amounts["draw_payment"] += draw.amount
        else:
            is_guarantee = draw.kind == "guarantee_recoverable"
            advance, back = (short, min(owed, over)) if is_guarantee else (draw.amount, ZERO)
            amounts["draw_advance"] += advance
            amounts["draw_recovery"] -= back
            owed += advance - back
    if not {draw.kind for draw in draws} & {"guarantee_recoverable", "recoverable"} and owed > 0:
        back = min(owed, max(ZERO, earned))
        amounts["draw_recovery"] -= back
        owed -= back
    return amounts, owed


# -------------------------------------------------------------------------------- never below zero


def _not_below_zero(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """What a month's pay does not cover is carried: clawbacks first, and the latest of them."""
    short, kept, carried = -_total(entries), list[Entry](), list[Entry]()
    if short <= 0:
        return entries, []
    for entry in sorted(entries, key=_carry_order):
        cut = min(short, max(ZERO, -entry.amount))
        short -= cut
        if cut:
            carried.append(replace(entry, amount=-cut))
        if entry.amount + cut:
            kept.append(replace(entry, amount=entry.amount + cut))
    return kept, carried


def _carry_order(entry: Entry) -> tuple[int, int, str, str]:
    place = _CARRIED_FIRST.get(entry.type, 3)
    return place, -entry.period_earned.toordinal(), entry.component, entry.type


def _order(entry: Entry) -> tuple[str, date, str, str]:
    return entry.employee, entry.period_earned, entry.component, entry.type
