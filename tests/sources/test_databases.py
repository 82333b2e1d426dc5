"""Every engine gives its values as the same texts, from one snapshot, and writes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kam_kpi.errors import KamError
from kam_kpi.sources.connections import Connection, connection, sqlite_file
from kam_kpi.sources.databases import open_database
from kam_kpi.sources.mapping import Source
from kam_kpi.sources.read_database import FeedQuery, describe

Made = tuple[Connection, Callable[..., list[tuple[Any, ...]]]]


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A database of each engine, and how its administrator runs statements in it."""
    if request.param == "sqlite":
        import sqlite3

        path = tmp_path / "erp.db"

        def run(*statements: str) -> list[tuple[Any, ...]]:
            with sqlite3.connect(path) as session:
                for statement in statements:
                    rows = session.execute(statement).fetchall()
            session.close()
            return rows

        run("pragma journal_mode = wal")
        return sqlite_file(str(path)), run
    server = request.getfixturevalue(f"{request.param.replace('mysql', 'mariadb')}_server")
    database = server.new_database()
    monkeypatch.setenv("AIRFLOW_CONN_ERP", database.uri())
    return connection("erp"), database.run


def source(feed: dict[str, Any]) -> Source:
    entity = {"product": {"mode": "append", "columns": {"product_id": "id", "name": "id"}}}
    content = {"source": "erp", "domain": "crm", "connection": "erp", "time_zone": "Europe/Moscow"}
    return Source.model_validate({**content, "feeds": {"things": {**feed, "entities": entity}}})


def texts(query: FeedQuery, where: str = "") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for batch in query.read(where) for row in batch.to_pylist()]


TYPES = {
    # big numbers, trailing zeros and half a kopeck survive only as decimal text
    "sqlite": "id integer, net text, ratio real, on_day text, at_moment text, is_open boolean",
    "postgres": "id integer, net numeric(38, 4), ratio float8, on_day date, "
    "at_moment timestamp, is_open boolean",
    "mysql": "id integer, net decimal(38, 4), ratio double, on_day date, "
    "at_moment datetime(6), is_open boolean",
}


def test_values_are_texts_as_the_database_prints_them(made: Made) -> None:
    where, run = made
    run(
        f"create table things ({TYPES[where.engine]})",
        "insert into things values (1, '9999999999999999999999999999999999.1230', 0.1, "
        "'2026-10-31', '2026-10-31 23:59:59.123456', true)",
        "insert into things values (2, null, null, null, null, null)",
    )
    with open_database(where, "Europe/Moscow") as database:
        rows = texts(describe(database, source({"table": "things"}), "things"))
    boolean = "true" if where.engine == "postgres" else "1"
    first = ("1", "9999999999999999999999999999999999.1230", "0.1", "2026-10-31",
             "2026-10-31 23:59:59.123456", boolean)  # fmt: skip
    assert rows == [first, ("2", None, None, None, None, None)]


def test_empty_text_is_not_null_and_every_character_survives(made: Made) -> None:
    where, run = made
    awkward = "it''s “Ёлка” 漢 😀 % ? {x} $1 :n"
    run(
        "create table things (id integer, t text)",
        f"insert into things values (1, ''), (2, '{awkward}')",
    )
    with open_database(where, "UTC") as database:
        rows = texts(describe(database, source({"table": "things"}), "things"))
    assert rows == [("1", ""), ("2", awkward.replace("''", "'"))]


def test_names_are_quoted(made: Made) -> None:
    where, run = made
    left, right = ("`", "`") if where.engine == "mysql" else ('"', '"')
    name = f"{left}Счета order; select{right}"
    run(f"create table {name} (id integer, {left}group{right} integer)",
        f"insert into {name} values (1, 2)")  # fmt: skip
    with open_database(where, "UTC") as database:
        query = describe(database, source({"table": ["Счета order; select"]}), "things")
        assert (query.names, texts(query)) == (["id", "group"], [("1", "2")])


def test_an_instant_with_a_zone_is_written_in_utc(made: Made) -> None:
    where, run = made
    if where.engine == "sqlite":
        pytest.skip("SQLite has no such type")
    kind = "timestamptz" if where.engine == "postgres" else "timestamp"
    zone = (
        "set time zone 'Asia/Tokyo'" if where.engine == "postgres" else "set time_zone = '+09:00'"
    )
    run(f"create table things (id integer, changed {kind})", zone,
        "insert into things values (1, '2026-10-25 09:30:00')")  # fmt: skip
    with open_database(where, "Europe/Moscow") as database:
        query = describe(database, source({"table": "things"}), "things")
        assert texts(query) == [("1", "2026-10-25 00:30:00+00")]
        assert query.types["changed"] == "instant"


def test_what_is_committed_during_the_read_belongs_to_the_next_one(made: Made) -> None:
    where, run = made
    run("create table things (id integer)", "create table others (id integer)",
        "insert into things values (1)", "insert into others values (1)")  # fmt: skip
    with open_database(where, "UTC") as database:
        database.now()
        assert texts(describe(database, source({"table": "things"}), "things")) == [("1",)]
        run("insert into things values (2)", "insert into others values (2)")
        assert texts(describe(database, source({"table": "others"}), "things")) == [("1",)]
    with open_database(where, "UTC") as database:
        query = describe(database, source({"table": "others"}), "things")
        assert sorted(texts(query)) == [("1",), ("2",)]


def test_nothing_can_be_written(made: Made) -> None:
    where, run = made
    run("create table things (id integer)")
    with open_database(where, "UTC") as database, pytest.raises(KamError) as caught:
        database.rows("insert into things values (1)", "things")
    assert caught.value.key == "sources.not_read_only"
    assert run("select count(*) from things") == [(0,)]


def test_the_clock_is_the_servers_and_in_utc(made: Made) -> None:
    where, run = made
    sql = {"sqlite": "select unixepoch('now')", "mysql": "select unix_timestamp()",
           "postgres": "select cast(floor(extract(epoch from now())) as bigint)"}  # fmt: skip
    [(before,)] = run(sql[where.engine])
    with open_database(where, "Asia/Tokyo") as database:
        assert 0 <= database.now().timestamp() - int(before) < 60


def test_a_missing_column_and_a_repeated_one_are_named(made: Made) -> None:
    where, run = made
    run("create table things (number integer)")
    with open_database(where, "UTC") as database:
        with pytest.raises(KamError) as caught:
            describe(database, source({"table": "things"}), "things")
        assert caught.value.key == "sources.columns_missing"
        assert "lacks the columns id" in str(caught.value) and "it has: number" in str(caught.value)
        if where.engine == "postgres":  # MySQL refuses it by itself, SQLite renames it
            twice = source({"query": "select 1 as id, 2 as id"})
            with pytest.raises(KamError) as caught:
                describe(database, twice, "things")
            assert caught.value.key == "sources.bad_columns"
