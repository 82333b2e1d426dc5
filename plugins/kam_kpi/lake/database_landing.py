"""Lands a database: all feeds of one snapshot, what is new of them as loads in the lake."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from kam_kpi.config import Deployment
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.database_checks import Drift, refuse_changed_types, vanishing, write_findings
from kam_kpi.lake.database_parts import Part, SnapshotReader, incomplete, reading
from kam_kpi.lake.pipeline import run_pipeline, scratch
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.sources.databases import open_database
from kam_kpi.sources.mapping import Source
from kam_kpi.sources.read_database import connection_of, describe

CHUNK_ROWS = 250_000
logger = logging.getLogger(__name__)


def land_database(deployment: Deployment, source: Source, run_id: str) -> list[str]:
    """Lands what is new of a database. All feeds are read in one snapshot, or none is taken.

    A load that would delete more rows than its feed allows is quarantined at once.

    Returns:
        Ids of the loads landed now, quarantined ones included.

    Raises:
        KamError: the database, a table or a column cannot be read; names connection and object.
    """
    known = registry.loads(source.source)
    with scratch("read") as folder:
        parts: list[Part] = []
        drifts: list[Drift] = []
        with open_database(connection_of(deployment, source), source.time_zone) as database:
            reader = SnapshotReader(source, database.now(), folder)
            for name, feed in source.feeds.items():
                own = [r for r in known if r.feed == name and r.reading == reading(source, feed)]
                try:
                    query = describe(database, source, name)
                except KamError as fault:
                    if feed.required or fault.key != "sources.object_missing":
                        raise
                    continue
                drifts += refuse_changed_types(query, own)
                parts += reader.parts(query, own)
        return _land(source, parts, drifts, run_id)


def _land(source: Source, parts: list[Part], drifts: list[Drift], run_id: str) -> list[str]:
    order = registry.next_order()
    by_feed: dict[str, list[Part]] = {}
    for part in parts:
        by_feed.setdefault(part.record.feed, []).append(part)
    filled = {name: own for name, own in by_feed.items() if any(p.table.num_rows for p in own)}
    files = {}
    if filled:
        files = run_pipeline(source.source, {name: _rows(own) for name, own in filled.items()})
    records: list[LoadRecord] = []
    for name, own in by_feed.items():
        paths = [f"{source.source}/{path}" for path in files.get(name, [])]
        _check_landed(name, own, paths)
        records += [
            replace(p.record, release_order=order, parquet=paths if p.table.num_rows else [])
            for p in own
        ]
    losses = [loss for name in by_feed for loss in vanishing(source, name, records)]
    condemned = {load_id for loss in losses if loss.is_too_much for load_id in loss.loads}
    for record in records:
        is_held = record.load_id in condemned
        registry.save(
            replace(record, state="quarantined", reasons=["mass_delete"]) if is_held else record
        )
    write_findings(source, run_id, drifts, losses)
    return [record.load_id for record in records]


def _rows(parts: list[Part]) -> Iterator[pa.Table]:
    for part in parts:
        count = part.table.num_rows
        technical = {
            "_load_id": pa.repeat(pa.scalar(part.record.load_id), count),
            "_file": pa.repeat(pa.scalar(part.record.file), count),
            "_line": pa.array(range(1, count + 1), pa.int64()),
            "_broken": pa.nulls(count, pa.string()),
        }
        table = part.table
        for name, values in technical.items():
            table = table.append_column(name, values)
        for start in range(0, count, CHUNK_ROWS):
            yield table.slice(start, CHUNK_ROWS)


def _check_landed(feed: str, parts: list[Part], paths: list[str]) -> None:
    raw = Home.current().lake / "raw"
    landed = sum(pq.read_metadata(raw / path).num_rows for path in paths)
    read = sum(part.table.num_rows for part in parts)
    if landed != read:
        raise incomplete(feed, read, read, landed)
