"""The measure of a component: as KPI value with its reason, and as the events behind it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.bonus.reference import months
from tests.bonus.reference.events import Event, events, lost_share
from tests.bonus.reference.inputs import Inputs, Row

BY_ON_NULL = ("zero_denominator", "insufficient_history")


@dataclass(frozen=True)
class Measure:
    """A value, or why there is none; `pending` comes with a provisional value."""

    value: Fraction | None
    reason: str | None
    events: tuple[Event, ...]
    lost: tuple[tuple[Event, Fraction], ...]

    @property
    def is_provisional(self) -> bool:
        """A value that may still change by itself."""
        return self.value is not None and self.reason is not None


def window_of(component: Row) -> str:
    """The window that the measure is read in: by default that of the interval."""
    if component["accumulation"] == "cumulative_true_up":
        return "ytd"
    by_interval = {"month": "month", "quarter": "quarter", "year": "ytd"}
    return component["measure_window"] or by_interval[component["interval"]]


def measured_on(component: Row, period: date) -> date:
    """The last month measured: the measure lags behind the interval."""
    return months.plus(period, -(component["measure_lag_months"] or 0))


def evidence_rows(inputs: Inputs, employee_key: str, component: Row, period: date) -> list[Row]:
    """Evidence of the measure's window; that of cohorts stands under the window itself."""
    kpi, window = component["measure"], window_of(component)
    last = measured_on(component, period)
    if inputs.kpis[kpi]["class"] == "cohort":
        return inputs.evidence(employee_key, kpi, window, [last])
    return inputs.evidence(employee_key, kpi, "month", months.window(window, last))


def measure(inputs: Inputs, employee_key: str, component: Row, period: date) -> Measure:
    """The measure of the window that ends `measure_lag_months` before the payout month.

    The owner's value is the KPI's; what the person is credited with as overlay is added. Records
    lost under clawback_mode recompute are taken out.
    """
    kpi, window = inputs.kpis[component["measure"]], window_of(component)
    key = (employee_key, component["measure"], window, measured_on(component, period))
    found = inputs.kam_kpis.get(key)
    rows = evidence_rows(inputs, employee_key, component, period)
    overlays = [row for row in rows if row["credit_role"] == "overlay"]
    policy = inputs.policy_of(period)
    records = events(rows)
    losses = [(event, lost_share(inputs, event, policy)) for event in records]
    if component["clawback_mode"] in (None, "none"):
        losses = []
    losses = [(event, share) for event, share in losses if share]
    lost = tuple(losses)
    kept = tuple(records)
    reason = "no_data" if found is None else found["reason"]
    if found is None or reason not in (None, "pending", "zero_denominator"):
        return Measure(None, reason, kept, lost)
    unknown = [row for row in overlays if row["numerator"] is None]
    if unknown:
        return Measure(None, unknown[0]["reason"] or "rate_absent", kept, lost)
    if any(row["reason"] == "pending" for row in overlays):
        reason = "pending"
    numerator = added(found["numerator"], overlays, "numerator")
    denominator = added(found["denominator"], overlays, "denominator")
    if lost and component["clawback_mode"] == "recompute":
        numerator -= sum((event.amount * share for event, share in lost), Fraction(0))
        denominator -= lost_denominator(rows, {event.key: share for event, share in lost})
        kept = remaining(kept, dict(lost))
    if kpi["class"] == "derived":
        value = None if found["value"] is None else Fraction(found["value"])
        return Measure(value, reason, kept, lost)
    if kpi["unit"] != "ratio":
        return Measure(numerator, reason if reason == "pending" else None, kept, lost)
    if denominator == 0:
        return Measure(None, "zero_denominator", kept, lost)
    return Measure(numerator / denominator, reason if reason == "pending" else None, kept, lost)


def added(own: Decimal | None, overlays: list[Row], name: str) -> Fraction:
    """The owner's part and those credited as overlay."""
    parts = (Fraction(row[name] or 0) for row in overlays)
    return Fraction(own or 0) + sum(parts, Fraction(0))


def lost_denominator(rows: list[Row], shares: dict[tuple[str, str, str], Fraction]) -> Fraction:
    """Denominators of lost records."""
    total = Fraction(0)
    for row in rows:
        key = (row["record_id"], row["source"], row["record_type"])
        total += shares.get(key, Fraction(0)) * Fraction(row["denominator"] or 0)
    return total


def remaining(records: tuple[Event, ...], lost: dict[Event, Fraction]) -> tuple[Event, ...]:
    """The events without what of them is lost."""
    kept = []
    for event in records:
        amount = event.amount * (1 - lost.get(event, Fraction(0)))
        if event not in lost or amount:
            kept.append(
                Event(event.record_type, event.source, event.record_id, amount, event.period)
            )
    return tuple(kept)
