"""Gates, caps, floors and pool, step by step, in the order of bonus.md."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.bonus.reference.components import Earning, Step, step
from tests.bonus.reference.days import Span, span_of
from tests.bonus.reference.gates import Effects, effects
from tests.bonus.reference.inputs import Inputs, Row
from tests.bonus.reference.money import kopecks, spread, written

NOTHING = Fraction(0)


@dataclass
class Working:
    """A line on its way through gates, caps, floors and pool."""

    employee_key: str
    plan: Row
    earning: Earning
    amount: Fraction
    steps: list[Step] = field(default_factory=list)
    is_blocked: bool = False
    held_by: str | None = None
    is_unsure: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the line has an amount at all."""
        return self.earning.amount is not None

    def now(self, name: str, amount: Fraction) -> None:
        """Takes a step."""
        self.amount = Fraction(written(amount))
        self.steps.append(step(name, self.amount))


# ------------------------------------------------------------------------ one component of a plan


def component_steps(inputs: Inputs, line: Working, period: date) -> None:
    """Component gates, then cap, then floor; a floor never lifts a blocked amount."""
    component, span = line.earning.component, line.earning.span
    gates = [gate for gate in gates_of(inputs, line.plan) if gate["component_code"] is not None]
    mine = [gate for gate in gates if gate["component_code"] == line.earning.code]
    found = effects(inputs, line.employee_key, mine, period)
    line.is_blocked, line.held_by = found.is_blocked, line.earning.held_by or found.held_by
    line.is_unsure = line.earning.held_by is not None or found.is_unsure
    if not line.is_known:
        return
    line.now("gate", gated(line.amount, found, span))
    if component["cap"] is not None:
        line.now("cap", min(line.amount, span.amount(component["cap"])))
    if component["floor"] is not None and not line.is_blocked:
        line.now("floor", max(line.amount, span.amount(component["floor"])))


def gates_of(inputs: Inputs, plan: Row) -> list[Row]:
    """Gates of a plan version."""
    key = (plan["plan_code"], plan["version"])
    return [gate for gate in inputs.bonus_gate if (gate["plan_code"], gate["version"]) == key]


def gated(amount: Fraction, found: Effects, span: Span) -> Fraction:
    """The amount after multiplying, capping and blocking."""
    if found.is_blocked:
        return NOTHING
    amount *= found.factor
    if found.cap_per_month is not None:
        amount = min(amount, span.amount(found.cap_per_month))
    return amount


# ---------------------------------------------------------------------------------- the whole plan


def plan_steps(inputs: Inputs, lines: list[Working], period: date) -> bool:
    """Total gates, then plan cap, then floor; whether the total was set by one of them."""
    plan, employee_key = lines[0].plan, lines[0].employee_key
    month = span_of(inputs, employee_key, plan["plan_code"], period, (period,))
    gates = [gate for gate in gates_of(inputs, plan) if gate["component_code"] is None]
    found = effects(inputs, employee_key, gates, period)
    for line in lines:
        line.held_by = line.held_by or found.held_by
        line.is_blocked = line.is_blocked or found.is_blocked
        line.is_unsure = line.is_unsure or found.is_unsure
    known = [line for line in lines if line.is_known]
    if not known:
        return False
    for line in known:
        line.now("plan_gate", NOTHING if found.is_blocked else line.amount * found.factor)
    is_set = False
    if found.cap_per_month is not None:
        is_set |= at_most(known, month.amount(found.cap_per_month), "plan_gate")
    if plan["cap"] is not None:
        is_set |= at_most(known, month.amount(plan["cap"]), "plan_cap")
    if plan["floor"] is not None and not found.is_blocked:
        is_set |= at_least(known, month.amount(plan["floor"]))
    return is_set


def total_of(lines: Iterable[Working]) -> Fraction:
    """Σ of the lines."""
    return sum((line.amount for line in lines), NOTHING)


def at_most(lines: list[Working], cap: Fraction, name: str) -> bool:
    """Scales the lines down to a total."""
    total = total_of(lines)
    for line in lines:
        line.now(name, line.amount * cap / total if total > cap else line.amount)
    return total > cap


def at_least(lines: list[Working], floor: Fraction) -> bool:
    """Scales the lines up to a total; equal parts of what is missing where none can be scaled."""
    total, open_lines = total_of(lines), [line for line in lines if not line.is_blocked]
    is_set = total < floor and bool(open_lines)
    for line in lines:
        amount = line.amount
        if is_set and total > 0:
            amount = amount * floor / total
        elif is_set and not line.is_blocked:
            amount += (floor - total) / len(open_lines)
        line.now("plan_floor", amount)
    return is_set


# ---------------------------------------------------------------------------- the pool of the team


def pooled(inputs: Inputs, people: dict[str, list[Working]], period: date) -> dict[str, Decimal]:
    """Totals of those whose team's pool is smaller than what they earned, in kopecks."""
    totals: dict[str, Decimal] = {}
    for budget in inputs.bonus_budget:
        if budget["period"] != period:
            continue
        earned = {
            key: total_of(line for line in lines if line.is_known)
            for key, lines in people.items()
            if inputs.employees[key]["team"] == budget["team"]
        }
        positive = {key: total for key, total in earned.items() if total > 0}
        pool = kopecks(budget["amount"])
        if sum(positive.values(), NOTHING) > pool:
            totals |= spread(pool, positive, lambda key: inputs.employees[key]["employee_id"])
    return totals
