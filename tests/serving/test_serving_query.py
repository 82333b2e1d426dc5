"""What a reader of the published database can do, and cannot."""

from pathlib import Path

import duckdb
import pytest

from kam_kpi.errors import KamError
from kam_kpi.serving.publish import publish, published_fingerprint
from kam_kpi.serving.query import connect, run_query
from tests.serving.small_build import ready


def test_before_the_first_publish_the_error_says_so(home: Path) -> None:
    with pytest.raises(KamError, match=r"Nothing is published yet\n  where: .*serving\n  fix: run"):
        connect()
    assert published_fingerprint() is None


def test_a_dangling_pointer_is_no_version(home: Path) -> None:
    (home / "serving").mkdir()
    (home / "serving/current").symlink_to("versions/000009")
    with pytest.raises(KamError, match="Nothing is published yet"):
        connect()


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 as a",
        "with a as (select 1) from a",
        "describe core.fct_invoice_line",
        "show all tables",
        "explain select 1",
        "pivot core.fct_invoice_line on note using sum(net)",
    ],
)
def test_reading_statements_run(home: Path, sql: str) -> None:
    ready(home, "r1", ("A", 1, "x"))
    publish("r1")
    with connect() as connection:
        assert run_query(connection, sql).fetchall()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{secret}')",
        "select * from read_csv('{secret}')",
        "select * from '{secret}'",
        "select * from glob('{folder}/*')",
        "explain analyze select * from read_text('{secret}')",
    ],
)
def test_files_cannot_be_read(home: Path, sql: str) -> None:
    secret = home / "secret.csv"
    secret.write_text("password\nhunter2\n", encoding="utf-8")
    ready(home, "r1")
    publish("r1")
    with connect() as connection, pytest.raises(KamError) as fault:
        run_query(connection, sql.format(secret=secret, folder=home))
    assert "hunter2" not in str(fault.value)


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{target}'",
        "explain analyze copy (select 1) to '{target}'",
        "export database '{target}'",
        "attach '{target}' as other",
        "create table core.new (a integer)",
        "insert into core.fct_invoice_line values ('B', 2, 'y')",
        "delete from core.fct_invoice_line",
        "drop table core.fct_invoice_line",
        "set enable_external_access = true",
        "set lock_configuration = false; select 1",
        "copy (select 1) to '{target}'; select 1",
        "install httpfs",
        "load httpfs",
        "call enable_logging(storage = 'file', storage_path = '{target}')",
        "checkpoint",
        "",
    ],
)
def test_nothing_can_be_written_or_unlocked(home: Path, sql: str) -> None:
    ready(home, "r1", ("A", 1, "x"))
    publish("r1")
    target = home / "written"
    with connect() as connection, pytest.raises(KamError):
        run_query(connection, sql.format(target=target))
    assert not target.exists()
    with connect() as connection:
        assert len(connection.execute("from core.fct_invoice_line").fetchall()) == 1


def test_variables_of_the_program_are_no_tables(home: Path) -> None:
    ready(home, "r1")
    publish("r1")
    secret = duckdb.sql("select 42 as a").arrow()
    with connect() as connection, pytest.raises(KamError, match="secret"):
        run_query(connection, "select * from secret")
    assert secret


def test_reading_leaves_no_file_behind(home: Path) -> None:
    ready(home, "r1")
    publish("r1")
    before = sorted(path.name for path in home.rglob("*"))
    with connect() as connection:
        run_query(connection, "select count(distinct hash(i)) from range(2000000) as rows(i)")
    assert sorted(path.name for path in home.rglob("*")) == before


def test_two_homes_in_one_process_are_two_databases(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(home, "r1", ("A", 1, None))
    publish("r1")
    monkeypatch.setenv("KAM_HOME", str(tmp_path / "other"))
    ready(tmp_path / "other", "r1", ("B", 2, None))
    publish("r1")
    with connect() as second:
        monkeypatch.setenv("KAM_HOME", str(home))
        with connect() as first:
            names = [
                c.execute("from core.fct_invoice_line").fetchall()[0][0] for c in (first, second)
            ]
    assert names == ["A", "B"]
