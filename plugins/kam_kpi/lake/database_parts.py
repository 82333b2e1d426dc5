"""One snapshot of a database in parts: each becomes a load where it says something new."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from kam_kpi.errors import KamError
from kam_kpi.lake import registry
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.sources.mapping import Feed, Source
from kam_kpi.sources.parse_sql import identifier
from kam_kpi.sources.read_database import SCOPE, FeedQuery, covers_to, object_name

_HOW_READ = {"table", "query", "cursor", "overlap", "scope", "key"}
_NOBODY = "1 = 0"


@dataclass(frozen=True)
class Part:
    """A load to be: its record, whole but for the files, and its rows as texts."""

    record: LoadRecord
    table: pa.Table


def reading(source: Source, feed: Feed) -> str:
    """Fingerprint of how a feed is read: another one begins from nothing."""
    declared = feed.model_dump_json(include=_HOW_READ) + source.time_zone
    return hashlib.sha256(declared.encode()).hexdigest()[:16]


def spool(batches: Iterator[pa.RecordBatch], path: Path) -> pa.Table:
    """A result on disk, so that the snapshot ends with its last row and memory stays small."""
    first = next(batches)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, first.schema) as writer:
        writer.write_batch(first)
        for batch in batches:
            writer.write_batch(batch)
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _digest(names: Sequence[str], count: int, *sums: object) -> str:
    return hashlib.sha256(json.dumps([list(names), count, *map(str, sums)]).encode()).hexdigest()


def digests(table: pa.Table, names: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Rows and digest of the columns `names` by scope ('' without one), in whatever row order."""
    row = " || ".join(f"coalesce(length({c}) || ':' || {c}, '-')" for c in map(identifier, names))
    scope = SCOPE if SCOPE in table.column_names else "''"
    with duckdb.connect() as connection:
        connection.register("spooled", table)
        found = connection.execute(
            f"""select scope, count(*), sum(md5_number_lower(row)), sum(md5_number_upper(row))
            from (select {scope} as scope, {row} as row from spooled) group by scope"""
        ).fetchall()
    return {scope: (count, _digest(names, count, *sums)) for scope, count, *sums in found}


class SnapshotReader:
    """Reads feeds of one snapshot, whose clock says `now`; spools into `folder`."""

    def __init__(self, source: Source, now: datetime, folder: Path) -> None:
        self.source = source
        self.now = now
        self.folder = folder

    def parts(self, query: FeedQuery, known: Iterable[LoadRecord]) -> list[Part]:
        """What the feed says that its loads do not say yet.

        Args:
            query: the described feed.
            known: its loads, refused by nobody or not, that were read as it is read now.
        """
        loads = sorted(known, key=lambda each: each.release_order)
        watermark = query.watermark(
            [each.cursor_to for each in loads if each.state in ("accepted", "released")]
        )
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
            return self._scopes(query, record, loads, watermark)
        return self._whole(query, record, loads, watermark)

    def _whole(
        self, query: FeedQuery, record: LoadRecord, loads: list[LoadRecord], watermark: str
    ) -> list[Part]:
        table = self._read(query, query.since(query.bound(watermark)))
        part = _part(record, query.names, digests(table, query.names).get(""), table)
        is_known = loads and (loads[-1].sha256, loads[-1].covers_to) == (
            part.record.sha256,
            record.covers_to,
        )
        return [] if is_known else [part]

    def _scopes(
        self, query: FeedQuery, record: LoadRecord, loads: list[LoadRecord], watermark: str
    ) -> list[Part]:
        """Scopes whose rows changed, whole. The sweep over all keys tells where rows are gone."""
        latest = {each.scope: each for each in loads}
        sweep = spool(query.keys(), self.folder / f"{query.feed_name}.keys.arrow")
        keys = {scope: digest for scope, (_, digest) in digests(sweep, query.feed.key).items()}
        moved = {s for s, digest in keys.items() if s not in latest or latest[s].keys != digest}
        bound = query.bound(watermark)
        moved |= query.changed_scopes(bound) & keys.keys() if bound else keys.keys()
        gone = {s for s, each in latest.items() if each.rows_landed and s not in keys}
        # A day without changes must be told too: one scope says it again with the new last day.
        is_new_day = record.covers_to > max((each.covers_to for each in loads), default="")
        herald = max(keys, default="")
        wanted = moved | ({herald} & keys.keys() if is_new_day else set())
        table = self._read(query, query.in_scopes(wanted) if wanted else _NOBODY)
        contents, rows = digests(table, query.names), _rows_by_scope(table)
        parts = {}
        for scope in sorted(wanted | gone | ({herald} if is_new_day else set())):
            own = replace(
                record,
                scope=scope,
                keys=keys.get(scope, ""),
                file=f"{record.file} [{scope}]",
            )
            slice_ = rows.get(scope, table.slice(0, 0))
            parts[scope] = _part(own, query.names, contents.get(scope), slice_)
        news = [
            part
            for scope, part in parts.items()
            if scope not in latest or latest[scope].sha256 != part.record.sha256
        ]
        return news or ([parts[herald]] if is_new_day else [])

    def _read(self, query: FeedQuery, where: str) -> pa.Table:
        announced = query.count(where)
        table = spool(query.read(where), self.folder / f"{query.feed_name}.arrow")
        if table.num_rows != announced:
            raise incomplete(query.what, announced, table.num_rows, 0)
        return table


def incomplete(what: str, announced: int, read: int, landed: int) -> KamError:
    """Rows got lost on the way."""
    return KamError(
        "sources.incomplete_read", where=what, announced=announced, read=read, landed=landed
    )


def _part(
    record: LoadRecord, names: Sequence[str], content: tuple[int, str] | None, table: pa.Table
) -> Part:
    count, sha256 = content or (0, _digest(names, 0))
    identity = registry.load_id(
        record.source, record.feed, sha256, f"{record.covers_to} {record.scope} {record.read_at}"
    )
    whole = replace(
        record,
        load_id=identity,
        sha256=sha256,
        rows_announced=count,
        rows_seen=count,
        rows_landed=count,
    )
    return Part(whole, table.select(list(names)))


def _rows_by_scope(table: pa.Table) -> dict[str, pa.Table]:
    ordered = table.sort_by(SCOPE)
    found: dict[str, pa.Table] = {}
    start = 0
    for run in ordered.column(SCOPE).combine_chunks().value_counts().to_pylist():
        found[run["values"]] = ordered.slice(start, run["counts"])
        start += run["counts"]
    return found
