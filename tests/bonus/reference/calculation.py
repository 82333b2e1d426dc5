"""The whole calculation of one payout month, step by step, in the order of bonus.md."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.bonus.reference import months
from tests.bonus.reference.components import Plans, Step, version_of
from tests.bonus.reference.days import Blocked, Span, plan_rate, span_of
from tests.bonus.reference.events import due_ratio, is_released, lost_share
from tests.bonus.reference.inputs import Inputs, Row, in_force
from tests.bonus.reference.limits import (
    NOTHING,
    Working,
    component_steps,
    plan_steps,
    pooled,
    total_of,
)
from tests.bonus.reference.money import ZERO, half_away, kopecks, spread
from tests.bonus.reference.results import Block, Draw, EventPay, Line, Result

# ---------------------------------------------------------------------------------------- rounding


def rounded(lines: list[Working], total: Decimal | None) -> list[Decimal]:
    """Each line half away from zero; to a total set for all by largest remainder."""
    known = {n: line.amount for n, line in enumerate(lines) if line.is_known}
    if total is None:
        paid = {n: kopecks(amount) for n, amount in known.items()}
    else:
        paid = spread(total, known, lambda n: lines[n].earning.code)
    return [paid.get(n, ZERO) for n in range(len(lines))]


def all_rounded(
    groups: list[tuple[list[Working], bool]], pool_total: Decimal | None
) -> list[tuple[Working, Decimal]]:
    """The lines of a person, plan by plan, in kopecks."""
    lines = [line for group, _ in groups for line in group]
    if pool_total is not None:
        total = total_of(line for line in lines if line.is_known)
        for line in lines:
            if line.is_known:
                line.now("pool", line.amount * Fraction(pool_total) / total)
        return list(zip(lines, rounded(lines, pool_total), strict=True))
    paid = []
    for group, is_set in groups:
        whole = kopecks(total_of(line for line in group if line.is_known)) if is_set else None
        paid += list(zip(group, rounded(group, whole), strict=True))
    return paid


# ------------------------------------------------------------- events, clawback, holdback and due


def event_pays(inputs: Inputs, line: Working, amount: Decimal, period: date) -> list[EventPay]:
    """The amount over its events, less what is lost line by line, as far as it is due."""
    component = line.earning.component
    weights = {event: event.amount for event in line.earning.events if event.amount}
    if not sum(weights.values(), NOTHING):
        return []
    is_line_only = component["clawback_mode"] == "line_only"
    policy = inputs.policy_of(period)
    earn_on = component["earn_on"] or "signed"
    pays = []
    for event, part in spread(amount, weights, lambda event: event.key).items():
        lost = lost_share(inputs, event, policy) if is_line_only else NOTHING
        clawed = kopecks(Fraction(part) * lost)
        left = part - clawed
        due = kopecks(Fraction(left) * due_ratio(inputs, event, earn_on))
        if component["holdback_share"] and not is_released(
            inputs, event, component["holdback_days"] or 0
        ):
            due -= kopecks(Fraction(due) * Fraction(component["holdback_share"]))
        pays.append(EventPay(event, part, clawed, due))
    return pays


def needs_events(component: Row) -> bool:
    """Whether the component is settled event by event."""
    return bool(
        (component["earn_on"] or "signed") != "signed"
        or component["holdback_share"]
        or component["clawback_mode"] == "line_only"
    )


def unsplit_due(inputs: Inputs, line: Working, amount: Decimal) -> Decimal:
    """What is due of an amount without events: all but a share held back for N days."""
    component = line.earning.component
    share = Fraction(component["holdback_share"] or 0)
    end = months.last_day(line.earning.span.months[-1])
    if not share or (inputs.as_of - end).days >= (component["holdback_days"] or 0):
        return amount
    return amount - kopecks(Fraction(amount) * share)


def finished(inputs: Inputs, line: Working, amount: Decimal, period: date) -> Line:
    """Rounded, clawed back, held back: earned = held + due."""
    component = line.earning.component
    pays = event_pays(inputs, line, amount, period) if needs_events(component) else []
    clawed = sum((pay.clawed for pay in pays), ZERO)
    earned = amount - clawed
    due = sum((pay.due for pay in pays), ZERO) if pays else unsplit_due(inputs, line, amount)
    if line.held_by is not None:
        due = ZERO
    status = "blocked" if line.is_blocked else "held" if line.held_by else "due"
    steps = [*line.earning.steps, *line.steps, Step("rounded", amount), Step("earned", earned)]
    return Line(
        line.employee_key, period, period, line.plan["plan_code"],
        line.plan["version"], line.earning.code, inputs.currency,
        (*steps, Step("holdback", due - earned), Step("due", due)),
        earned, earned - due, due, status, line.held_by, ZERO, tuple(pays), line.earning.slices,
        not line.is_unsure,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------ people


def is_employed(employee: Row, period: date) -> bool:
    """Whether the person works on any day of the month."""
    return (employee["hired_on"] is None or employee["hired_on"] <= months.last_day(period)) and (
        employee["left_on"] is None or employee["left_on"] >= period
    )


def plan_codes(inputs: Inputs, employee_key: str) -> list[str]:
    """Plans the person ever had."""
    return sorted({row["plan_code"] for row in inputs.assignments.get(employee_key, [])})


def share_faults(inputs: Inputs, period: date) -> dict[str, str]:
    """Owners of accounts whose shares do not sum to 1 on a day of the month, with the account."""
    by_span: dict[tuple[str, date], list[Row]] = {}
    next_month = months.plus(period, 1)
    for row in inputs.fct_credit_share:
        ends = row["valid_to"]
        if row["credit_role"] == "owner" and row["valid_from"] < next_month and ends > period:
            by_span.setdefault((row["account_key"], row["valid_from"]), []).append(row)
    faults: dict[str, str] = {}
    for (account_key, _), rows in sorted(by_span.items()):
        owners = [row["employee_key"] for row in rows]
        if "UNASSIGNED" in owners and len(owners) > 1:
            faults |= dict.fromkeys(owners, account_key)
    return faults


def blocks_of(inputs: Inputs, plans: Plans, employee: Row, period: date) -> list[Block]:
    """What is missing for the person's bonus of the month."""
    key, name = employee["employee_key"], employee["employee_id"]
    blocks, has_plan = [], False
    for code in plan_codes(inputs, key):
        version = version_of(inputs, code, period)
        held = [row for row in inputs.assignments[key] if row["plan_code"] == code]
        is_assigned = any(in_force(row, day) for row in held for day in months.days((period,)))
        has_plan = has_plan or (is_assigned and version is not None)
        if version is not None:
            blocks += missing(plans, key, name, version, period)
    try:
        adjustments(inputs, key, period)
    except Blocked as fault:
        blocks.append(Block(key, name, fault.reason, fault.detail))
    if employee["is_kam"] and is_employed(employee, period) and not has_plan:
        blocks.append(Block(key, name, "missing_plan", str(period)))
    return blocks


def missing(plans: Plans, key: str, name: str, version: Row, period: date) -> list[Block]:
    """What the components due cannot do without."""
    try:
        plans.earnings(key, version, period)
    except Blocked as fault:
        return [Block(key, name, fault.reason, fault.detail)]
    return []


def person_groups(
    inputs: Inputs, plans: Plans, employee_key: str, period: date
) -> list[tuple[list[Working], bool]]:
    """Lines of a person by plan, up to the plan floor."""
    groups = []
    for code in plan_codes(inputs, employee_key):
        version = version_of(inputs, code, period)
        if version is None:
            continue
        lines = [
            Working(employee_key, version, one, one.amount or NOTHING)
            for one in plans.earnings(employee_key, version, period).values()
        ]
        for line in lines:
            component_steps(inputs, line, period)
        if lines:
            groups.append((lines, plan_steps(inputs, lines, period)))
    return groups


def blocked_lines(
    inputs: Inputs, plans: Plans, employee_key: str, period: date, reason: str
) -> list[Line]:
    """The lines that a blocked person would have had, with nothing in them."""
    found = []
    for code in plan_codes(inputs, employee_key):
        version = version_of(inputs, code, period)
        if version is None:
            continue
        for component in plans.components_due(employee_key, version, period):
            line = Line(
                employee_key, period, period, code, version["version"],
                component["component_code"], inputs.currency, (), ZERO, ZERO, ZERO, "blocked",
                reason, is_settled=False,
            )  # fmt: skip
            found.append(line)
    return found


def adjustments(inputs: Inputs, employee_key: str, period: date) -> list[Line]:
    """Approved manual adjustments of the month, beside all plans."""
    approved = [
        row
        for row in inputs.personal("manual_adjustment", employee_key)
        if row["period"] == period and row["approved_by"] is not None
    ]
    if not approved:
        return []
    amount = kopecks(
        sum(
            (Fraction(r["amount"]) * plan_rate(inputs, r["currency"], period) for r in approved),
            NOTHING,
        )
    )
    line = Line(
        employee_key, period, period, "", 0, "manual_adjustment", inputs.currency,
        (Step("rounded", amount),), amount, ZERO, amount, "due",
    )  # fmt: skip
    return [line]


def draws_of(inputs: Inputs, employee_key: str, period: date) -> list[Draw]:
    """Draws in force in the month × the share of its days on any plan less absences."""
    worked: set[date] = set()
    for code in plan_codes(inputs, employee_key):
        worked |= span_of(inputs, employee_key, code, period, (period,)).days
    found = []
    for row in inputs.personal("draw", employee_key):
        days = frozenset(day for day in worked if in_force(row, day))
        in_month = any(in_force(row, day) for day in months.days((period,)))
        if in_month:
            amount = half_away(Span((period,), days).amount(row["amount"]), 2)
            found.append(Draw(employee_key, period, row["kind"], amount))
    return sorted(found, key=lambda draw: draw.kind)


def calculate(inputs: Inputs, period: date) -> Result:
    """Everything due for a payout month, as known on the inputs' as_of_date.

    What clawback takes is the difference from the same calculation without it.
    """
    found = calculated(inputs, period)
    spared = [{**row, "clawback_mode": "none"} for row in inputs.bonus_component]
    if spared == inputs.bonus_component or not has_losses(inputs):
        return found
    whole = calculated(replace(inputs, bonus_component=spared), period)
    lines = [
        replace(line, clawed=before.due - line.due) if is_clawed(inputs, line) else line
        for line, before in zip(found.lines, whole.lines, strict=True)
    ]
    return replace(found, lines=tuple(lines))


def has_losses(inputs: Inputs) -> bool:
    """Whether anything could be clawed back at all."""
    return bool(
        inputs.write_off
        or any(row["is_terminated_early"] for row in inputs.fct_contract_term)
        or any(row["bonus_clawback_overdue_days"] is not None for row in inputs.policy)
    )


def is_clawed(inputs: Inputs, line: Line) -> bool:
    """Whether the component gives back what is lost."""
    key = (line.plan_code, line.plan_version, line.component_code)
    return any(
        (row["plan_code"], row["version"], row["component_code"]) == key
        and row["clawback_mode"] not in (None, "none")
        for row in inputs.bonus_component
    )


def calculated(inputs: Inputs, period: date) -> Result:
    """The calculation itself."""
    plans, faults = Plans(inputs), share_faults(inputs, period)
    blocks: list[Block] = []
    lines: list[Line] = []
    people: dict[str, list[tuple[list[Working], bool]]] = {}
    for key, employee in sorted(inputs.employees.items()):
        found = blocks_of(inputs, plans, employee, period)
        if key in faults:
            found.append(Block(key, employee["employee_id"], "shares_not_one", faults[key]))
        blocks += found
        if found:
            lines += blocked_lines(inputs, plans, key, period, found[0].reason)
        else:
            people[key] = person_groups(inputs, plans, key, period)
    totals = pooled(
        inputs, {key: [one for g, _ in groups for one in g] for key, groups in people.items()},
        period,
    )  # fmt: skip
    for key, groups in people.items():
        for line, amount in all_rounded(groups, totals.get(key)):
            lines.append(finished(inputs, line, amount, period))
        lines += adjustments(inputs, key, period)
    draws = [draw for key in people for draw in draws_of(inputs, key, period)]
    return Result(period, tuple(lines), tuple(blocks), tuple(draws))


def converted(amounts: Iterable[tuple[Decimal, str]], inputs: Inputs, period: date) -> Decimal:
    """Amounts of several currencies in the plan's; Blocked names the pair that has no rate."""
    return kopecks(
        sum(
            (Fraction(amount) * plan_rate(inputs, name, period) for amount, name in amounts),
            NOTHING,
        )
    )
