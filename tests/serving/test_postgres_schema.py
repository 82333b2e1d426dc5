"""Columns and tables that come, go and change, and who may read them."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from adbc_driver_manager.dbapi import Error

from kam_kpi import PROJECT
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.serving import postgres as postgres_module
from kam_kpi.serving.descriptions import mart_descriptions
from kam_kpi.serving.postgres_plan import RESTRICTED
from kam_kpi.serving.publish import publish
from kam_kpi.serving.versions import current_version
from tests.serving.postgres_server import Database
from tests.serving.small_build import add_tables, ready

T = "core.fct_t"


def publish_table(home: Path, run: str, *columns: str, rows: Sequence[str] = ()) -> None:
    """Publishes a build with a table core.fct_t."""
    ready(home, run)
    add_tables(
        home,
        f"create table {T} ({', '.join(columns)})",
        *(f"insert into {T} values {row}" for row in rows),
    )
    publish(run)


def columns_of(postgres: Database) -> list[tuple[Any, ...]]:
    return postgres.ask(
        "select column_name::text, data_type::text, is_nullable::text "
        "from information_schema.columns where table_name = 'fct_t' order by ordinal_position"
    )


def oid(postgres: Database) -> int:
    [(found,)] = postgres.ask(f"select '{T}'::regclass::oid::bigint")
    return int(found)


@pytest.fixture
def first(home: Path, postgres: Database) -> Database:
    """A published core.fct_t (a integer not null, b varchar), with a grant of the administrator."""
    publish_table(home, "r1", "a integer not null", "b varchar", rows=["(1, 'x')", "(2, null)"])
    role = f"analyst_{postgres.name}"
    postgres.run(f"create role {role} nologin", f"grant select on {T} to {role}")
    return postgres


@pytest.mark.parametrize(
    ("columns", "row", "expected"),
    [
        (
            ["a integer not null", "b varchar", "c decimal(18, 4) not null"],
            "(1, 'x', 1.5)",
            [("a", "integer", "NO"), ("b", "text", "YES"), ("c", "numeric", "NO")],
        ),
        (["b varchar"], "('x')", [("b", "text", "YES")]),
        (
            ["a decimal(38, 10) not null", "b date"],
            "(1.0000000001, '2026-01-31')",
            [("a", "numeric", "NO"), ("b", "date", "YES")],
        ),
        (
            ["a integer", "b varchar"],
            "(null, 'x')",
            [("a", "integer", "YES"), ("b", "text", "YES")],
        ),
        (
            ["a integer not null", "b varchar not null"],
            "(1, 'y')",
            [("a", "integer", "NO"), ("b", "text", "NO")],
        ),
        (
            ["b varchar", "a integer not null"],
            "('x', 1)",
            [("a", "integer", "NO"), ("b", "text", "YES")],
        ),
    ],
    ids=["added", "dropped", "retyped", "may be null", "not null", "reordered"],
)
def test_a_changed_table_keeps_its_grants(
    home: Path,
    first: Database,
    columns: list[str],
    row: str,
    expected: list[tuple[str, str, str]],
) -> None:
    before = oid(first)
    publish_table(home, "r2", *columns, rows=[row])
    assert columns_of(first) == expected
    assert first.ask(f"select count(*) from {T}") == [(1,)]
    assert oid(first) == before
    for role in (f"analyst_{first.name}", "kam_reader"):
        assert first.ask(f"select has_table_privilege('{role}', '{T}', 'select')") == [(True,)]


def test_a_retyped_column_keeps_every_digit(home: Path, first: Database) -> None:
    publish_table(home, "r2", "a decimal(38, 20)", rows=["('1.00000000000000000001')"])
    assert first.ask(f"select a::text from {T}") == [("1.00000000000000000001",)]


def test_a_table_that_gains_a_month_is_cut_by_months_from_then_on(
    home: Path, first: Database
) -> None:
    # While the month may be absent the table is whole.
    for run, kind, amount in (
        ("r2", "date", 4),
        ("r3", "date not null", 5),
        ("r4", "date not null", 6),
    ):
        publish_table(
            home, run, f"period {kind}", "a integer",
            rows=["('2026-01-01', 1)", f"('2026-02-01', {amount})"],
        )  # fmt: skip
    assert first.ask(f"select period::text, a from {T} order by 1") == [
        ("2026-01-01", 1),
        ("2026-02-01", 6),
    ]
    assert first.ask(
        "select period, version from quality.published_partition "
        "where table_name = 'fct_t' order by 1"
    ) == [("2026-01-01", 3), ("2026-02-01", 4)]
    publish_table(home, "r5", "a integer", rows=["(1)"])
    assert first.ask(f"select * from {T}") == [(1,)]


def test_a_table_that_is_not_published_any_more_goes(home: Path, first: Database) -> None:
    first.run("create table core.by_the_administrator (a integer)")
    ready(home, "r2")
    publish("r2")
    assert first.ask(f"select to_regclass('{T}')::text") == [(None,)]
    assert first.ask(
        "select count(*) from quality.published_partition where table_name = 'fct_t'"
    ) == [(0,)]
    assert first.ask("select count(*) from core.by_the_administrator") == [(0,)]


def test_a_table_that_somebody_dropped_or_altered_is_whole_again(
    home: Path, first: Database
) -> None:
    first.run(f"alter table {T} drop column b", "drop table core.fct_invoice_line")
    publish_table(home, "r2", "a integer not null", "b varchar", rows=["(1, 'x')", "(2, null)"])
    assert first.ask(f"select a, b from {T} order by 1") == [(1, "x"), (2, None)]
    assert first.ask("select count(*) from core.fct_invoice_line") == [(0,)]


def test_without_its_partitions_a_table_is_sent_anew(home: Path, first: Database) -> None:
    first.run(f"update {T} set a = 99", "delete from quality.published_partition")
    publish_table(home, "r2", "a integer not null", "b varchar", rows=["(1, 'x')", "(2, null)"])
    assert first.ask(f"select a from {T} order by 1") == [(1,), (2,)]


def test_a_view_on_a_column_that_goes_stops_the_publish_and_names_it(
    home: Path, first: Database
) -> None:
    first.run("create schema reports", f"create view reports.mine as select b from {T}")
    # What a view does not use may change, and its rows may, without anybody asking.
    publish_table(home, "r2", "a bigint not null", "b varchar", rows=["(7, 'new')"])
    assert first.ask("select b from reports.mine") == [("new",)]
    for columns in (["a bigint not null"], ["a bigint not null", "b date"]):
        with pytest.raises(KamError, match="A view of yours stands on"):
            publish_table(home, "r3", *columns)
        assert current_version(Home(home)) == 2
        assert first.ask("select b from reports.mine") == [("new",)]


def test_a_reader_of_another_table_never_waits_and_one_of_this_table_is_waited_for(
    home: Path, first: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_module, "LOCK_TIMEOUT", "300ms")
    with first.session() as reader:
        reader.execute(f"select a from {T}")
        reader.fetchall()
        # Only rows change: nobody waits.
        publish_table(home, "r2", "a integer not null", "b varchar", rows=["(3, 'y')"])
        with pytest.raises(KamError, match="Somebody holds a table whose columns change"):
            publish_table(home, "r3", "a integer not null")
    assert current_version(Home(home)) == 2
    publish("r3")
    assert columns_of(first) == [("a", "integer", "NO")]


def test_readers_read_and_nothing_else(home: Path, postgres: Database) -> None:
    ready(home, "r1", ("A", Decimal(1), "x"))
    add_tables(
        home,
        "create table quality.fct_quarantined_row (source varchar, value varchar, reason varchar)",
        "insert into quality.fct_quarantined_row values ('crm', 'olga@example.org', 'unparsable')",
    )
    publish("r1")
    for role, group in (("bi", "kam_reader"), ("hr", "kam_personal")):
        postgres.run(f"create role {role}_{postgres.name} login in role {group} password 'p'")
    bi, hr = (postgres.uri(f"{role}_{postgres.name}", "p") for role in ("bi", "hr"))
    for uri in (bi, hr):
        assert postgres.ask("select net::text from core.fct_invoice_line", uri) == [("1.0000",)]
        assert (
            len(postgres.ask("select employee_id, name, is_kam from core.dim_employee", uri)) == 4
        )
        assert postgres.ask("select version from quality.dim_published_version", uri) == [(1,)]
        assert postgres.ask("select reason from quality.fct_quarantined_row", uri)
        assert postgres.ask("select count(*) from quality.published_partition", uri)
    for sql in (
        "select email from core.dim_employee",
        "select * from core.dim_employee",
        "select personnel_no from core.dim_employee",
        "select value from quality.fct_quarantined_row",
    ):
        assert postgres.ask(sql, hr)
        with pytest.raises(Error, match="permission denied"):
            postgres.ask(sql, bi)
    for uri in (bi, hr):
        for statement in (
            "delete from core.fct_invoice_line",
            "update core.fct_invoice_line set net = 0",
            "insert into core.fct_invoice_line values ('B', 1, 'y')",
            "truncate core.fct_invoice_line",
            "create table core.mine (a integer)",
            "create table public.mine (a integer)",
            "create temporary table mine (a integer)",
            "create schema mine",
            "drop table core.fct_invoice_line",
        ):
            with (
                postgres.session(uri) as cursor,
                pytest.raises(Error, match=r"denied|must be owner"),
            ):
                cursor.execute(statement)


def test_the_columns_that_everybody_may_read_exist() -> None:
    described = mart_descriptions()
    for table, columns in RESTRICTED.items():
        assert set(columns) < set(described[table.partition(".")[2]].columns)


def test_the_publisher_has_no_other_right(postgres: Database) -> None:
    for statement in (
        "create role another",
        "create schema another",
        "create table public.another (a integer)",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
    ):
        with (
            postgres.session(postgres.publisher) as cursor,
            pytest.raises(Error, match=r"denied|superuser|privileges"),
        ):
            cursor.execute(statement)
    assert postgres.ask(
        "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication "
        "from pg_roles where rolname = 'kam_publisher'"
    ) == [(False,)]


def test_preparing_again_changes_nothing(home: Path, first: Database) -> None:
    first.psql(PROJECT / "deploy/postgres/serving.psql")
    ready(home, "r2")
    publish("r2")
