"""A deployment's configuration: company, policy, sources and bonus plans of one folder."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field, ValidationError, field_validator

from kam_kpi.contract import load_contract
from kam_kpi.errors import KamError
from kam_kpi.home import Home, config_dir
from kam_kpi.plans.load import load_plans
from kam_kpi.plans.plans import Plans
from kam_kpi.policy import Policy
from kam_kpi.policy_problems import policy_problems
from kam_kpi.sources.mapping import Source, Strict
from kam_kpi.sources.select_guard import check_select

Model = TypeVar("Model", bound=Strict)


class Serving(Strict):
    """How many published versions stay; the connection id of the PostgreSQL that BI reads."""

    keep_versions: int = Field(5, ge=2, le=1000)
    postgres: str | None = Field(None, pattern=r"^[A-Za-z0-9_.-]+$")


class Company(Strict):
    """Whose numbers these are."""

    name: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    time_zone: str = "UTC"
    serving: Serving = Serving()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value


@dataclass(frozen=True)
class Deployment:
    """Everything configured, validated."""

    folder: Path
    company: Company
    policy: Policy
    sources: dict[str, Source]

    @cached_property
    def plans(self) -> Plans:
        """The bonus plans of `plans/`, read when they are first asked for; none without it.

        Raises:
            KamError: the plans are refused; names every fault with file and line.
        """
        return load_plans(self.folder / "plans", self.company.currency)

    def source(self, name: str) -> Source:
        """The source `name`.

        Raises:
            KamError: it is not configured.
        """
        if name not in self.sources:
            raise KamError(
                "sources.unknown_source", source=name, sources=", ".join(sorted(self.sources))
            )
        return self.sources[name]

    def place_of(self, source: Source) -> Path:
        """Folder of files or SQLite file of a source; relative to the configuration folder."""
        place = source.path or source.sqlite
        known = {**os.environ, "KAM_HOME": str(Home.current().root)}
        filled = re.sub(r"\$\{(\w+)\}", lambda match: known.get(match[1], match[0]), place)
        return (self.folder / filled).resolve()


def _read(path: Path, model: type[Model]) -> Model:
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model.model_validate(raw)
    except FileNotFoundError as fault:
        raise KamError("sources.bad_config", where=str(path), problem="no such file") from fault
    except yaml.YAMLError as fault:
        raise KamError("sources.bad_config", where=str(path), problem=str(fault)) from fault
    except ValidationError as fault:
        if model is Policy:
            problems = policy_problems(raw, fault)
            raise KamError("policy.refused", where=str(path), problems=problems) from fault
        problems = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in fault.errors()
        )
        raise KamError("sources.bad_config", where=str(path), problem=problems) from fault


def _check_against_contract(source: Source, path: Path) -> None:
    contract = load_contract()
    for feed_name, feed in source.feeds.items():
        for entity_name, entity in feed.entities.items():
            where = f"{path} feeds.{feed_name}.entities.{entity_name}"
            if entity_name not in contract:
                problem = f"no contract table {entity_name}; there are {', '.join(contract)}"
                raise KamError("sources.bad_config", where=where, problem=problem)
            allowed = {c.name for c in contract[entity_name].columns.values() if not c.is_computed}
            unknown = sorted(set(entity.columns) - allowed)
            if unknown:
                problem = f"no column {', '.join(unknown)}; there are {', '.join(sorted(allowed))}"
                raise KamError("sources.bad_config", where=f"{where}.columns", problem=problem)
            if entity.select:
                check_select(entity.select, f"{where}.select")


def load_deployment(folder: Path | None = None) -> Deployment:
    """Reads and validates a configuration folder (default `KAM_CONFIG`).

    Raises:
        KamError: a file is absent, has an unknown key or a value out of range; names file and key.
    """
    folder = folder or config_dir()
    sources = {}
    for path in sorted((folder / "sources").glob("*.yml")):
        source = _read(path, Source)
        if source.source != path.stem:
            problem = f"source: {source.source} stands in a file named {path.name}"
            raise KamError("sources.bad_config", where=str(path), problem=problem)
        _check_against_contract(source, path)
        sources[source.source] = source
    return Deployment(
        folder=folder,
        company=_read(folder / "company.yml", Company),
        policy=_read(folder / "policy.yml", Policy),
        sources=sources,
    )
