"""What a build is made from: accepted loads, configuration and code, and their fingerprint."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kam_kpi import PROJECT
from kam_kpi.config import Deployment, load_deployment
from kam_kpi.contract import load_contract
from kam_kpi.lake import registry
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.plans.plans import NO_PLANS, Plans
from kam_kpi.sources.staging_sql import compile_entity
from kam_kpi.warehouse.conformed import Conformed

_DBT = ("dbt_project/**/*.sql", "dbt_project/**/*.yml", "dbt_project/**/*.csv")
_PYTHON = ("plugins/kam_kpi/**/*.py", "expectations/*.py")
_CONFORM = tuple(
    f"dbt_project/{folder}/**/*.{kind}"
    for folder in ("macros/conform", "macros/rebuild", "models/staging", "models/conformed")
    for kind in ("sql", "yml")
)


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _files_digest(folder: Path, patterns: tuple[str, ...]) -> str:
    paths = sorted(path for pattern in patterns for path in folder.glob(pattern))
    return _digest([f"{path.relative_to(folder)}={_bytes_digest(path)}" for path in paths])


def _bytes_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def code_version() -> str:
    """Fingerprint of the code that decides numbers."""
    return _files_digest(PROJECT, _DBT + _PYTHON)


def dbt_version() -> str:
    """Fingerprint of the dbt project."""
    return _files_digest(PROJECT, _DBT)


def config_version(folder: Path) -> str:
    """Fingerprint of a configuration folder."""
    return _files_digest(folder, ("*.yml", "sources/*.yml", "**/*.csv"))


@dataclass(frozen=True)
class StagedLoad:
    """One contract table and one accepted load that feeds it."""

    entity: str
    stage_id: str
    record: LoadRecord
    is_current: bool


@dataclass(frozen=True)
class Inputs:
    """Everything a build reads, fixed at its start."""

    deployment: Deployment
    loads: list[LoadRecord]
    as_of: date | None
    staged: list[StagedLoad]
    plans: Plans = NO_PLANS

    @property
    def fingerprint(self) -> str:
        """Equal for equal inputs, in whatever order they arrived."""
        loads = [f"{r.load_id}:{r.release_order}" for r in self.loads]
        config = config_version(self.deployment.folder)
        return _digest([code_version(), config, str(self.as_of), *sorted(loads)])


def _stage_id(deployment: Deployment, record: LoadRecord, entity: str) -> str:
    source = deployment.sources[record.source]
    compiled = compile_entity(source, record.feed, entity, "landed_table")
    return hashlib.md5(f"{record.load_id}{compiled}".encode(), usedforsecurity=False).hexdigest()


def _scope(mode: str, record: LoadRecord) -> str:
    return {"append": record.load_id, "snapshot": "", "replace_by": record.scope}[mode]


def current_loads(loads: list[LoadRecord], mode: str) -> set[str]:
    """Ids of the winning load of each scope: last day, then release, then content."""
    winners: dict[tuple[str, str, str], LoadRecord] = {}
    for record in loads:
        key = (record.source, record.feed, _scope(mode, record))
        best = winners.get(key)
        if best is None or _order(record) > _order(best):
            winners[key] = record
    return {record.load_id for record in winners.values()}


def _order(record: LoadRecord) -> tuple[str, int, str]:
    return (record.covers_to, record.release_order, record.sha256)


def _staged(deployment: Deployment, loads: list[LoadRecord]) -> list[StagedLoad]:
    staged = []
    for source in deployment.sources.values():
        for feed_name, feed in source.feeds.items():
            records = [r for r in loads if (r.source, r.feed) == (source.source, feed_name)]
            for entity_name, entity in feed.entities.items():
                current = current_loads(records, entity.mode)
                staged += [
                    StagedLoad(
                        entity_name,
                        _stage_id(deployment, record, entity_name),
                        record,
                        record.load_id in current,
                    )
                    for record in records
                ]
    return staged


def read_inputs(as_of: str | None) -> Inputs:
    """What a build that starts now is made from.

    Args:
        as_of: ISO date; None takes the greatest covers_to of the accepted loads.

    Raises:
        KamError: the configuration or the bonus plans are refused.
    """
    deployment = load_deployment()
    loads = [
        record
        for record in registry.accepted_loads()
        if record.source in deployment.sources
        and record.feed in deployment.sources[record.source].feeds
    ]
    day = date.fromisoformat(as_of) if as_of else registry.greatest_covers_to(loads)
    return Inputs(deployment, loads, day, _staged(deployment, loads), deployment.plans)


def conformed_from(inputs: Inputs) -> dict[str, Conformed]:
    """What each contract table is made from."""
    code = _digest([_files_digest(PROJECT, _CONFORM), inputs.deployment.company.time_zone])
    return {
        entity: Conformed(
            code,
            {
                (staged.stage_id, staged.record.release_order, staged.is_current): (
                    staged.record.rows_landed
                )
                for staged in inputs.staged
                if staged.entity == entity
            },
        )
        for entity in load_contract()
    }


def inputs_fingerprint(as_of: str | None = None) -> str:
    """Fingerprint of what a build that starts now would be made from."""
    return read_inputs(as_of).fingerprint


def delivered(inputs: Inputs) -> list[tuple[str, str, str, date]]:
    """Contract tables that somebody delivers: entity, source, domain, last day (≤ as_of)."""
    contract = load_contract()
    as_of = inputs.as_of
    days: dict[tuple[str, str], str] = {}
    for staged in inputs.staged:
        key = (staged.entity, staged.record.source)
        days[key] = max(days.get(key, ""), staged.record.covers_to)
    return [
        (entity, source, contract[entity].domain, min(date.fromisoformat(day), as_of))
        for (entity, source), day in sorted(days.items())
        if as_of
    ]
