"""The bonus plans of a deployment as rows, each with the line it stands in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kam_kpi.plans.rows import AssignmentRow, ComponentRow, GateRow, PlanRow, TierRow
from kam_kpi.sources.mapping import Strict

RowT = TypeVar("RowT", bound=Strict, covariant=True)
VersionKey = tuple[str, int]
"""Plan code and version."""


@dataclass(frozen=True)
class Placed(Generic[RowT]):
    """A row and its line in its file."""

    line: int
    row: RowT


@dataclass(frozen=True)
class Plans:
    """The rows of all plan files, in the order of their lines."""

    plans: tuple[Placed[PlanRow], ...] = ()
    components: tuple[Placed[ComponentRow], ...] = ()
    tiers: tuple[Placed[TierRow], ...] = ()
    gates: tuple[Placed[GateRow], ...] = ()
    assignments: tuple[Placed[AssignmentRow], ...] = ()

    def tables(self) -> dict[str, Sequence[Strict]]:
        """The rows by the name of their file, which is that of their `control` table."""
        return {
            "bonus_plan": [held.row for held in self.plans],
            "bonus_component": [held.row for held in self.components],
            "bonus_tier": [held.row for held in self.tiers],
            "bonus_gate": [held.row for held in self.gates],
            "bonus_assignment": [held.row for held in self.assignments],
        }

    def version(self, key: VersionKey) -> "PlanVersion | None":
        """A version of a plan with what belongs to it; None where there is none."""
        found = [held for held in self.plans if version_of(held.row) == key]
        if not found:
            return None
        return PlanVersion(
            found[0],
            tuple(held for held in self.components if version_of(held.row) == key),
            tuple(held for held in self.tiers if version_of(held.row) == key),
            tuple(held for held in self.gates if version_of(held.row) == key),
        )

    def versions(self) -> "list[PlanVersion]":
        """Every version once, in the order of the file."""
        keys = dict.fromkeys(version_of(held.row) for held in self.plans)
        return [found for key in keys if (found := self.version(key))]


NO_PLANS = Plans()
"""A deployment that pays no bonus."""


@dataclass(frozen=True)
class PlanVersion:
    """A version of a plan with its components, tiers and gates."""

    plan: Placed[PlanRow]
    components: tuple[Placed[ComponentRow], ...] = ()
    tiers: tuple[Placed[TierRow], ...] = ()
    gates: tuple[Placed[GateRow], ...] = ()

    @property
    def key(self) -> VersionKey:
        """Plan code and version."""
        return version_of(self.plan.row)

    def tiers_of(self, component_code: str) -> list[Placed[TierRow]]:
        """The tiers of a component, in the order of the file."""
        return [held for held in self.tiers if held.row.component_code == component_code]


def version_of(row: PlanRow | ComponentRow | TierRow | GateRow) -> VersionKey:
    """The version that a row belongs to."""
    return row.plan_code, row.version
