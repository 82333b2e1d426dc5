"""Validates a source against its real files or tables; shows the first rows as they would land."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from kam_kpi.config import Deployment, load_deployment
from kam_kpi.contract import load_contract
from kam_kpi.errors import KamError
from kam_kpi.lake.landing import missing_feeds
from kam_kpi.sources.databases import Database, open_database
from kam_kpi.sources.deliveries import Delivery, covers_to, deliveries, needed_columns
from kam_kpi.sources.mapping import Source
from kam_kpi.sources.read_database import connection_of, describe, object_name
from kam_kpi.sources.read_database import covers_to as covers_to_day
from kam_kpi.sources.read_files import read
from kam_kpi.sources.staging_sql import compile_entity

SHOWN = 5
SAMPLED = 10_000
"""Rows of a table that are tried: a check must be no burden on a database."""


@dataclass(frozen=True)
class Fault:
    """Rows that would be quarantined for one reason, and the first of them."""

    reason: str
    column: str
    count: int
    line: int
    value: str | None


@dataclass(frozen=True)
class EntityCheck:
    """The first rows of one contract table, typed, and what would be quarantined."""

    entity: str
    rows: int
    columns: list[str]
    first_rows: list[tuple[Any, ...]]
    faults: list[Fault]


@dataclass
class FeedCheck:
    """The newest file of one feed, read as the next run would read it."""

    feed: str
    file: str
    rows: int = 0
    covers_to: str = ""
    missing_columns: list[str] = field(default_factory=list)
    unused_columns: list[str] = field(default_factory=list)
    entities: list[EntityCheck] = field(default_factory=list)
    error: KamError | None = None


@dataclass(frozen=True)
class CheckReport:
    """Everything found about one source."""

    source: str
    place: str
    feeds: list[FeedCheck]
    missing_feeds: list[str]
    is_database: bool = False

    @property
    def is_sound(self) -> bool:
        """Every feed has a file that reads and maps."""
        broken = any(feed.error or feed.missing_columns for feed in self.feeds)
        return not broken and not self.missing_feeds


def _entity_check(
    connection: duckdb.DuckDBPyConnection, source: Source, feed: str, entity: str
) -> EntityCheck:
    contract = load_contract()[entity]
    mapped = [n for n in contract.columns if n in source.feeds[feed].entities[entity].columns]
    staged = compile_entity(source, feed, entity, "landed_file")
    connection.execute(f"create or replace temp table staged as {staged}")
    names = ", ".join(f'"{name}"' for name in mapped)
    sound = "from staged where len(_errors) = 0"
    faults = connection.execute(
        """select error.reason, error.column_name, count(*), min(_line), arg_min(error.value, _line)
        from (select _line, unnest(_errors) as error from staged) group by 1, 2 order by 1, 2"""
    ).fetchall()
    total = connection.execute(f"select count(*) {sound}").fetchone()
    return EntityCheck(
        entity=entity,
        rows=int(total[0]) if total else 0,
        columns=mapped,
        first_rows=connection.execute(
            f"select {names} {sound} order by _line limit {SHOWN}"
        ).fetchall(),
        faults=[Fault(*row) for row in faults],
    )


def _entity_checks(source: Source, feed: str, raw: pa.Table) -> list[EntityCheck]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("raw_file", raw)
        connection.execute(
            "create view landed_file as select *, 'check' as _load_id, '' as _file from raw_file"
        )
        try:
            entities = source.feeds[feed].entities
            return [_entity_check(connection, source, feed, entity) for entity in entities]
        except duckdb.Error as fault:
            where = f"{source.source}.{feed}"
            raise KamError("sources.bad_select", where=where, problem=str(fault)) from fault


def _feed_check(source: Source, delivery: Delivery) -> FeedCheck:
    result = FeedCheck(delivery.feed_name, delivery.path.name)
    try:
        raw = read(delivery.feed, delivery.path)
        result.rows, result.covers_to = raw.rows_seen, covers_to(delivery, raw)
        needed = needed_columns(delivery.feed)
        result.missing_columns = [name for name in needed if name not in raw.columns]
        if not any(entity.select for entity in delivery.feed.entities.values()):
            result.unused_columns = [name for name in raw.columns if name not in needed]
        if result.missing_columns:
            return result
        result.entities = _entity_checks(source, delivery.feed_name, raw.table)
    except KamError as fault:
        result.error = fault
    return result


def _query_check(database: Database, now: datetime, source: Source, name: str) -> FeedCheck:
    result = FeedCheck(name, object_name(source.feeds[name]))
    try:
        query = describe(database, source, name)
        result.rows, result.covers_to = query.count(""), covers_to_day(query, now)
        query.try_expressions()
        needed = {*needed_columns(query.feed), *query.feed.key}
        if not any(entity.select for entity in query.feed.entities.values()):
            result.unused_columns = [column for column in query.names if column not in needed]
        table = pa.Table.from_batches(list(query.sample(SAMPLED)))
        technical = {"_line": pa.array(range(1, table.num_rows + 1), pa.int64())}
        technical["_broken"] = pa.nulls(table.num_rows, pa.string())
        for column, values in technical.items():
            table = table.append_column(column, values)
        result.entities = _entity_checks(source, name, table)
    except KamError as fault:
        if source.feeds[name].required or fault.key != "sources.object_missing":
            result.error = fault
    return result


def _check_database(deployment: Deployment, source: Source) -> CheckReport:
    place = connection_of(deployment, source)
    with open_database(place, source.time_zone) as database:
        now = database.now()
        feeds = [_query_check(database, now, source, name) for name in source.feeds]
    return CheckReport(source.source, place.place, feeds, [], is_database=True)


def check(source_name: str) -> CheckReport:
    """Reads the newest file, or the first rows, of each feed of a source; changes nothing.

    Raises:
        KamError: the source is not configured, or its folder or database cannot be opened.
    """
    deployment = load_deployment()
    source = deployment.source(source_name)
    if source.is_database:
        return _check_database(deployment, source)
    folder = deployment.place_of(source)
    newest = {delivery.feed_name: delivery for delivery in deliveries(source, folder)}
    feeds = [_feed_check(source, delivery) for delivery in newest.values()]
    return CheckReport(source_name, str(folder), feeds, missing_feeds(source, folder))
