"""What the raw gate judges: one profile per load, measured over the load alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from kam_kpi.config import load_deployment
from kam_kpi.duckdb_file import limits
from kam_kpi.errors import KamError
from kam_kpi.lake import registry
from kam_kpi.lake.landed_sql import landed_relation
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.sources.deliveries import needed_columns
from kam_kpi.sources.mapping import Source
from kam_kpi.sources.staging_sql import compile_entity


@dataclass(frozen=True)
class LoadProfile:
    """One load, measured. `rows_bad` counts rows of the file that some row rule quarantines."""

    load_id: str
    feed: str
    file: str
    rows_announced: int | None
    rows_seen: int
    rows_landed: int
    rows_bad: int
    missing_columns: str
    is_ambiguous: bool
    unreadable: str
    max_bad_share: Decimal


def _bad_rows(source: Source, feed: str, records: Sequence[LoadRecord]) -> dict[str, int]:
    """Distinct faulty rows per load: broken ones, and those that any entity of the feed rejects."""
    relation = landed_relation(records, needed_columns(source.feeds[feed]))
    faulty = [f"select _load_id, _line from {relation} where _broken is not null"]
    for entity in source.feeds[feed].entities:
        staged = compile_entity(source, feed, entity, relation)
        faulty.append(f"select _load_id, _line from ({staged}) where len(_errors) > 0")
    query = " union ".join(faulty)
    with duckdb.connect(config=limits()) as connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            rows = connection.execute(f"select _load_id, count(*) from ({query}) group by 1")
        except duckdb.Error as fault:
            where = f"{source.source}.{feed}"
            raise KamError("sources.bad_select", where=where, problem=str(fault)) from fault
        return {str(load): int(count) for load, count in rows.fetchall()}


def scoped_feeds(source: Source) -> set[tuple[str, str]]:
    """Feeds whose loads replace a scope, so that two different ones for one day are ambiguous."""
    return {
        (source.source, name)
        for name, feed in source.feeds.items()
        if any(entity.mode != "append" for entity in feed.entities.values())
    }


def load_profiles(source_name: str) -> list[LoadProfile]:
    """Profiles of the source's loads that wait for the raw gate.

    Raises:
        KamError: the mapping's SQL fails on what was landed.
    """
    source = load_deployment().source(source_name)
    waiting = [r for r in registry.loads(source_name, ("landed",)) if r.feed in source.feeds]
    settled = registry.loads(source_name, ("accepted", "released"))
    ambiguous = registry.ambiguous_ids([*settled, *waiting], scoped_feeds(source))
    bad: dict[str, int] = {}
    for feed in source.feeds:
        records = [r for r in waiting if r.feed == feed and r.parquet and not r.is_refused]
        if records:
            bad |= _bad_rows(source, feed, records)
    return [
        LoadProfile(
            load_id=record.load_id,
            feed=record.feed,
            file=record.file,
            rows_announced=record.rows_announced,
            rows_seen=record.rows_seen,
            rows_landed=record.rows_landed,
            rows_bad=bad.get(record.load_id, 0),
            missing_columns=", ".join(record.missing_columns),
            is_ambiguous=record.load_id in ambiguous,
            unreadable=record.unreadable,
            max_bad_share=source.feeds[record.feed].max_bad_share,
        )
        for record in waiting
    ]
