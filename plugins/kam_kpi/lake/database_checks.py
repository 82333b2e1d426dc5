"""What a snapshot of a database tells beside its rows: changed columns and rows that vanished."""

import logging
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import duckdb

from kam_kpi.contract import load_contract
from kam_kpi.errors import KamError
from kam_kpi.lake import registry
from kam_kpi.lake.landed_sql import landed_relation
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.quality.checks import CheckRow, write_checks
from kam_kpi.sources.deliveries import needed_columns
from kam_kpi.sources.mapping import Feed, Source
from kam_kpi.sources.parse_sql import identifier
from kam_kpi.sources.read_database import FeedQuery
from kam_kpi.texts import text
from kam_kpi.warehouse.inputs import current_loads

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drift:
    """Columns of a feed that came or went since its last accepted load."""

    feed: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Loss:
    """Rows that a run's loads of one feed delete: those of `known` that no load has any more."""

    feed: str
    known: int
    deleted: int
    limit: Decimal
    loads: tuple[str, ...]

    @property
    def is_too_much(self) -> bool:
        """More than the feed allows."""
        return self.deleted > Fraction(self.limit) * self.known


def refuse_changed_types(query: FeedQuery, known: list[LoadRecord]) -> list[Drift]:
    """Compares a feed's columns with its last accepted load.

    Args:
        query: the feed as it is now.
        known: its loads that were read as it is read now.

    Raises:
        KamError: a column that the mapping reads is of another kind than before.
    """
    settled = [r for r in known if r.state in ("accepted", "released") and r.types]
    if not settled:
        return []
    before = max(settled, key=lambda r: r.release_order).types
    has_select = any(entity.select for entity in query.feed.entities.values())
    read = set(query.names) if has_select else {*needed_columns(query.feed), *query.feed.key}
    for name, now in query.types.items():
        was = before.get(name, now)
        if name in read and was != now:
            raise KamError(
                "sources.column_type_changed",
                where=f"{query.database.connection.place}: {query.what}",
                column=name,
                before=was,
                now=now,
                feed=f"{query.source.source}.{query.feed_name}",
            )
    added = tuple(sorted(query.types.keys() - before.keys()))
    removed = tuple(sorted(before.keys() - query.types.keys()))
    return [Drift(query.feed_name, added, removed)] if added or removed else []


def key_columns(feed: Feed) -> list[str]:
    """Source columns that tell a feed's rows apart; empty where the mapping does not say."""
    if feed.key:
        return feed.key
    for name, entity in feed.entities.items():
        if entity.mode != "append" and entity.select is None:
            origins = [entity.columns.get(column) for column in load_contract()[name].key]
            names = [column.from_ for column in origins if column and column.from_]
            if len(names) == len(origins):
                return names
    return []


def vanishing(source: Source, feed_name: str, records: list[LoadRecord]) -> list[Loss]:
    """Rows in force that the new loads `records` of a feed would delete.

    Rows that merely move from one scope of the run to another are not deleted.
    """
    feed = source.feeds[feed_name]
    modes = {entity.mode for entity in feed.entities.values()} - {"append"}
    new = [record for record in records if record.feed == feed_name]
    if not modes or not new:
        return []
    settled = [r for r in registry.accepted_loads() if _is_of(r, source.source, feed_name)]
    winners = current_loads(settled, "replace_by" if feed.scope else "snapshot")
    current = [record for record in settled if record.load_id in winners]
    scopes = {record.scope: record for record in new}
    replaced = [r for r in current if not feed.scope or r.scope in scopes]
    lost = _lost(feed, replaced, new)
    by_scope = {r.scope: lost[r.load_id] for r in replaced if lost.get(r.load_id)}
    loads = tuple(r.load_id for r in new if not feed.scope or r.scope in by_scope)
    known = sum(record.rows_landed for record in current)
    loss = Loss(feed_name, known, sum(lost.values()), feed.max_delete_share, loads)
    return [loss] if lost else []


def _is_of(record: LoadRecord, source: str, feed: str) -> bool:
    return (record.source, record.feed) == (source, feed)


def _lost(feed: Feed, replaced: list[LoadRecord], new: list[LoadRecord]) -> dict[str, int]:
    """Load → how many of its rows are in no new load."""
    before = [record for record in replaced if record.parquet]
    after = [record for record in new if record.parquet]
    if not before:
        return {}
    if not after:
        return {record.load_id: record.rows_landed for record in before}
    keys = key_columns(feed)
    if not keys:
        fewer = sum(r.rows_landed for r in before) - sum(r.rows_landed for r in after)
        return {before[0].load_id: fewer} if fewer > 0 else {}
    names = ", ".join(identifier(name) for name in keys)
    same = " and ".join(
        f"old.{identifier(name)} is not distinct from new.{identifier(name)}" for name in keys
    )
    query = f"""
        with old as (select distinct _load_id, {names} from {landed_relation(before, keys)}),
        new as (select distinct {names} from {landed_relation(after, keys)})
        select old._load_id, count(*) from old where not exists (select 1 from new where {same})
        group by 1"""
    with duckdb.connect() as connection:
        return dict(connection.execute(query).fetchall())


def write_findings(source: Source, run_id: str, drifts: list[Drift], losses: list[Loss]) -> None:
    """Reports changed columns and deleted rows among the run's checks, and in its log."""
    rows = [_drift_row(source, run_id, drift) for drift in drifts]
    rows += [_loss_row(source, run_id, loss) for loss in losses]
    for row in rows:
        if not row.is_success:
            logger.warning(row.description)
    if rows:
        write_checks(run_id, f"database.{source.source}", rows)


def _drift_row(source: Source, run_id: str, drift: Drift) -> CheckRow:
    sentence = text(
        "lake.columns_changed",
        feed=drift.feed,
        source=source.source,
        added=", ".join(drift.added) or "—",
        removed=", ".join(drift.removed) or "—",
    )
    count = len(drift.added) + len(drift.removed)
    return _row(source, run_id, drift.feed, "columns_are_as_before", sentence, count, count)


def _loss_row(source: Source, run_id: str, loss: Loss) -> CheckRow:
    sentence = text(
        "lake.mass_delete" if loss.is_too_much else "lake.deleted",
        feed=loss.feed,
        source=source.source,
        deleted=loss.deleted,
        known=loss.known,
        limit=loss.limit,
    )
    failed = loss.deleted if loss.is_too_much else 0
    return _row(source, run_id, loss.feed, "deletes_are_few", sentence, loss.known, failed)


def _row(
    source: Source, run_id: str, feed: str, check: str, sentence: str, total: int, failed: int
) -> CheckRow:
    return CheckRow(
        run_id=run_id,
        stage="raw",
        suite=f"database.{source.source}",
        relation=f"{source.source}.{feed}",
        expectation=check,
        column_name=None,
        severity="warn",
        is_success=not failed,
        engine_failed=False,
        element_count=total,
        unexpected_count=failed,
        load_id=None,
        description=sentence,
        checked_at=registry.now(),
    )
