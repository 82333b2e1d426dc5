"""The parameters of the policy as a catalogue: what messages and pages say of them.

Everything is read from `kam_kpi.policy`, where a parameter is declared once.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kam_kpi.policy import PolicyVersion

_STAMPS = ("version", "valid_from")


@dataclass(frozen=True)
class Parameter:
    """One parameter. `choices` of a choice, `low` and `high` of a whole number; else a list."""

    key: str
    description: str
    default: Any
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


def parameters() -> dict[str, Parameter]:
    """Every parameter by its key, `grain` or `<section>.<parameter>`, in the policy's order."""
    found = {}
    for name, info in PolicyVersion.model_fields.items():
        section = section_of(name)
        if section is not None:
            for inner, held in section.model_fields.items():
                found[f"{name}.{inner}"] = _parameter(f"{name}.{inner}", held)
        elif name not in _STAMPS:
            found[name] = _parameter(name, info)
    return found


def section_of(name: str) -> type[BaseModel] | None:
    """The section `name` of a version; None for what is no section."""
    info = PolicyVersion.model_fields.get(name)
    kind = info.annotation if info else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _parameter(key: str, info: FieldInfo) -> Parameter:
    choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    bounds = {
        bound: getattr(rule, bound)
        for rule in info.metadata
        for bound in ("ge", "le")
        if hasattr(rule, bound)
    }
    return Parameter(
        key, info.description or "", info.default, choices, bounds.get("ge"), bounds.get("le")
    )
