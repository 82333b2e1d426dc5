"""What is read of a database: the SQL of a feed, and how far it was read before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from kam_kpi.config import Deployment
from kam_kpi.errors import KamError
from kam_kpi.sources.connections import Connection, connection, sqlite_file
from kam_kpi.sources.databases import Database, Family, SourceColumn
from kam_kpi.sources.deliveries import needed_columns
from kam_kpi.sources.mapping import CoversToDate, CoversToQuery, Feed, Source
from kam_kpi.sources.query_guard import check_expression, check_query

SCOPE = "_scope"
RESERVED = ("_load_id", "_file", "_line", "_broken", SCOPE)


def connection_of(deployment: Deployment, source: Source) -> Connection:
    """The database of a source."""
    if source.sqlite:
        return sqlite_file(str(deployment.place_of(source)))
    return connection(source.connection)


def object_name(feed: Feed) -> str:
    """What is read, for a person: the table's name, or the first words of the query."""
    if feed.table:
        return ".".join(feed.table)
    words = " ".join((feed.query or "").split())
    return words if len(words) <= 60 else words[:59] + "…"


@dataclass(frozen=True)
class FeedQuery:
    """One feed of an open database, described but not read."""

    database: Database
    source: Source
    feed_name: str
    query: str
    columns: list[SourceColumn]

    @property
    def feed(self) -> Feed:
        """The feed's configuration."""
        return self.source.feeds[self.feed_name]

    @property
    def what(self) -> str:
        """Feed and object, for messages."""
        return f"{self.feed_name} ({object_name(self.feed)})"

    @property
    def names(self) -> list[str]:
        """Names of the query's columns."""
        return [column.name for column in self.columns]

    @property
    def types(self) -> dict[str, str]:
        """Family of each column."""
        return {column.name: column.family for column in self.columns}

    def since(self, bound: str) -> str:
        """Condition of the rows that may have changed since `bound`, a SQL literal."""
        # A row without cursor would never be read again: it is read every time.
        return f"({self.feed.cursor}) >= {bound} or ({self.feed.cursor}) is null" if bound else ""

    def scope_text(self) -> str:
        """SQL of a row's scope as text; a row without one is of the scope ''."""
        text = self.database.text_of(str(self.feed.scope), self._family(str(self.feed.scope)))
        return f"coalesce({text}, '')"

    def in_scopes(self, scopes: set[str]) -> str:
        """Condition of the rows of some scopes."""
        listed = ", ".join(self.database.literal(scope) for scope in sorted(scopes))
        return f"{self.scope_text()} in ({listed})"

    def watermark(self, values: list[str]) -> str:
        """The greatest of cursors that loads reached; empty without one."""
        given = [value for value in values if value]
        if isinstance(self.feed.overlap, int):
            return max(given, key=self._number, default="")
        return max(given, key=lambda each: self._moment(each).replace(tzinfo=None), default="")

    def count(self, where: str) -> int:
        """Rows that the query announces."""
        sql = f"select count(*) from (\n{self.query}\n) q{_where(where)}"
        [(count,)] = self.database.rows(sql, self.what)
        return int(count)

    def read(self, where: str) -> Iterator[pa.RecordBatch]:
        """Rows as texts, with their scope where the feed has one."""
        texts = {c.name: self._text(c) for c in self.columns}
        if self.feed.scope:
            texts[SCOPE] = self.scope_text()
        return self._texts(texts, where)

    def sample(self, limit: int) -> Iterator[pa.RecordBatch]:
        """A few rows, in no order."""
        texts = {c.name: self._text(c) for c in self.columns}
        return self._texts(texts, "", limit)

    def sweep(self) -> Iterator[pa.RecordBatch]:
        """Scope and key of every row there is."""
        keys = {c.name: self._text(c) for c in self.columns if c.name in self.feed.key}
        return self._texts({**keys, SCOPE: self.scope_text()}, "")

    def changed_scopes(self, bound: str) -> set[str]:
        """Scopes with rows that may have changed since `bound`."""
        scope = self.scope_text()
        sql = f"select distinct {scope} from (\n{self.query}\n) q{_where(self.since(bound))}"
        return {str(row[0]) for row in self.database.rows(sql, self.what)}

    def try_expressions(self) -> None:
        """Lets the database judge the feed's cursor and scope.

        Raises:
            KamError: one of them does not fit the query.
        """
        for expression in filter(None, (self.feed.cursor, self.feed.scope)):
            self._family(expression)

    def greatest_cursor(self, now: datetime, where: str) -> str:
        """The greatest cursor that the server's clock has reached, as text; empty without rows.

        A row dated in the future must not carry the watermark past rows that are yet to come.
        """
        found = self._greatest(where)
        if not found or isinstance(self.feed.overlap, int):
            return found
        clock = self._as_written(found, self._clock_like(found, now))
        if self._moment(found) <= self._moment(clock):
            return found
        until = f"({self.feed.cursor}) <= {self._literal(clock)}"
        return self._greatest(f"({where}) and {until}" if where else until)

    def bound(self, watermark: str) -> str:
        """SQL literal from which to read again: the watermark less the overlap."""
        overlap = self.feed.overlap
        if not watermark:
            return ""
        if isinstance(overlap, int):
            return str(self._number(watermark) - overlap)
        moment = self._moment(watermark) - (overlap or timedelta())
        return self._literal(self._as_written(watermark, moment))

    def _text(self, column: SourceColumn) -> str:
        name = f"q.{self.database.identifier(column.name)}"
        return self.database.text_of(name, column.family)

    def _family(self, expression: str) -> Family:
        sql = f"select {expression} as expression from (\n{self.query}\n) q"
        return self.database.columns(sql, self.what)[0].family

    def _texts(
        self, texts: dict[str, str], where: str, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        selected = ", ".join(
            f"{text} as {self.database.identifier(name)}" for name, text in texts.items()
        )
        sql = f"select {selected} from (\n{self.query}\n) q{_where(where)}"
        sql = sql if limit is None else self.database.first(sql, limit)
        return self.database.batches(sql, list(texts), self.what)

    def _greatest(self, where: str) -> str:
        cursor = str(self.feed.cursor)
        text = self.database.text_of(f"max({cursor})", self._family(cursor))
        sql = f"select {text} from (\n{self.query}\n) q{_where(where)}"
        [(value,)] = self.database.rows(sql, self.what)
        return "" if value is None else str(value)

    def _number(self, text: str) -> int:
        try:
            return int(text)
        except ValueError as fault:
            raise self._bad_cursor(text) from fault

    def _moment(self, text: str) -> datetime:
        try:
            return datetime.fromisoformat(text)
        except ValueError as fault:
            raise self._bad_cursor(text) from fault

    def _bad_cursor(self, value: str) -> KamError:
        where = f"{self.database.connection.place}: {self.what}"
        return KamError("sources.bad_cursor", where=where, value=value, cursor=self.feed.cursor)

    def _clock_like(self, text: str, now: datetime) -> datetime:
        if self._moment(text).tzinfo:
            return now
        return now.astimezone(ZoneInfo(self.source.time_zone)).replace(tzinfo=None)

    @staticmethod
    def _as_written(example: str, moment: datetime) -> str:
        """The moment, down to the second, in the form that the database writes."""
        if len(example) == len("2026-01-31"):
            return moment.date().isoformat()
        zone = datetime.fromisoformat(example).tzinfo
        text = (moment.astimezone(zone) if zone else moment).replace(microsecond=0, tzinfo=None)
        offset = example[max(example.rfind("+"), example.rfind("-", 11)) :] if zone else ""
        suffix = "Z" if example.endswith("Z") else offset
        return text.isoformat(sep=example[10]) + suffix

    def _literal(self, text: str) -> str:
        if self.database.connection.engine == "mysql":
            text = text.removesuffix("+00")  # the session is in UTC; MariaDB knows no offsets
        return self.database.literal(text)


def _where(condition: str) -> str:
    return f"\nwhere {condition}" if condition else ""


def describe(database: Database, source: Source, feed_name: str) -> FeedQuery:
    """A feed's query and its columns.

    Raises:
        KamError: the object is gone or not permitted, or lacks a column that the mapping reads.
    """
    feed = source.feeds[feed_name]
    where = f"{source.source}.{feed_name}"
    if feed.table:
        query = f"select * from {'.'.join(database.identifier(part) for part in feed.table)}"
    else:
        query = check_query(str(feed.query), where)
    for expression in (feed.cursor, feed.scope):
        if expression:
            check_expression(expression, where)
    what = f"{feed_name} ({object_name(feed)})"
    columns = database.columns(query, what)
    place = f"{database.connection.place}: {what}"
    names = [column.name for column in columns]
    wrong = [name for name in names if names.count(name) > 1 or name in RESERVED or not name]
    if wrong:
        raise KamError("sources.bad_columns", where=place, columns=", ".join(sorted(set(wrong))))
    missing = sorted({*needed_columns(feed), *feed.key} - set(names))
    if missing:
        raise KamError(
            "sources.columns_missing",
            where=place,
            columns=", ".join(missing),
            known=", ".join(names),
            feed=where,
        )
    return FeedQuery(database, source, feed_name, query, columns)


def covers_to(query: FeedQuery, now: datetime) -> str:
    """The last day the read speaks for, ISO text.

    By the clock it is the last whole day that had ended, by the server's clock, before what may
    still be committed late: rows of today are read, but today is not over.

    Raises:
        KamError: the query of `covers_to` does not give one date.
    """
    feed, source = query.feed, query.source
    if isinstance(feed.covers_to, CoversToDate):
        return feed.covers_to.date.isoformat()
    if isinstance(feed.covers_to, CoversToQuery):
        place = f"{source.source}.{query.feed_name}.covers_to"
        sql = check_query(feed.covers_to.query, place)
        rows = query.database.rows(sql, place)
        value = str(rows[0][0])[:10] if len(rows) == 1 and len(rows[0]) == 1 else ""
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError as fault:
            where = f"{query.database.connection.place}: {place}"
            raise KamError(
                "sources.bad_covers_to", where=where, value=value, how="query"
            ) from fault
    late = feed.overlap if isinstance(feed.overlap, timedelta) else timedelta()
    local = (now.astimezone(UTC) - late).astimezone(ZoneInfo(source.time_zone))
    return (local.date() - timedelta(days=1)).isoformat()
