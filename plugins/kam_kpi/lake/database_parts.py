"""Reads one snapshot of a database: what of it is news, and its rows as Parquet."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kam_kpi.errors import KamError
from kam_kpi.lake import registry
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.sources.mapping import Feed, Source
from kam_kpi.sources.parse_sql import identifier
from kam_kpi.sources.read_database import SCOPE, FeedQuery, covers_to, object_name

_HOW_READ = {"table", "query", "cursor", "overlap", "scope", "key"}
_NOBODY = "1 = 0"
_WHOLE = ""
"""The one scope of a feed without scopes."""


@dataclass(frozen=True)
class Read:
    """What a feed says that its loads do not say yet: loads to be, and the file with their rows."""

    records: list[LoadRecord]
    path: Path
    is_mixed: bool
    """The file has rows of other scopes too, which turned out to be as before."""


def reading(source: Source, feed: Feed) -> str:
    """Fingerprint of how a feed is read: another one begins from nothing."""
    declared = feed.model_dump_json(include=_HOW_READ) + source.time_zone
    return hashlib.sha256(declared.encode()).hexdigest()[:16]


class Digests:
    """Rows and digest of some columns by scope, in whatever order the rows come.

    A sum of row hashes of the engine: two contents that differ by accident have one digest once in
    2^64 cases. Another version of the engine may hash otherwise; a load then lands once more.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.sums: dict[str, list[int]] = {}
        self.connection = duckdb.connect()

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes a batch in."""
        columns = [identifier(name) for name in self.names]
        scope = SCOPE if SCOPE in batch.schema.names else f"'{_WHOLE}'"
        self.connection.register("batch", pa.Table.from_batches([batch]))
        found = self.connection.execute(
            f"""select {scope}, count(*), sum(hash({", ".join(columns)})),
                sum(hash({", ".join(reversed(columns))}))
            from batch group by 1"""
        )
        for name, *numbers in found.fetchall():
            before = self.sums.get(name, [0, 0, 0])
            self.sums[name] = [a + int(b) for a, b in zip(before, numbers, strict=True)]

    def of(self, scope: str) -> tuple[int, str]:
        """Rows of a scope and their digest."""
        numbers = self.sums.get(scope, [0, 0, 0])
        content = json.dumps([self.names, *map(str, numbers)])
        return numbers[0], hashlib.sha256(content.encode()).hexdigest()


def _write(
    batches: Iterator[pa.RecordBatch], path: Path, names: list[str], loads: dict[str, LoadRecord]
) -> Digests:
    """Rows as they will lie in the lake, written while the server sends them."""
    digests = Digests(names)
    technical = [("_load_id", pa.string()), ("_file", pa.string()), ("_line", pa.int64()),
                 ("_broken", pa.string())]  # fmt: skip
    schema = pa.schema([*((name, pa.string()) for name in names), *technical])
    scopes = pa.array(list(loads), pa.string())
    ids = pa.array([record.load_id for record in loads.values()], pa.string())
    files = pa.array([record.file for record in loads.values()], pa.string())
    rows = 0
    with pq.ParquetWriter(path, schema) as writer:
        for batch in batches:
            count = batch.num_rows
            digests.add(batch)
            place = pa.array([0] * count, pa.int32())
            if SCOPE in batch.schema.names:
                place = pc.index_in(batch.column(SCOPE), value_set=scopes)
            values = [batch.column(name) for name in names]
            lines = pa.array(np.arange(rows + 1, rows + count + 1))
            values += [ids.take(place), files.take(place), lines, pa.nulls(count, pa.string())]
            writer.write_batch(pa.RecordBatch.from_arrays(values, schema=schema))
            rows += count
    return digests


class SnapshotReader:
    """Reads feeds of one snapshot, whose clock says `now`; their rows go to `folder`."""

    def __init__(self, source: Source, now: datetime, folder: Path) -> None:
        self.source = source
        self.now = now
        self.folder = folder

    def read(self, query: FeedQuery, known: Iterable[LoadRecord]) -> Read:
        """What the feed says that its loads do not say yet.

        Args:
            query: the described feed.
            known: its loads that were read as it is read now, whatever became of them.
        """
        loads = sorted(known, key=lambda each: each.release_order)
        settled = [each for each in loads if each.state in ("accepted", "released")]
        watermark = query.watermark([each.cursor_to for each in settled])
        record = LoadRecord(
            load_id="",
            source=self.source.source,
            domain=self.source.domain,
            feed=query.feed_name,
            file=object_name(query.feed),
            sha256="",
            covers_to=covers_to(query, self.now),
            scope=query.feed_name,
            landed_at=registry.now(),
            reading=reading(self.source, query.feed),
            columns=query.names,
            types=query.types,
            read_at=self.now.isoformat(timespec="microseconds"),
        )
        if query.feed.cursor:
            since = query.since(query.bound(watermark))
            cursor_to = query.greatest_cursor(self.now, since) or watermark
            record = replace(record, cursor_to=cursor_to)
        if query.feed.scope:
            return self._read_scopes(query, record, loads, watermark)
        return self._read_whole(query, record, loads, watermark)

    def _read_whole(
        self, query: FeedQuery, record: LoadRecord, loads: list[LoadRecord], watermark: str
    ) -> Read:
        where = query.since(query.bound(watermark))
        path, (found,) = self._write(query, where, {_WHOLE: _identified(record)})
        last = loads[-1] if loads else None
        is_same_day = last is not None and last.covers_to == found.covers_to
        if last and is_same_day and found.sha256 in (last.sha256, last.tail):
            return Read([], path, is_mixed=False)
        if query.feed.cursor:
            found = replace(found, tail=self._digest(query, query.bound(found.cursor_to)))
        return Read([found], path, is_mixed=False)

    def _digest(self, query: FeedQuery, bound: str) -> str:
        """Of what the next run reads again if nothing happens until then."""
        digests = Digests(query.names)
        for batch in query.read(query.since(bound)):
            digests.add(batch)
        return digests.of(_WHOLE)[1]

    def _read_scopes(
        self, query: FeedQuery, record: LoadRecord, loads: list[LoadRecord], watermark: str
    ) -> Read:
        """Scopes whose rows changed, whole. The sweep over all keys tells where rows are gone."""
        latest = {each.scope: each for each in loads}
        sweep = Digests(query.feed.key)
        for batch in query.sweep():
            sweep.add(batch)
        keys = {scope: sweep.of(scope)[1] for scope in sweep.sums}
        moved = {s for s, digest in keys.items() if s not in latest or latest[s].keys != digest}
        bound = query.bound(watermark)
        moved |= query.changed_scopes(bound) & keys.keys() if bound else keys.keys()
        gone = {s for s, each in latest.items() if each.rows_landed and s not in keys}
        # A day without changes must be told too: one scope says it again with the new last day.
        is_new_day = record.covers_to > max((each.covers_to for each in loads), default="")
        herald = max(keys, default="")
        wanted = moved | ({herald} & keys.keys() if is_new_day else set())
        own = {
            scope: _identified(
                replace(
                    record,
                    scope=scope,
                    keys=keys.get(scope, ""),
                    file=f"{record.file} [{scope}]",
                )
            )
            for scope in sorted(wanted | gone | ({herald} if is_new_day else set()))
        }
        path, found = self._write(query, query.in_scopes(wanted) if wanted else _NOBODY, own)
        news = [
            each
            for each in found
            if each.scope not in latest or latest[each.scope].sha256 != each.sha256
        ]
        if not news and is_new_day:
            news = [each for each in found if each.scope == herald]
        return Read(news, path, is_mixed=len(news) < len(found))

    def _write(
        self, query: FeedQuery, where: str, loads: dict[str, LoadRecord]
    ) -> tuple[Path, list[LoadRecord]]:
        announced = query.count(where)
        path = self.folder / f"{query.feed_name}.parquet"
        digests = _write(query.read(where), path, query.names, loads)
        records = []
        for scope, record in loads.items():
            count, sha256 = digests.of(scope)
            found = replace(record, sha256=sha256, rows_seen=count, rows_landed=count)
            records.append(replace(found, rows_announced=count))
        read = sum(record.rows_seen for record in records)
        if read != announced:
            raise incomplete(query.what, announced, read, 0)
        return path, records


def incomplete(what: str, announced: int, read: int, landed: int) -> KamError:
    """Rows got lost on the way."""
    return KamError(
        "sources.incomplete_read", where=what, announced=announced, read=read, landed=landed
    )


def _identified(record: LoadRecord) -> LoadRecord:
    identity = registry.load_id(record.source, record.feed, record.read_at, record.scope)
    return replace(record, load_id=identity)
