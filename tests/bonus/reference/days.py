"""Which days count, and what amounts per month come to over them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.bonus.reference import months
from tests.bonus.reference.inputs import Inputs, Row, in_force


class Blocked(Exception):  # noqa: N818  a state, not a fault
    """Something without which nobody can say what a person earned."""

    def __init__(self, reason: str, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Span:
    """Months that an amount is measured over, and the days of them that count."""

    months: tuple[date, ...]
    days: frozenset[date]

    @property
    def share(self) -> Fraction:
        """Days that count ÷ calendar days."""
        return Fraction(len(self.days), sum(months.days_in(month) for month in self.months))

    def amount(self, per_month: Decimal | Fraction) -> Fraction:
        """An amount per month over the span."""
        return Fraction(per_month) * len(self.months) * self.share


def assigned_days(
    inputs: Inputs, employee_key: str, plan_code: str, span: Iterable[date]
) -> set[date]:
    """Days of the months on which the person has the plan."""
    held = [r for r in inputs.assignments.get(employee_key, []) if r["plan_code"] == plan_code]
    return {day for day in months.days(tuple(span)) if any(in_force(row, day) for row in held)}


def absent_days(inputs: Inputs, employee_key: str, kinds: Iterable[str]) -> set[date]:
    """Days of absences that reduce pay, each once; `to` is inclusive."""
    return {
        row["from_on"] + timedelta(days=n)
        for row in inputs.personal("absence", employee_key)
        if row["kind"] in kinds
        for n in range((row["to_on"] - row["from_on"]).days + 1)
    }


def span_of(
    inputs: Inputs, employee_key: str, plan_code: str, period: date, span: tuple[date, ...]
) -> Span:
    """The months with the days assigned less absences, by the policy of the period."""
    kinds = inputs.policy_of(period)["bonus_unpaid_absences"] or ()
    assigned = assigned_days(inputs, employee_key, plan_code, span)
    return Span(span, frozenset(assigned - absent_days(inputs, employee_key, kinds)))


def plan_rate(inputs: Inputs, currency: str, period: date) -> Fraction:
    """Plan units per unit of a currency; Blocked names pair and date without one."""
    if currency == inputs.currency:
        return Fraction(1)
    rate = inputs.rates.get((period, currency), {}).get("rate")
    if rate is None:
        raise Blocked("missing_rate", f"{currency}/{inputs.currency} {period}")
    return Fraction(rate)


def monthly_base(row: Row, plan: Row, component: Row) -> Fraction | None:
    """The target bonus per month, or the share of the salary that stands for it."""
    if plan["base"] == "salary_share":
        return Fraction(row["monthly_base"]) * Fraction(component["salary_share"])
    return None if row["target_bonus"] is None else Fraction(row["target_bonus"])


def base_amount(
    inputs: Inputs, employee_key: str, plan: Row, component: Row, period: date, span: Span
) -> Fraction:
    """The target bonus over the days that count, each day at the salary row in force on it."""
    salaries = inputs.personal("salary_base", employee_key)
    total = Fraction(0)
    for day in sorted(span.days):
        held = [row for row in salaries if in_force(row, day)]
        row = max(held, key=lambda row: row["valid_from"], default=None)
        base = None if row is None else monthly_base(row, plan, component)
        if row is None or base is None:
            raise Blocked("missing_base", f"{component['component_code']} {day}")
        total += base * plan_rate(inputs, row["currency"], period)
    calendar_days = sum(months.days_in(month) for month in span.months)
    return total * len(span.months) / calendar_days


def target_amount(
    inputs: Inputs, employee_key: str, component: Row, window: tuple[date, ...], span: Span
) -> Fraction | None:
    """The target of the measure over its window, prorated unless it is a ratio; None without one.

    A ratio's target is that of the window's last month; others add up over the window.
    """
    is_ratio = component["measure"] in inputs.kpis and (
        inputs.kpis[component["measure"]]["unit"] == "ratio"
    )
    if component["target_source"] is None:
        return None
    if component["target_source"] == "value":
        whole = Fraction(component["target_value"])
    else:
        wanted = window[-1:] if is_ratio else window
        approved = {
            row["period"]: Fraction(row["amount"])
            for row in inputs.personal("target", employee_key)
            if row["measure"] == component["measure"] and row["approved_by"] is not None
        }
        absent = [month for month in wanted if month not in approved]
        if absent:
            raise Blocked("missing_target", f"{component['measure']} {absent[0]}")
        whole = sum((approved[month] for month in wanted), Fraction(0))
    return whole if is_ratio else whole * span.share
