"""The source contract, read from its one definition: dbt_project/models/conformed/*.yml."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from kam_kpi import PROJECT

TECHNICAL = ("_load_id", "_file", "_line")


@dataclass(frozen=True)
class Column:
    """One column of a contract table."""

    name: str
    data_type: str
    is_required: bool
    is_key: bool
    is_computed: bool
    values: tuple[str, ...]
    references: str | None
    default: str | None
    description: str


@dataclass(frozen=True)
class Entity:
    """One contract table. `columns` has neither `source` nor the technical columns."""

    name: str
    domain: str
    description: str
    is_personal: bool
    """Pay data: checks on it report counts only, its lake folder is private."""
    columns: dict[str, Column]

    @property
    def key(self) -> tuple[str, ...]:
        """The natural key after `source`."""
        return tuple(column.name for column in self.columns.values() if column.is_key)


def _column(raw: dict[str, Any]) -> Column:
    meta = raw.get("config", {}).get("meta", {})
    return Column(
        name=raw["name"],
        data_type=raw["data_type"],
        is_required={"type": "not_null"} in raw.get("constraints", []),
        is_key=bool(meta.get("key")),
        is_computed=bool(meta.get("computed")),
        values=tuple(meta.get("values", ())),
        references=meta.get("references"),
        default=meta.get("default"),
        description=raw["description"],
    )


@cache
def load_contract() -> dict[str, Entity]:
    """Every contract table by name."""
    entities = {}
    for path in sorted((PROJECT / "dbt_project/models/conformed").glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            columns = [_column(raw) for raw in model["columns"]]
            entities[model["name"]] = Entity(
                name=model["name"],
                domain=model["config"]["meta"]["domain"],
                description=model["description"],
                is_personal=model["config"]["meta"].get("is_personal", False),
                columns={c.name: c for c in columns if c.name not in ("source", *TECHNICAL)},
            )
    return entities
