"""The plan check of one component: its measure, its pay, and when it is due."""

from collections.abc import Iterator, Mapping
from typing import Any

from kam_kpi.plans.kpis import Kpi
from kam_kpi.plans.plans import Placed, PlanVersion
from kam_kpi.plans.problems import Problem, problem
from kam_kpi.plans.rows import ComponentRow, TierRow

FILE = "bonus_component"
PAY = ("weight", "rate", "amount")
OWN_WINDOW = {"month": "month", "quarter": "quarter", "year": "ytd"}
Fault = tuple[str, str, dict[str, Any]]
"""Column, text key and what the text says."""


def faults_of_component(
    component: Placed[ComponentRow], version: PlanVersion, kpis: Mapping[str, Kpi], is_whole: bool
) -> Iterator[Problem]:
    """Faults of a component; `is_whole` unless rows of its version were refused."""
    row = component.row
    tiers = version.tiers_of(row.component_code)
    first = tiers[0].row if tiers else None
    faults = [*_measure(row, kpis), *_base(row, version), *_limits(row)]
    if is_whole:
        faults += [*_pay(row, first), *_target(row, first)]
    kpi = kpis.get(row.measure or "")
    if kpi is not None and row.kind != "mbo":
        faults += [*_by_measure(row, first, kpi), *_due(row, kpi)]
    faults += _accumulation(row)
    for column, key, params in faults:
        yield problem(FILE, component.line, column, key, **params)


def _measure(row: ComponentRow, kpis: Mapping[str, Kpi]) -> Iterator[Fault]:
    if row.kind == "mbo":
        if row.measure is not None:
            yield "measure", "mbo_measure", {}
    elif row.measure not in kpis:
        key = "no_measure" if row.measure is None else "unknown_kpi"
        yield "measure", key, {"value": row.measure, "kpis": ", ".join(sorted(kpis))}


def _base(row: ComponentRow, version: PlanVersion) -> Iterator[Fault]:
    base = version.plan.row.base
    if row.is_weighted and base == "none":
        yield "kind", "no_base", {"kind": row.kind}
    wants_share = row.is_weighted and base == "salary_share"
    if wants_share and row.salary_share is None:
        yield "salary_share", "no_salary_share", {}
    elif row.salary_share is not None and not wants_share:
        yield "salary_share", "idle_salary_share", {}


def _limits(row: ComponentRow) -> Iterator[Fault]:
    if row.cap is not None and row.floor is not None and row.floor > row.cap:
        yield "floor", "floor_above_cap", {"floor": row.floor, "cap": row.cap}


def _pay(row: ComponentRow, first: TierRow | None) -> Iterator[Fault]:
    """The one column that says how much: weight, rate or amount, unless the tiers say it."""
    own = "weight" if row.is_weighted else {"rate": "rate", "fixed": "amount"}[row.kind]
    is_in_tiers = first is not None and not row.is_weighted and first.value_is != "multiplier"
    for column in PAY:
        is_given = getattr(row, column) is not None
        if column != own and is_given:
            yield column, "not_for_kind", {"kind": row.kind, "own": own}
        elif column == own and is_given and is_in_tiers:
            yield column, "said_by_tiers", {}
        elif column == own and not is_given and not is_in_tiers:
            key = "no_weight" if row.is_weighted else f"no_{own}"
            yield column, key, {"kind": row.kind}
    if row.direction == "lower" and first is None:
        yield "direction", "lower_without_tiers", {}


def _target(row: ComponentRow, first: TierRow | None) -> Iterator[Fault]:
    if row.kind == "mbo":
        return
    reads = (row.kind == "weighted" and first is None) or (
        first is not None and first.basis == "attainment"
    )
    if (reads or row.on_null == "target") and row.target_source is None:
        yield "target_source", "no_target_source", {}
    if row.target_source == "value" and (row.target_value is None or row.target_value <= 0):
        yield "target_value", "no_target_value", {}
    if row.target_source != "value" and row.target_value is not None:
        yield "target_value", "idle_target_value", {}


def _by_measure(row: ComponentRow, first: TierRow | None, kpi: Kpi) -> Iterator[Fault]:
    named = {"measure": row.measure, "kind": row.kind}
    if row.kind == "rate" and kpi.unit != "money":
        yield "measure", "rate_of_no_money", named
    if row.kind == "fixed" and not (kpi.has_events or kpi.unit == "count"):
        yield "measure", "fixed_without_events", named
    if row.accumulation == "per_event" and not kpi.has_events:
        yield "accumulation", "no_events", named
    if first is not None and first.basis == "count" and not (kpi.has_events or kpi.unit == "count"):
        yield "measure", "count_without_events", named
    if kpi.is_late and row.measure_lag_months == 0:
        yield "measure_lag_months", "no_lag", named


def _due(row: ComponentRow, kpi: Kpi) -> Iterator[Fault]:
    if row.earn_on != "signed" and not kpi.has_events:
        yield "earn_on", "earn_on_without_events", {"value": row.earn_on, "measure": row.measure}
    if row.holdback_share is not None and row.holdback_days is None and not kpi.has_events:
        yield "holdback_days", "holdback_without_end", {"measure": row.measure}


def _accumulation(row: ComponentRow) -> Iterator[Fault]:
    if row.accumulation == "per_event" and row.is_weighted:
        yield "accumulation", "weighted_per_event", {"kind": row.kind}
    if row.accumulation == "cumulative_true_up":
        if row.kind == "mbo":
            yield "accumulation", "mbo_true_up", {}
        if row.measure_window not in (None, "ytd"):
            yield "measure_window", "true_up_window", {"value": row.measure_window}
    elif not row.is_weighted and row.measure_window not in (None, OWN_WINDOW[row.interval]):
        own = OWN_WINDOW[row.interval]
        yield "measure_window", "window_pays_twice", {"value": row.measure_window, "own": own}
    if row.on_null == "redistribute" and not row.is_weighted:
        yield "on_null", "nothing_to_redistribute", {"kind": row.kind}
    if row.holdback_share is not None and row.earn_on == "paid":
        yield "holdback_share", "holdback_of_paid", {}
    if row.holdback_days is not None and row.holdback_share is None:
        yield "holdback_days", "idle_holdback_days", {}
