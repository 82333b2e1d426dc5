"""Lands what is new of a source in the lake: originals archived, rows as Parquet by dlt."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from kam_kpi.config import Deployment, load_deployment
from kam_kpi.contract import load_contract
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.database_landing import land_database
from kam_kpi.lake.files import copy_atomic
from kam_kpi.lake.pipeline import run_pipeline
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.quality.checks import CheckRow, write_checks
from kam_kpi.sources.deliveries import (
    Delivery,
    announced,
    covers_to,
    declared_day,
    deliveries,
    needed_columns,
    sha256_of,
)
from kam_kpi.sources.mapping import Feed, Source
from kam_kpi.sources.read_files import RawTable, read
from kam_kpi.texts import text

CHUNK_ROWS = 100_000
"""Small files of one header go to the lake together until there are so many rows."""
BATCH_ROWS = 1_000_000
"""Rows of a large file that are in memory with their load's name at once."""


def _reading(feed: Feed) -> str:
    declared = feed.model_dump_json(include={"csv", "xlsx", "parquet", "covers_to"}) + str(
        needed_columns(feed)
    )
    return hashlib.sha256(declared.encode()).hexdigest()[:16]


def _is_known(delivery: Delivery, sha256: str, known: list[LoadRecord]) -> bool:
    day = declared_day(delivery)
    return any(
        record.sha256 == sha256
        and record.feed == delivery.feed_name
        and (not day or record.covers_to == day)
        and not (record.is_refused and record.reading != _reading(delivery.feed))
        for record in known
    )


def _with_load(table: pa.Table, record: LoadRecord) -> pa.Table:
    for name, value in (("_load_id", record.load_id), ("_file", record.file)):
        table = table.append_column(name, pa.repeat(pa.scalar(value), table.num_rows))
    return table


class Landing:
    """Reads deliveries one by one for dlt and keeps the record of each."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.records: list[LoadRecord] = []

    def rows(self, pending: list[tuple[Delivery, str]]) -> Iterator[pa.Table]:
        """Arrow tables of the pending files; a file that is refused gives a record and no rows.

        Small files of one header go together: dlt takes 40 ms for a table of any size.
        """
        chunk: list[pa.Table] = []
        for delivery, sha256 in pending:
            record, raw = self._read(delivery, sha256)
            self.records.append(record)
            if raw is None or not raw.table.num_rows:
                continue
            for start in range(0, raw.table.num_rows, BATCH_ROWS):
                table = _with_load(raw.table.slice(start, BATCH_ROWS), record)
                is_full = sum(part.num_rows for part in chunk) >= CHUNK_ROWS
                if chunk and (is_full or chunk[0].schema != table.schema):
                    yield pa.concat_tables(chunk)
                    chunk = []
                chunk.append(table)
        if chunk:
            yield pa.concat_tables(chunk)

    def _read(self, delivery: Delivery, sha256: str) -> tuple[LoadRecord, RawTable | None]:
        feed = delivery.feed
        record = LoadRecord(
            load_id="",
            source=self.source.source,
            domain=self.source.domain,
            feed=delivery.feed_name,
            file=delivery.path.name,
            sha256=sha256,
            covers_to=declared_day(delivery),
            scope=delivery.scope,
            landed_at=registry.now(),
            reading=_reading(feed),
        )
        raw: RawTable | None = None
        try:
            raw = read(feed, delivery.path)
            day = covers_to(delivery, raw)
            record = replace(
                record,
                covers_to=day,
                columns=raw.columns,
                rows_announced=announced(delivery),
                rows_seen=raw.rows_seen,
                rows_landed=raw.rows_seen,
                missing_columns=[c for c in needed_columns(feed) if c not in raw.columns],
            )
        except KamError as fault:
            record = replace(record, unreadable=f"{fault.what} [{fault.where}] {fault.fix}")
        identity = registry.load_id(
            self.source.source, delivery.feed_name, sha256, record.covers_to
        )
        record = replace(record, load_id=identity)
        if record.is_refused:
            return replace(record, rows_landed=0), None
        return record, raw


def _archive(delivery: Delivery, sha256: str) -> None:
    target = Home.current().lake / "files" / sha256 / delivery.path.name
    if not target.exists():
        copy_atomic(delivery.path, target)


def _pending(deployment: Deployment, source: Source) -> list[tuple[Delivery, str]]:
    known = registry.loads(source.source)
    pending, seen = [], set()
    for delivery in deliveries(source, deployment.place_of(source)):
        sha256 = sha256_of(delivery.path)
        identity = (delivery.feed_name, sha256, declared_day(delivery))
        if identity not in seen and not _is_known(delivery, sha256, known):
            seen.add(identity)
            _archive(delivery, sha256)
            pending.append((delivery, sha256))
    return pending


def land(source_name: str, run_id: str) -> list[str]:
    """Lands what is new in a source's folder or database.

    A file that is refused does not stop the others; a database is read in one snapshot or not.

    Args:
        source_name: a configured source.
        run_id: the run this belongs to.

    Returns:
        Ids of the loads landed now, refused ones included; empty when nothing is new.

    Raises:
        KamError: the source's folder does not exist or is empty, or its database cannot be read.
    """
    deployment = load_deployment()
    source = deployment.source(source_name)
    _private_folders(Home.current(), source)
    if source.is_database:
        return land_database(deployment, source, run_id)
    _note_missing_feeds(source, deployment.place_of(source), run_id)
    pending = _pending(deployment, source)
    if not pending:
        return []
    landing = Landing(source)
    tables = {}
    for name in source.feeds:
        wanted = [(d, sha) for d, sha in pending if d.feed_name == name]
        if wanted:
            tables[name] = landing.rows(wanted)
    files = run_pipeline(source.source, tables)
    for record in landing.records:
        parquet = [] if record.is_refused else files.get(record.feed, [])
        registry.save(replace(record, parquet=[f"{source.source}/{name}" for name in parquet]))
    return [record.load_id for record in landing.records]


def missing_feeds(source: Source, folder: Path) -> list[str]:
    """Required feeds that no file has ever been delivered for, one sentence each."""
    delivered = {d.feed_name for d in deliveries(source, folder)}
    delivered |= {record.feed for record in registry.loads(source.source)}
    return [
        text(
            "lake.missing_delivery",
            feed=name,
            source=source.source,
            folder=folder.name,
            pattern=feed.pattern,
        )
        for name, feed in source.feeds.items()
        if feed.required and name not in delivered
    ]


def _note_missing_feeds(source: Source, folder: Path, run_id: str) -> None:
    sentences = missing_feeds(source, folder)
    rows = [
        CheckRow(
            run_id=run_id,
            stage="raw",
            suite=f"delivery.{source.source}",
            relation=source.source,
            expectation="feed_was_delivered",
            column_name=None,
            severity="warn",
            is_success=False,
            engine_failed=False,
            element_count=len(source.feeds),
            unexpected_count=len(sentences),
            load_id=None,
            description=sentence,
            checked_at=registry.now(),
        )
        for sentence in sentences
    ]
    if rows:
        write_checks(run_id, f"delivery.{source.source}", rows)


def _private_folders(home: Home, source: Source) -> None:
    contract = load_contract()
    home.lake.mkdir(parents=True, exist_ok=True)
    folder = home.lake / "raw" / source.source
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "init").touch()  # dlt's mark of a ready folder, without which it refuses this one
    entities = {entity for feed in source.feeds.values() for entity in feed.entities}
    if any(contract[entity].is_personal for entity in entities):
        folder.chmod(0o700)
    originals = home.lake / "files"
    originals.mkdir(exist_ok=True)
    originals.chmod(0o700)
