"""delta = due − Σ posted: what is posted for a month, given what was posted before."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.bonus.reference import months
from tests.bonus.reference.money import ZERO
from tests.bonus.reference.results import Draw, Line

DRAW = "draw"
ADVANCE_TYPES = ("draw_advance", "draw_recovery")
Key = tuple[str, date, str]


@dataclass(frozen=True)
class Due:
    """What is due in all for a person, period_earned and component; `clawed` is out of it.

    `period` is the month of payout. `cause` says what changed since it was last posted: facts
    (within the restate window) or cash (received, reversed or released: whatever its age).
    `clawed_events` are those of line_only.
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
class Posted:
    """An entry of the ledger."""

    employee: str
    period_earned: date
    period_posted: date
    type: str
    component: str
    amount: Decimal
    evidence_key: str | None = None


@dataclass(frozen=True)
class DueSheet:
    """All that a settlement of one month reads beside the ledger."""

    period: date
    dues: tuple[Due, ...]
    draws: tuple[Draw, ...] = ()
    restate_months: int = 12
    restate_min_amount: Decimal = Decimal("1.00")
    first_period: date = date.min
    left: frozenset[str] = frozenset()
    blocked: frozenset[tuple[str, date]] = frozenset()


@dataclass(frozen=True)
class Settlement:
    """Entries to post; what is listed but never paid; what waits; and draw balances."""

    entries: tuple[Posted, ...]
    out_of_window: tuple[Posted, ...] = ()
    carried: tuple[Posted, ...] = ()
    small: tuple[Posted, ...] = ()
    balances: dict[str, Decimal] = field(default_factory=dict)
    leavers: dict[str, Decimal] = field(default_factory=dict)


def due_of(line: Line, cause: str = "facts") -> Due:
    """A line of a calculation as settlement reads it."""
    events = tuple((pay.event.record_id, pay.clawed) for pay in line.events if pay.clawed)
    return Due(
        line.employee_key, line.period, line.period_earned, line.component_code, line.due, cause,
        line.clawed, events, line.is_settled,
    )  # fmt: skip


def total(entries: Iterable[Posted]) -> Decimal:
    """Σ of amounts."""
    return sum((entry.amount for entry in entries), ZERO)


# ------------------------------------------------------------------------------------ the deltas


def most_to_take(due: Due, posted: list[Posted]) -> Decimal:
    """How much clawback may take in all: never below zero for recompute, nor more than was posted
    for the events of line_only.
    """
    if due.clawed_events:
        paid = [entry for entry in posted if entry.type != "clawback"]
        parts = (posted_for(event, amount, paid) for event, amount in due.clawed_events)
        return min(due.clawed, sum(parts, ZERO))
    return min(due.clawed, max(ZERO, due.amount + due.clawed))


def posted_for(event: str, amount: Decimal, posted: list[Posted]) -> Decimal:
    """What an event gives back: at most what was posted for it, where entries name it."""
    named = [entry for entry in posted if entry.evidence_key == event]
    return max(ZERO, min(amount, total(named))) if named else amount


@dataclass(frozen=True)
class Delta:
    """due − Σ posted of one key: what clawback takes or gives back of it, and the rest."""

    due: Due
    rest: Decimal
    clawback: Decimal
    earned: Decimal
    kind: str

    def entries(self, period: date) -> list[Posted]:
        """What to post of it."""
        parts = ((self.kind, self.rest), ("clawback", self.clawback))
        return [
            Posted(self.due.employee, self.due.period_earned, period, kind, self.due.component, a)
            for kind, a in parts
            if a
        ]


def delta_of(sheet: DueSheet, due: Due, posted: list[Posted]) -> Delta:
    """The delta of one key, classified; `earned` is what a draw sees: before clawback."""
    most = most_to_take(due, posted)
    amount = due.amount + due.clawed - most
    delta = amount - total(posted)
    taken = -total(entry for entry in posted if entry.type == "clawback")
    clawback = ZERO
    if posted and delta < 0:
        clawback = -max(ZERO, min(most - taken, -delta))
    elif delta > 0:
        clawback = max(ZERO, min(taken - most, delta))
    is_first = not posted and due.period == sheet.period
    kind = "earning" if is_first else late_type(due)
    return Delta(due, delta - clawback, clawback, amount + taken - clawback, kind)


def late_type(due: Due) -> str:
    """How a delta of a posted month is classified."""
    return "adjustment" if due.cause == "facts" else "release"


def is_too_old(sheet: DueSheet, entry: Posted) -> bool:
    """An adjustment of a month older than the restate window."""
    age = months.between(entry.period_earned, sheet.period)
    return entry.type == "adjustment" and age > sheet.restate_months


def is_too_small(sheet: DueSheet, entry: Posted) -> bool:
    """An adjustment that waits until it is worth posting."""
    return entry.type == "adjustment" and abs(entry.amount) < sheet.restate_min_amount


# -------------------------------------------------------------------------------------- the draws


Entries = list[tuple[str, Decimal]]


def draw_entries(draws: tuple[Draw, ...], own: Decimal, owed: Decimal) -> tuple[Entries, Decimal]:
    """Draw entries of one month with their types, and the balance owed after it."""
    entries: Entries = []
    is_recoverable = False
    for draw in draws:
        gap = max(ZERO, draw.amount - own)
        if draw.kind == "guarantee_nonrecoverable":
            entries.append(("draw_guarantee", gap))
            continue
        if draw.kind == "nonrecoverable":
            entries.append(("draw_payment", draw.amount))
            continue
        is_recoverable = True
        back = ZERO
        if draw.kind == "guarantee_recoverable":
            back = min(owed, max(ZERO, own - draw.amount))
        advance = gap if draw.kind == "guarantee_recoverable" else draw.amount
        entries += [("draw_advance", advance), ("draw_recovery", -back)]
        owed += advance - back
    if not is_recoverable and owed > 0:
        back = min(owed, max(ZERO, own))
        entries.append(("draw_recovery", -back))
        owed -= back
    return entries, owed


def balance_of(entries: Iterable[Posted]) -> Decimal:
    """What posted draws leave to recover."""
    return total(entry for entry in entries if entry.type in ADVANCE_TYPES)


def is_as_posted(sheet: DueSheet, employee: str, period: date) -> bool:
    """Draws of blocked months and of those beyond the restate window stay as they are."""
    return (employee, period) in sheet.blocked or (
        months.between(period, sheet.period) > sheet.restate_months
    )


def draw_parts(
    sheet: DueSheet, employee: str, earned: dict[date, Decimal], posted: list[Posted]
) -> tuple[list[Posted], Decimal]:
    """Deltas of the component `draw`: earned before clawback is what a draw tops up."""
    mine = [entry for entry in posted if entry.component == DRAW]
    draws = [draw for draw in sheet.draws if draw.employee_key == employee]
    known = {draw.period for draw in draws} | earned.keys()
    first = min(known, default=sheet.period)
    owed = balance_of(entry for entry in mine if entry.period_earned < first)
    found = []
    for period in sorted(period for period in known if period <= sheet.period):
        before = [entry for entry in mine if entry.period_earned == period]
        if is_as_posted(sheet, employee, period):
            owed += balance_of(before)
            continue
        drawn = tuple(draw for draw in draws if draw.period == period)
        entries, owed = draw_entries(drawn, earned.get(period, ZERO), owed)
        for kind in sorted({kind for kind, _ in entries} | {entry.type for entry in before}):
            now = sum((amount for name, amount in entries if name == kind), ZERO)
            delta = now - total(entry for entry in before if entry.type == kind)
            if delta:
                found.append(Posted(employee, period, sheet.period, kind, DRAW, delta))
    return found, owed


# ------------------------------------------------------------------------------- the month's pay


def not_below_zero(entries: list[Posted]) -> tuple[list[Posted], list[Posted]]:
    """Cuts what is taken so that the month's pay is not negative; the latest is carried first."""
    short = -total(entries)
    if short <= 0:
        return entries, []
    kept, carried = [], []
    for entry in sorted(entries, key=first_carried):
        cut = min(short, max(ZERO, -entry.amount))
        short -= cut
        if cut:
            carried.append(changed(entry, -cut))
        if entry.amount + cut:
            kept.append(changed(entry, entry.amount + cut))
    return kept, carried


def first_carried(entry: Posted) -> tuple[int, int, str, str]:
    """Clawbacks are carried first, then recoveries of draws, then corrections; latest first."""
    place = {"clawback": 0, "draw_recovery": 1, "adjustment": 2, "release": 2}
    latest = -entry.period_earned.toordinal()
    return (place.get(entry.type, 3), latest, entry.component, entry.type)


def changed(entry: Posted, amount: Decimal) -> Posted:
    """The entry with another amount."""
    return Posted(
        entry.employee, entry.period_earned, entry.period_posted, entry.type, entry.component,
        amount, entry.evidence_key,
    )  # fmt: skip


def settle(due: DueSheet, posted: Iterable[Posted]) -> Settlement:
    """What to post in due.period. The same call after posting its entries gives none."""
    ledger: dict[str, list[Posted]] = defaultdict(list)
    for entry in posted:
        ledger[entry.employee].append(entry)
    dues: dict[str, list[Due]] = defaultdict(list)
    for one in due.dues:
        if due.first_period <= one.period <= due.period:
            dues[one.employee].append(one)
    people = sorted(dues.keys() | {draw.employee_key for draw in due.draws})
    entries: list[Posted] = []
    old: list[Posted] = []
    small: list[Posted] = []
    carried: list[Posted] = []
    balances: dict[str, Decimal] = {}
    for employee in people:
        mine: list[Posted] = []
        earned: dict[date, Decimal] = defaultdict(lambda: ZERO)
        for one in dues[employee]:
            earned[one.period] += ZERO
            if not one.is_settled:
                continue
            key = (one.period_earned, one.component)
            before = [e for e in ledger[employee] if (e.period_earned, e.component) == key]
            delta = delta_of(due, one, before)
            if one.component != "manual_adjustment":
                earned[one.period] += delta.earned
            for part in delta.entries(due.period):
                if is_too_old(due, part):
                    old.append(part)
                elif is_too_small(due, part):
                    small.append(part)
                else:
                    mine.append(part)
        drawn, owed = draw_parts(due, employee, earned, ledger[employee])
        if owed:
            balances[employee] = owed
        kept, cut = not_below_zero([*mine, *drawn])
        entries += kept
        carried += cut
    leavers = {who: owed for who, owed in balances.items() if who in due.left}
    return Settlement(
        tuple(sorted(entries, key=order_of)), tuple(old), tuple(carried), tuple(small), balances,
        leavers,
    )  # fmt: skip


def order_of(entry: Posted) -> tuple[str, date, str, str]:
    """Entries by person, period_earned, component and type."""
    return (entry.employee, entry.period_earned, entry.component, entry.type)
