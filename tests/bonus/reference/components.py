"""measure → attainment → tier → × weight or rate: what one component of a plan earns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.bonus.reference import months, tiers
from tests.bonus.reference.days import Blocked, Span, base_amount, span_of, target_amount
from tests.bonus.reference.events import Event
from tests.bonus.reference.inputs import Inputs, Row, in_force
from tests.bonus.reference.measures import (
    BY_ON_NULL,
    Measure,
    measure,
    measured_on,
    window_of,
)
from tests.bonus.reference.money import written

NOTHING, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Step:
    """The value after one step of the calculation."""

    step: str
    amount: Decimal | None
    note: str | None = None


@dataclass(frozen=True)
class Earning:
    """What a component earns before gates; no amount: redistributed, or held as unknown."""

    component: Row
    span: Span
    amount: Fraction | None
    steps: tuple[Step, ...] = ()
    slices: tuple[tiers.Slice, ...] = ()
    events: tuple[Event, ...] = ()
    lost: tuple[tuple[Event, Fraction], ...] = ()
    held_by: str | None = None
    is_redistributed: bool = False
    is_zeroed: bool = False
    cumulated: Fraction = NOTHING

    @property
    def code(self) -> str:
        """component_code."""
        return str(self.component["component_code"])


def step(name: str, amount: Fraction | None, note: str | None = None) -> Step:
    """A step as the trace has it."""
    return Step(name, None if amount is None else written(amount), note)


def is_weighted(component: Row) -> bool:
    """Paid as a part of the target bonus."""
    return component["kind"] in ("weighted", "mbo")


def score_measure(inputs: Inputs, employee_key: str, component: Row, period: date) -> Measure:
    """The approved score of the payout month."""
    for row in inputs.personal("score", employee_key):
        is_of = (row["component"], row["period"]) == (component["component_code"], period)
        if is_of and row["approved_by"] is not None:
            return Measure(Fraction(row["score"]), None, (), ())
    return Measure(None, "no_data", (), ())


def span_measured(component: Row, period: date) -> tuple[date, ...]:
    """The interval's months; for cumulative ones those of the year so far."""
    if component["accumulation"] != "cumulative_true_up":
        return months.interval(component["interval"], period)
    first = measured_on(component, period).replace(month=1)
    return months.run(months.plus(first, component["measure_lag_months"] or 0), period)


def reads_target(component: Row, steps: Sequence[Row]) -> bool:
    """Whether the component compares its measure with a target."""
    if component["kind"] == "mbo":
        return False
    if not steps:
        return bool(component["kind"] == "weighted")
    return bool(component["direction"] == "higher" and steps[0]["basis"] == "attainment")


# -------------------------------------------------------------------------------------- the tiers


@dataclass(frozen=True)
class Reading:
    """What the tiers are read at: the measure, its target, and the number of events."""

    value: Fraction
    target: Fraction | None
    count: Fraction

    @property
    def attainment(self) -> Fraction:
        """Measure ÷ target."""
        if not self.target:
            raise ZeroDivisionError
        return self.value / self.target


def reached(component: Row, steps: Sequence[Row], at: Reading) -> Fraction:
    """The position on the tiers; a lower-is-better component reads the measure itself."""
    if component["direction"] == "lower":
        return at.value
    basis = steps[0]["basis"] if component["kind"] != "mbo" else "amount"
    return {
        "amount": lambda: at.value, "attainment": lambda: at.attainment, "count": lambda: at.count
    }[basis]()  # fmt: skip


def payout(component: Row, steps: Sequence[Row], at: Reading) -> Fraction:
    """Payout share of a weighted component: without tiers its attainment."""
    if not steps:
        if component["kind"] == "mbo":
            return at.value
        if component["direction"] == "lower":
            return ONE if at.target is not None and at.value <= at.target else NOTHING
        return at.attainment
    x = reached(component, steps, at)
    if steps[0]["value_is"] == "payout_pct":
        return tiers.level(steps, x)
    return tiers.earned(steps, x)


def paid_for(component: Row, steps: Sequence[Row], quantity: Fraction, at: Reading) -> Fraction:
    """What a rate pays for an amount, or a fixed amount for a number of events."""
    unit = Fraction(component["rate"] or 0)
    if component["kind"] == "fixed":
        per_month = Fraction(component["amount"] or 0)
        unit = per_month * months.INTERVAL_MONTHS[component["interval"]]
    if not steps:
        return quantity * unit
    x, value_is = reached(component, steps, at), steps[0]["value_is"]
    if value_is == "amount" and (component["kind"] == "rate" or steps[0]["mode"] != "flat"):
        return tiers.level(steps, x)
    if value_is == "amount":
        return quantity * tiers.level(steps, x)
    if value_is == "rate":
        return quantity * tiers.blended(steps, x)
    return quantity * unit * tiers.blended(steps, x)


# ------------------------------------------------------------------------------------- components


def count_of(inputs: Inputs, component: Row, read: Measure, value: Fraction) -> Fraction:
    """Number of events: the value of a measure that counts, else the records."""
    if inputs.kpis.get(component["measure"], {}).get("unit") == "count":
        return value
    return Fraction(len(read.events))


def on_null(component: Row, reason: str | None) -> str:
    """What becomes of a line without a measure."""
    if reason in BY_ON_NULL and component["kind"] != "mbo":
        return str(component["on_null"])
    return "hold"


@dataclass(frozen=True)
class Person:
    """Whose component of which plan version is calculated for which payout month."""

    inputs: Inputs
    employee_key: str
    plan: Row
    period: date


def earning(person: Person, component: Row) -> Earning:
    """The component at its own weight; cumulative ones as the total of the year so far."""
    inputs, key, period = person.inputs, person.employee_key, person.period
    plan_code = person.plan["plan_code"]
    span = span_of(inputs, key, plan_code, period, months.interval(component["interval"], period))
    measured = span_of(inputs, key, plan_code, period, span_measured(component, period))
    if component["kind"] == "mbo":
        read = score_measure(inputs, key, component, period)
    else:
        read = measure(inputs, key, component, period)
    blank = Earning(component, span, None, events=read.events, lost=read.lost)
    steps = inputs.tiers.get((plan_code, person.plan["version"], component["component_code"]), [])
    if is_weighted(component) and not measured.days:
        return replace(blank, amount=NOTHING, steps=(step("base", NOTHING),))
    rule = None if read.value is not None else on_null(component, read.reason)
    target = None
    if reads_target(component, steps) or rule == "target":
        window = months.window(window_of(component), measured_on(component, period))
        target = target_amount(inputs, key, component, window, measured)
        if read.value is not None and target == 0:
            read, rule = Measure(None, "zero_denominator", read.events, read.lost), None
            rule = on_null(component, "zero_denominator")
    shown = (step("measure", read.value, read.reason), step("target", target))
    if rule == "hold":
        return replace(blank, steps=shown, held_by=read.reason)
    if rule == "redistribute" and is_weighted(component):
        return replace(blank, steps=shown, is_redistributed=True)
    if rule in ("zero", "redistribute"):
        return replace(blank, amount=NOTHING, steps=shown, is_zeroed=True)
    value = read.value if rule is None else target
    held_by = read.reason if read.is_provisional else None
    if value is None or (rule == "target" and target == 0):
        return replace(blank, steps=shown, held_by="missing_target")
    at = Reading(value, target, value if rule else count_of(inputs, component, read, value))
    whole, base_steps, parts = calculated(person, component, steps, at, read, measured)
    return replace(blank, amount=whole, steps=shown + base_steps, slices=parts, held_by=held_by)


def calculated(
    person: Person, component: Row, steps: Sequence[Row], at: Reading, read: Measure, span: Span
) -> tuple[Fraction, tuple[Step, ...], tuple[tiers.Slice, ...]]:
    """The amount, its steps, and the slices of the tiers."""
    is_by_event = component["accumulation"] == "per_event" and not is_weighted(component)
    parts: tuple[tiers.Slice, ...] = ()
    if steps and not is_by_event:
        parts = tuple(tiers.slices(steps, reached(component, steps, at)))
    trace = []
    if at.target and component["kind"] != "mbo":
        trace.append(step("attainment", at.attainment))
    if is_weighted(component):
        share = payout(component, steps, at)
        base = base_amount(
            person.inputs, person.employee_key, person.plan, component, person.period, span
        )
        amount = Fraction(component["weight"]) * base * share
        trace += [step("tier", share), step("base", base)]
    elif is_by_event:
        amount = sum((by_event(component, steps, event, at) for event in read.events), NOTHING)
    else:
        quantity = at.count if component["kind"] == "fixed" else at.value
        amount = paid_for(component, steps, quantity, at)
    if not is_weighted(component):
        trace.append(step("tier", amount))
        if component["prorate"]:
            amount *= span.share
    return amount, tuple(trace), parts


def by_event(component: Row, steps: Sequence[Row], event: Event, at: Reading) -> Fraction:
    """One event on its own, from the first tier up."""
    is_fixed = component["kind"] == "fixed"
    one = Reading(event.amount, at.target, event.amount if is_fixed else ONE)
    return paid_for(component, steps, event.amount, one)


# ------------------------------------------------------------------------------------------ plans


def version_of(inputs: Inputs, plan_code: str, period: date) -> Row | None:
    """The plan version in force on the last day of the month; drafts never are."""
    return next(
        (
            row
            for row in inputs.bonus_plan
            if row["plan_code"] == plan_code
            and row["status"] != "draft"
            and in_force(row, months.last_day(period))
        ),
        None,
    )


class Plans:
    """What the components of a plan earn for people and months, each computed once."""

    def __init__(self, inputs: Inputs):
        self.inputs = inputs
        self._known: dict[tuple[str, str, date], dict[str, Earning]] = {}
        self._components: dict[tuple[str, int], list[Row]] = {}
        for row in inputs.bonus_component:
            self._components.setdefault((row["plan_code"], row["version"]), []).append(row)

    def components_due(self, employee_key: str, plan: Row, period: date) -> list[Row]:
        """Components whose interval ends with the month and touches the assignment."""
        found = []
        for row in self._components.get((plan["plan_code"], plan["version"]), []):
            if not months.is_paid_in(row["interval"], period):
                continue
            interval = months.interval(row["interval"], period)
            held = [
                r for r in self.inputs.assignments.get(employee_key, [])
                if r["plan_code"] == plan["plan_code"]
            ]  # fmt: skip
            if any(in_force(r, day) for r in held for day in months.days(interval)):
                found.append(row)
        return sorted(found, key=lambda row: row["component_code"])

    def earnings(self, employee_key: str, plan: Row, period: date) -> dict[str, Earning]:
        """Components due in the month by code; raises Blocked for what is missing."""
        key = (employee_key, plan["plan_code"], period)
        if key not in self._known:
            person = Person(self.inputs, employee_key, plan, period)
            found = {
                row["component_code"]: earning(person, row)
                for row in self.components_due(employee_key, plan, period)
            }
            shared = redistributed(found)
            self._known[key] = {code: self.trued_up(person, one) for code, one in shared.items()}
        return self._known[key]

    def trued_up(self, person: Person, one: Earning) -> Earning:
        """A cumulative component less what the year has earned before."""
        if one.component["accumulation"] == "cumulative_true_up":
            before = self.cumulated(person, one.component, person.period)
            if one.amount is None or one.is_zeroed:
                return replace(one, cumulated=before)
            one = replace(one, amount=one.amount - before, cumulated=one.amount)
        if one.amount is None:
            return one
        amount = Fraction(written(one.amount))
        return replace(one, amount=amount, steps=(*one.steps, step("earned", amount)))

    def cumulated(self, person: Person, component: Row, period: date) -> Fraction:
        """Σ of what earlier intervals of the measured year earned, each under its own rules."""
        before = months.plus(period, -1)  # another version may have had another interval
        if measured_on(component, before).year != measured_on(component, period).year:
            return NOTHING
        plan = version_of(self.inputs, person.plan["plan_code"], before)
        found = None
        if plan is not None:
            try:
                found = self.earnings(person.employee_key, plan, before).get(
                    component["component_code"]
                )
            except Blocked:
                found = None
        if found is None or found.component["accumulation"] != "cumulative_true_up":
            return self.cumulated(person, component, before)
        return found.cumulated


def redistributed(found: dict[str, Earning]) -> dict[str, Earning]:
    """Weights of lines to redistribute go to the others of the same interval, pro rata."""
    shared = dict(found)
    for interval in months.INTERVAL_MONTHS:
        group = {
            code: one for code, one in found.items()
            if is_weighted(one.component) and one.component["interval"] == interval
        }  # fmt: skip
        gone = [code for code, one in group.items() if one.is_redistributed]
        weight = {code: Fraction(one.component["weight"]) for code, one in group.items()}
        left = sum((weight[code] for code in group if code not in gone), NOTHING)
        whole = sum(weight.values(), NOTHING)
        for code, one in group.items():
            if code in gone and not left:
                shared[code] = replace(one, held_by=one.steps[0].note)
            elif code in gone:
                shared[code] = replace(one, amount=NOTHING, is_zeroed=True)
            elif gone and one.amount is not None and left:
                raised = step("weight", weight[code] * whole / left)
                shared[code] = replace(
                    one, amount=one.amount * whole / left, steps=(*one.steps, raised)
                )
    return shared
