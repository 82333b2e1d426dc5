"""Rows of the demo company's HR and finance. Money is Decimal."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Salary:
    """Salary and target bonus per month; `valid_to` exclusive."""

    employee_id: str
    valid_from: date
    valid_to: date | None
    monthly_base: Decimal
    target_bonus: Decimal


@dataclass(frozen=True)
class Target:
    """A target of a month; without `approved_by` it is a proposal."""

    employee_id: str
    measure: str
    period: date
    amount: Decimal
    approved_by: str | None


@dataclass(frozen=True)
class Score:
    """How well a goal of a month was reached; without `approved_by` it is a proposal."""

    employee_id: str
    component: str
    period: date
    score: Decimal
    approved_by: str | None


@dataclass(frozen=True)
class Absence:
    """Days of absence, both included."""

    employee_id: str
    kind: str
    from_on: date
    to_on: date


@dataclass(frozen=True)
class Draw:
    """A draw per month; `valid_to` exclusive."""

    employee_id: str
    kind: str
    amount: Decimal
    valid_from: date
    valid_to: date | None
