"""Lands a database: all feeds of one snapshot, what is new of them as loads in the lake."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from kam_kpi.config import Deployment
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.database_checks import Drift, refuse_changed_types, vanishing, write_findings
from kam_kpi.lake.database_parts import Read, SnapshotReader, incomplete, reading
from kam_kpi.lake.pipeline import import_parquet, scratch
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.sources.databases import open_database
from kam_kpi.sources.mapping import Source
from kam_kpi.sources.read_database import connection_of, describe


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
        reads: list[Read] = []
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
                reads.append(reader.read(query, own))
        records = _land(source, [read for read in reads if read.records])
    losses = [loss for name in source.feeds for loss in vanishing(source, name, records)]
    condemned = {load_id for loss in losses if loss.is_too_much for load_id in loss.loads}
    for record in records:
        is_held = record.load_id in condemned
        registry.save(
            replace(record, state="quarantined", reasons=["mass_delete"]) if is_held else record
        )
    write_findings(source, run_id, drifts, losses)
    return [record.load_id for record in records]


def _land(source: Source, reads: list[Read]) -> list[LoadRecord]:
    """Brings the files into the lake; the loads are not registered yet."""
    order = registry.next_order()
    files = {
        read.records[0].feed: _without_others(read)
        for read in reads
        if any(record.rows_seen for record in read.records)
    }
    landed = import_parquet(source.source, files) if files else {}
    records = []
    for read in reads:
        feed = read.records[0].feed
        paths = [f"{source.source}/{path}" for path in landed.get(feed, [])]
        _check_landed(feed, read.records, paths)
        records += [
            replace(each, release_order=order, parquet=paths if each.rows_seen else [])
            for each in read.records
        ]
    return records


def _without_others(read: Read) -> Path:
    if read.is_mixed:
        wanted = [record.load_id for record in read.records]
        rows = pq.read_table(read.path, filters=[("_load_id", "in", wanted)])
        pq.write_table(rows, read.path)
    return read.path


def _check_landed(feed: str, records: list[LoadRecord], paths: list[str]) -> None:
    raw = Home.current().lake / "raw"
    landed = sum(pq.read_metadata(raw / path).num_rows for path in paths)
    read = sum(record.rows_seen for record in records)
    if landed != read:
        raise incomplete(feed, read, read, landed)
