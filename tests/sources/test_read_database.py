"""How far a read reaches: the last day, the watermark and its literal."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kam_kpi.errors import KamError
from kam_kpi.sources.connections import Connection
from kam_kpi.sources.databases import Database, Mysql, Postgres
from kam_kpi.sources.mapping import Source
from kam_kpi.sources.read_database import FeedQuery, covers_to

ENTITIES = {"product": {"mode": "append", "columns": {"product_id": "id", "name": "id"}}}


def query(engine: type[Database] = Postgres, **feed: Any) -> FeedQuery:
    name = "mysql" if engine is Mysql else "postgres"
    content = {
        "source": "erp", "domain": "crm", "connection": "erp", "time_zone": "Europe/Moscow",
        "feeds": {"things": {"table": "things", "entities": ENTITIES, **feed}},
    }  # fmt: skip
    source = Source.model_validate(content)
    database = engine(Connection("erp", name), source.time_zone)
    return FeedQuery(database, source, "things", "select * from things", [])


@pytest.mark.parametrize(
    ("now", "day"),
    [
        # midnight in Moscow is 21:00 UTC; two hours later what was committed before it is in
        ("2026-10-31 22:59:59", "2026-10-30"),
        ("2026-10-31 23:00:00", "2026-10-31"),
        ("2026-11-01 00:00:00", "2026-10-31"),
    ],
)
def test_by_the_clock_a_load_speaks_for_the_last_day_that_is_over(now: str, day: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert covers_to(query(cursor="changed", overlap="2 hours"), moment) == day


def test_without_overlap_the_day_is_over_at_midnight() -> None:
    at = datetime(2026, 10, 31, 21, tzinfo=UTC)
    assert covers_to(query(), at) == "2026-10-31"
    assert covers_to(query(covers_to={"date": "2017-12-31"}), at) == "2017-12-31"


@pytest.mark.parametrize(
    ("overlap", "watermark", "bound"),
    [
        ("2 hours", "2026-10-01 01:00:00.75", "'2026-09-30 23:00:00'"),
        ("2 hours", "2026-10-01T01:00:00", "'2026-09-30T23:00:00'"),
        ("2 hours", "2026-10-01 01:00:00.5+00", "'2026-09-30 23:00:00+00'"),
        ("15 minutes", "2026-10-01T01:00:00Z", "'2026-10-01T00:45:00Z'"),
        ("15 minutes", "2026-10-01 01:00:00+03:00", "'2026-10-01 00:45:00+03:00'"),
        ("1 day", "2026-10-01", "'2026-09-30'"),
        ("2 hours", "2026-10-01", "'2026-09-30'"),
        (100, "1000", "900"),
        (0, "1000", "1000"),
        ("1 day", "", ""),
    ],
)
def test_the_bound_is_the_watermark_less_the_overlap_as_the_database_writes_it(
    overlap: Any, watermark: str, bound: str
) -> None:
    assert query(cursor="changed", overlap=overlap).bound(watermark) == bound


def test_mysql_gets_no_offset() -> None:
    changes = query(Mysql, cursor="changed", overlap="1 hour")
    assert changes.bound("2026-10-01 01:00:00+00") == "'2026-10-01 00:00:00'"


def test_the_watermark_is_the_greatest_of_its_kind_and_not_of_its_text() -> None:
    assert query(cursor="n", overlap=1).watermark(["9", "", "10"]) == "10"
    stamps = ["2026-10-01 10:00:00", "2026-10-01T09:00:00"]
    assert query(cursor="changed", overlap="1 day").watermark(stamps) == stamps[0]


def test_a_cursor_of_another_kind_than_its_overlap_is_refused() -> None:
    for overlap, value in ((5, "2026-10-01"), ("1 day", "abc")):
        with pytest.raises(KamError, match=value):
            query(cursor="n", overlap=overlap).bound(value)


def test_backslashes_and_quotes_of_a_scope_are_its_own() -> None:
    assert query().database.literal("a'b\\") == "'a''b\\'"
    assert query(Mysql).database.literal("a'b\\") == "'a''b\\\\'"
