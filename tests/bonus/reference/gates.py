"""Conditions on KPIs that change, cap, block or hold what was earned."""

import operator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.bonus.reference import months
from tests.bonus.reference.inputs import Inputs, Row

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@dataclass(frozen=True)
class Verdict:
    """Whether a gate's condition is met, or why nobody can say."""

    is_met: bool
    unknown: str | None = None


def verdict(inputs: Inputs, employee_key: str, gate: Row, period: date) -> Verdict:
    """The condition at a month end; nothing to divide by does not meet it."""
    row = inputs.kam_kpis.get((employee_key, gate["kpi_code"], "month", period))
    reason = "no_data" if row is None else row["reason"]
    if reason == "zero_denominator":
        return Verdict(False)
    if row is None or reason is not None:
        return Verdict(False, reason)
    is_ratio = inputs.kpis[gate["kpi_code"]]["unit"] == "ratio" and row["denominator"]
    value = (
        Fraction(row["numerator"]) / Fraction(row["denominator"])
        if is_ratio
        else Fraction(row["value"])
    )
    return Verdict(bool(OPERATORS[gate["operator"]](value, Fraction(gate["threshold"]))))


def is_released(inputs: Inputs, employee_key: str, gate: Row, period: date) -> bool:
    """Whether the KPI passes at a later month end that is over."""
    later = months.plus(period, 1)
    while months.last_day(later) <= inputs.as_of:
        found = verdict(inputs, employee_key, gate, later)
        if not found.is_met and found.unknown is None:
            return True
        later = months.plus(later, 1)
    return False


@dataclass(frozen=True)
class Effects:
    """What the gates of a component, or of the total, do together."""

    factor: Fraction = Fraction(1)
    cap_per_month: Fraction | None = None
    is_blocked: bool = False
    held_by: str | None = None
    is_unsure: bool = False


def effects(inputs: Inputs, employee_key: str, gates: list[Row], period: date) -> Effects:
    """Factors multiply, the lowest cap holds, one block is enough."""
    factor, cap, is_blocked, held_by = Fraction(1), None, False, None
    is_unsure = False
    for gate in sorted(gates, key=lambda gate: gate["gate_code"]):
        found = verdict(inputs, employee_key, gate, period)
        if found.unknown is not None:
            held_by, is_unsure = held_by or f"{gate['kpi_code']}: {found.unknown}", True
        if not found.is_met:
            continue
        if gate["effect"] == "multiply":
            factor *= Fraction(gate["factor"])
        elif gate["effect"] == "cap":
            amount = Fraction(gate["factor"])
            cap = amount if cap is None else min(cap, amount)
        elif gate["effect"] == "block":
            is_blocked = True
        elif not is_released(inputs, employee_key, gate, period):
            held_by = held_by or str(gate["gate_code"])
    return Effects(factor, cap, is_blocked, held_by, is_unsure)
