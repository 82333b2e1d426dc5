"""What differs between two sets of plans, row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kam_kpi.plans.plans import Plans
from kam_kpi.sources.mapping import Strict

KEYS = {
    "bonus_plan": ("plan_code", "version"),
    "bonus_component": ("plan_code", "version", "component_code"),
    "bonus_tier": ("plan_code", "version", "component_code", "tier_from"),
    "bonus_gate": ("plan_code", "version", "gate_code"),
    "bonus_assignment": ("employee", "plan_code", "valid_from"),
}
"""What names a row of each file."""


@dataclass(frozen=True)
class Change:
    """A row that only one side has (`added`, `removed`), or a column that differs (`changed`)."""

    file: str
    row: str
    kind: str
    column: str = ""
    before: str = ""
    after: str = ""


def differences(before: Plans, after: Plans) -> list[Change]:
    """Changes from one set of plans to another, in the order of the files and of their rows."""
    old, new = before.tables(), after.tables()
    return [change for file in KEYS for change in _of_file(file, old[file], new[file])]


def _of_file(file: str, before: Sequence[Strict], after: Sequence[Strict]) -> Iterator[Change]:
    old, new = (_by_key(file, rows) for rows in (before, after))
    for key in old | new:
        name = " ".join(map(str, key))
        if key not in new:
            yield Change(file, name, "removed")
        elif key not in old:
            yield Change(file, name, "added")
        else:
            for column, was in old[key].items():
                now = new[key][column]
                if was != now:
                    yield Change(file, name, "changed", column, _shown(was), _shown(now))


def _by_key(file: str, rows: Sequence[Strict]) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(getattr(row, column) for column in KEYS[file]): row.model_dump() for row in rows}


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
