"""One row of each plan file, with the values that may stand in its columns.

Rates, weights, shares, attainment and thresholds are fractions. An empty cell is None, or the
default of its column.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BeforeValidator, Field
from pydantic.fields import FieldInfo

from kam_kpi.sources.mapping import Strict


@dataclass(frozen=True)
class Allowed:
    """Text key of what may stand in a column."""

    key: str


def _day(value: object) -> date:
    if not isinstance(value, str) or len(value) != len("2026-01-31"):
        raise ValueError
    return date.fromisoformat(value)


def _flag(value: object) -> bool:
    return {"true": True, "false": False}[str(value)]


def _plain_number(value: object) -> object:
    """Refuses what Python reads as a number and people do not write: 1e3, 1_000."""
    if isinstance(value, str) and not set(value) <= set("+-.0123456789"):
        raise ValueError
    return value


_Number = BeforeValidator(_plain_number)
Code = Annotated[str, Field(pattern=r"^\w[\w.-]*$", max_length=60), Allowed("code")]
Words = Annotated[str, Field(min_length=1, max_length=200), Allowed("words")]
Day = Annotated[date, BeforeValidator(_day), Allowed("day")]
Flag = Annotated[bool, BeforeValidator(_flag), Allowed("flag")]
Version = Annotated[int, _Number, Field(ge=1, le=9999), Allowed("version")]
Money = Annotated[Decimal, _Number, Field(ge=0, max_digits=18, decimal_places=2), Allowed("money")]
Number = Annotated[Decimal, _Number, Field(max_digits=18, decimal_places=6), Allowed("number")]
Bound = Annotated[
    Decimal, _Number, Field(ge=0, max_digits=18, decimal_places=6), Allowed("from_zero")
]
Share = Annotated[
    Decimal, _Number, Field(gt=0, le=1, max_digits=9, decimal_places=6), Allowed("share")
]
Rate = Annotated[
    Decimal, _Number, Field(ge=0, le=1, max_digits=18, decimal_places=6), Allowed("rate")
]
Days = Annotated[int, _Number, Field(ge=1, le=3660), Allowed("days")]
Lag = Annotated[int, _Number, Field(ge=0, le=12), Allowed("lag")]


class PlanRow(Strict):
    """A version of a plan."""

    plan_code: Code
    version: Version
    valid_from: Day
    valid_to: Day | None = None
    author: Words
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$"), Allowed("currency")]
    base: Literal["target_bonus", "salary_share", "none"]
    cap: Money | None = None
    floor: Money | None = None
    status: Literal["active", "draft", "retired"]


class ComponentRow(Strict):
    """A line of a plan version."""

    plan_code: Code
    version: Version
    component_code: Code
    measure: Code | None = None
    kind: Literal["weighted", "rate", "fixed", "mbo"]
    weight: Share | None = None
    rate: Rate | None = None
    amount: Money | None = None
    interval: Literal["month", "quarter", "year"]
    accumulation: Literal["per_event", "per_interval", "cumulative_true_up"]
    direction: Literal["higher", "lower"] = "higher"
    target_source: Literal["target", "value"] | None = None
    target_value: Number | None = None
    cap: Money | None = None
    floor: Money | None = None
    prorate: Flag = False
    measure_window: Literal["month", "quarter", "rolling_3", "rolling_12", "ytd"] | None = None
    salary_share: Share | None = None
    earn_on: Literal["signed", "invoiced", "paid"] = "signed"
    holdback_share: Share | None = None
    holdback_days: Days | None = None
    clawback_mode: Literal["recompute", "line_only", "none"] = "recompute"
    measure_lag_months: Lag = 0
    on_null: Literal["redistribute", "target", "zero", "hold"]

    @property
    def is_weighted(self) -> bool:
        """Paid as a part of the base, so that it has a weight."""
        return self.kind in ("weighted", "mbo")


class TierRow(Strict):
    """A step of a component."""

    plan_code: Code
    version: Version
    component_code: Code
    tier_from: Bound = Field(alias="from")
    tier_to: Bound | None = Field(None, alias="to")
    value: Bound
    basis: Literal["amount", "attainment", "count"]
    value_is: Literal["rate", "multiplier", "payout_pct", "amount"]
    mode: Literal["flat", "marginal", "interpolated"]
    boundary: Literal["lower_inclusive", "upper_inclusive"] = "lower_inclusive"


class GateRow(Strict):
    """A condition on a KPI, for a component or for the total."""

    plan_code: Code
    version: Version
    gate_code: Code
    component_code: Code | None = None
    kpi_code: Code
    operator: Literal[">", ">=", "<", "<="]
    threshold: Number
    effect: Literal["multiply", "block", "cap", "hold"]
    factor: Bound | None = None


class AssignmentRow(Strict):
    """Whose bonus follows which plan, by personnel number, else e-mail, else employee id."""

    employee: Words
    plan_code: Code
    valid_from: Day
    valid_to: Day | None = None


FILES: dict[str, type[Strict]] = {
    "bonus_plan": PlanRow,
    "bonus_component": ComponentRow,
    "bonus_tier": TierRow,
    "bonus_gate": GateRow,
    "bonus_assignment": AssignmentRow,
}
"""The plan files by name, each with its row."""
REQUIRED_FILES = ("bonus_plan", "bonus_component", "bonus_assignment")


def columns(model: type[Strict]) -> dict[str, FieldInfo]:
    """The columns of a file by the name that stands in its header."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def choices(info: FieldInfo) -> tuple[str, ...]:
    """The words of a column that takes only some."""
    for part in (info.annotation, *get_args(info.annotation)):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()


def allowed(info: FieldInfo) -> str:
    """Text key of what may stand in a column; empty for a column of words."""
    return next((mark.key for mark in _marks(info) if isinstance(mark, Allowed)), "")


def _marks(info: FieldInfo) -> Iterator[Any]:
    yield from info.metadata
    for part in get_args(info.annotation):
        yield from getattr(part, "__metadata__", ())
