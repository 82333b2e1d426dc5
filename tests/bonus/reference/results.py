"""What the calculation of a payout month gives."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.bonus.reference.components import Step
from tests.bonus.reference.events import Event
from tests.bonus.reference.money import ZERO
from tests.bonus.reference.tiers import Slice


@dataclass(frozen=True)
class EventPay:
    """An event's part of the component: earned, lost by clawback, and due."""

    event: Event
    earned: Decimal
    clawed: Decimal
    due: Decimal


@dataclass(frozen=True)
class Line:
    """One component of one person for one payout month, which it is earned in whatever its lag.

    `clawed` is what clawback takes out of `due`. A line that is not settled is unknown, provisional
    or blocked with the person: nothing is paid and nothing taken back for it.
    """

    employee_key: str
    period: date
    period_earned: date
    plan_code: str
    plan_version: int
    component_code: str
    currency: str
    steps: tuple[Step, ...]
    earned: Decimal
    held: Decimal
    due: Decimal
    status: str
    reason: str | None = None
    clawed: Decimal = ZERO
    events: tuple[EventPay, ...] = ()
    slices: tuple[Slice, ...] = ()
    is_settled: bool = True

    def after(self, name: str) -> Decimal | None:
        """The value after a step, the last one of that name."""
        found = [one for one in self.steps if one.step == name]
        return found[-1].amount if found else None


@dataclass(frozen=True)
class Block:
    """Why nothing of a person can be paid for the month."""

    employee_key: str
    employee_id: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Draw:
    """A draw of a person for a month, prorated."""

    employee_key: str
    period: date
    kind: str
    amount: Decimal


@dataclass(frozen=True)
class Result:
    """What is due for the month under the facts and rules of the calculation."""

    period: date
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]
    draws: tuple[Draw, ...]

    def line(self, employee_key: str, component_code: str) -> Line:
        """The one line of a person and component."""
        (found,) = [
            line for line in self.lines
            if (line.employee_key, line.component_code) == (employee_key, component_code)
        ]  # fmt: skip
        return found
