"""Descriptions of tables and columns from the dbt YAML, to become comments of published tables."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from kam_kpi import PROJECT

_MARTS = PROJECT / "dbt_project/models/marts"


@dataclass(frozen=True)
class Description:
    """What the dbt YAML says of one model."""

    table: str = ""
    columns: dict[str, str] = field(default_factory=dict)


def mart_descriptions() -> dict[str, Description]:
    """Descriptions of the marts by model name; text with Jinja in it is left out."""
    return _read(_MARTS)


@cache
def _read(folder: Path) -> dict[str, Description]:
    found = {}
    for path in sorted(folder.rglob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for model in content.get("models", []):
            columns = {c["name"]: _plain(c) for c in model.get("columns", [])}
            found[model["name"]] = Description(
                _plain(model), {name: text for name, text in columns.items() if text}
            )
    return found


def _plain(entry: dict[str, object]) -> str:
    text = " ".join(str(entry.get("description", "")).split())
    return "" if "{{" in text else text
