"""The plan check: what no row shows by itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from kam_kpi.plans.components import faults_of_component
from kam_kpi.plans.files import Reading
from kam_kpi.plans.kpis import Kpi
from kam_kpi.plans.plans import Placed, PlanVersion, version_of
from kam_kpi.plans.problems import Problem, problem
from kam_kpi.plans.rows import AssignmentRow, GateRow, PlanRow
from kam_kpi.plans.tiers import MOST, faults_of_tiers, plain
from kam_kpi.texts import text

T = TypeVar("T", bound=Any)


@dataclass(frozen=True)
class Checker:
    """The rows that are well each, and what they are checked against."""

    reading: Reading
    currency: str
    kpis: Mapping[str, Kpi]

    def faults(self) -> Iterator[Problem]:
        """Every fault between rows."""
        for plan in self.reading.plans.plans:
            yield from self._plan(plan)
        yield from self._names()
        yield from self._parents()
        for version in self.reading.plans.versions():
            yield from self._version(version)
        yield from self._overlapping_versions()
        yield from self._assignments()

    # ---------------------------------------------------------------------------------- versions

    def _plan(self, plan: Placed[PlanRow]) -> Iterator[Problem]:
        row, line, file = plan.row, plan.line, "bonus_plan"
        for column in ("valid_from", "valid_to"):
            day = getattr(row, column)
            if day is not None and day.day != 1:
                yield problem(file, line, column, "not_a_first", value=day)
        yield from _ends_later(file, line, row.valid_from, row.valid_to)
        if row.currency != self.currency:
            params = {"value": row.currency, "company": self.currency}
            yield problem(file, line, "currency", "other_currency", **params)
        if row.cap is not None and row.floor is not None and row.floor > row.cap:
            limits = {"floor": row.floor, "cap": row.cap}
            yield problem(file, line, "floor", "floor_above_cap", **limits)

    def _names(self) -> Iterator[Problem]:
        plans = self.reading.plans
        yield from _twice("bonus_plan", "version", plans.plans, version_of)
        yield from _twice(
            "bonus_component", "component_code", plans.components,
            lambda row: (*version_of(row), row.component_code),
        )  # fmt: skip
        yield from _twice(
            "bonus_gate", "gate_code", plans.gates, lambda row: (*version_of(row), row.gate_code)
        )

    def _parents(self) -> Iterator[Problem]:
        """Components, tiers and gates belong to a version, and tiers and gates to a component."""
        plans = self.reading.plans
        known = {version_of(held.row) for held in plans.plans}
        components = {(*version_of(held.row), held.row.component_code) for held in plans.components}
        placed: dict[str, Sequence[Placed[Any]]] = {
            "bonus_component": plans.components, "bonus_tier": plans.tiers,
            "bonus_gate": plans.gates,
        }  # fmt: skip
        for file, rows in placed.items():
            for held in rows:
                key, code = version_of(held.row), held.row.component_code
                named = {"plan": key[0], "version": key[1], "component": code}
                if key not in known:
                    if self._is_whole(*key) and "bonus_plan" not in self.reading.absent:
                        yield problem(file, held.line, "version", "no_version", **named)
                elif code is not None and (*key, code) not in components and self._is_whole(*key):
                    yield problem(file, held.line, "component_code", "no_component", **named)

    def _version(self, version: PlanVersion) -> Iterator[Problem]:
        is_whole = self._is_whole(*version.key)
        for component in version.components:
            tiers = version.tiers_of(component.row.component_code)
            yield from faults_of_component(component, version, self.kpis, is_whole)
            yield from faults_of_tiers(component.row, tiers, is_whole)
        for gate in version.gates:
            yield from self._gate(gate)
        if is_whole:
            yield from _sums(version)

    def _gate(self, gate: Placed[GateRow]) -> Iterator[Problem]:
        row, line, file = gate.row, gate.line, "bonus_gate"
        kpi = self.kpis.get(row.kpi_code)
        if kpi is None:
            params = {"value": row.kpi_code, "kpis": ", ".join(sorted(self.kpis))}
            yield problem(file, line, "kpi_code", "unknown_kpi", **params)
        elif kpi.unit == "ratio" and abs(row.threshold) > MOST:
            params = {"value": plain(row.threshold), "most": plain(MOST)}
            yield problem(file, line, "threshold", "no_fraction", **params)
        wants_factor = row.effect in ("multiply", "cap")
        if wants_factor and row.factor is None:
            yield problem(file, line, "factor", f"no_factor_{row.effect}")
        elif row.factor is not None and not wants_factor:
            yield problem(file, line, "factor", "idle_factor", effect=row.effect)
        elif row.factor is not None and row.effect == "multiply" and row.factor > MOST:
            params = {"value": plain(row.factor), "most": plain(MOST)}
            yield problem(file, line, "factor", "no_fraction", **params)

    def _overlapping_versions(self) -> Iterator[Problem]:
        held = [plan for plan in self.reading.plans.plans if plan.row.status != "draft"]
        for before, after in _overlaps(held, lambda row: row.plan_code):
            named = {"version": before.row.version, "line": before.line}
            key = "version_overlap"
            if before.row.version != after.row.version:
                yield problem("bonus_plan", after.line, "valid_from", key, **named)

    # ------------------------------------------------------------------------------- assignments

    def _assignments(self) -> Iterator[Problem]:
        file, rows = "bonus_assignment", self.reading.plans.assignments
        for held in rows:
            yield from _ends_later(file, held.line, held.row.valid_from, held.row.valid_to)
            yield from self._covered(held)
        for before, after in _overlaps(rows, lambda row: row.employee):
            named = {"employee": after.row.employee, "plan": before.row.plan_code}
            yield problem(
                file, after.line, "valid_from", "assignment_overlap", line=before.line, **named
            )

    def _covered(self, held: Placed[AssignmentRow]) -> Iterator[Problem]:
        """An assignment names a plan of which a version is in force on each of its days."""
        file, code = "bonus_assignment", held.row.plan_code
        is_whole = not any(plan == code for plan, _ in self.reading.broken)
        if not is_whole or "bonus_plan" in self.reading.absent:
            return
        versions = [plan.row for plan in self.reading.plans.plans if plan.row.plan_code == code]
        if not versions:
            names = sorted({plan.row.plan_code for plan in self.reading.plans.plans})
            yield problem(
                file, held.line, "plan_code", "no_plan", plan=code, plans=", ".join(names)
            )
            return
        gap = _first_day_without(versions, held.row)
        if gap is not None:
            yield problem(file, held.line, "plan_code", "no_version_on", plan=code, day=gap)

    def _is_whole(self, plan_code: str, version: int) -> bool:
        """Whether no row of the version was refused, so that what is absent is absent."""
        refused = self.reading.broken
        is_read = not {"bonus_component", "bonus_tier"} & self.reading.absent
        return is_read and (plan_code, str(version)) not in refused


def faults_of(reading: Reading, currency: str, kpis: Mapping[str, Kpi]) -> Iterator[Problem]:
    """Every fault between rows of the plan files that were read."""
    return Checker(reading, currency, kpis).faults()


def _sums(version: PlanVersion) -> Iterator[Problem]:
    file, line = "bonus_plan", version.plan.line
    code, number = version.key
    if not version.components:
        yield problem(file, line, "", "no_components", plan=code, version=number)
        return
    parts = [held for held in version.components if held.row.weight is not None]
    total = sum((held.row.weight or Decimal(0) for held in parts), Decimal(0))
    if parts and total != 1:
        weights = " + ".join(
            text("plans.weight_of", component=held.row.component_code, line=held.line,
                 weight=percent(held.row.weight or Decimal(0)))
            for held in parts
        )  # fmt: skip
        params = {"plan": code, "version": number, "total": percent(total), "weights": weights}
        yield problem("bonus_component", parts[0].line, "weight", "weights", **params)


def _ends_later(file: str, line: int, start: date, end: date | None) -> Iterator[Problem]:
    if end is not None and end <= start:
        yield problem(file, line, "valid_to", "ends_before", start=start, end=end)


def _twice(
    file: str, column: str, rows: Iterable[Placed[T]], key: Callable[[T], object]
) -> Iterator[Problem]:
    first: dict[object, int] = {}
    for held in rows:
        before = first.setdefault(key(held.row), held.line)
        if before != held.line:
            yield problem(file, held.line, column, "twice", line=before)


def _overlaps(
    rows: Iterable[Placed[T]], key: Callable[[T], object]
) -> Iterator[tuple[Placed[T], Placed[T]]]:
    """Pairs of rows of one key that are valid on a common day, each row once, in date order."""
    latest: dict[object, Placed[T]] = {}
    for held in sorted(rows, key=lambda held: (held.row.valid_from, held.line)):
        name = key(held.row)
        before = latest.get(name)
        if before is not None and (
            before.row.valid_to is None or held.row.valid_from < before.row.valid_to
        ):
            yield before, held
        if before is None or _end(before.row) < _end(held.row):
            latest[name] = held


def _end(row: Any) -> date:
    end: date = row.valid_to or date.max
    return end


def _first_day_without(versions: Iterable[PlanRow], assignment: AssignmentRow) -> date | None:
    """The first day of an assignment on which no version is in force."""
    day = assignment.valid_from
    for row in sorted(versions, key=lambda row: row.valid_from):
        if row.status != "draft" and row.valid_from <= day < _end(row):
            day = _end(row)
    return day if day < (assignment.valid_to or date.max) else None


def percent(share: Decimal) -> str:
    """A fraction in per cent: 0.35 is 35 %."""
    return f"{plain(share * 100)} %"
