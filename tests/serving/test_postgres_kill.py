"""A publisher killed at every step between the two stores; what a later start makes of it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from kam_kpi.commands.doctor_checks import Finding, published
from kam_kpi.home import Home
from kam_kpi.serving import versions
from kam_kpi.serving.postgres_repair import follow
from kam_kpi.serving.publish import publish, published_fingerprint
from kam_kpi.serving.query import connect, published_versions
from kam_kpi.warehouse.lock import writer_lock
from tests.serving.killing import BETWEEN_STORES, killed_at
from tests.serving.postgres_server import CONN_ID, Database, Server
from tests.serving.small_build import ready, write_config

LINES = "select invoice_id, net::text from core.fct_invoice_line"
HISTORY = "select version, run_id from quality.dim_published_version order by 1"


def in_duckdb(sql: str) -> list[tuple[Any, ...]]:
    with connect() as connection:
        return connection.execute(sql).fetchall()


def test_killed_at_every_step(home: Path, postgres: Database) -> None:
    ready(home, "r0", ("r0", 0, None))
    publish("r0")
    before = in_duckdb(LINES)
    outcomes = set()
    was_killed, step = True, 0
    while was_killed:
        run = f"killed {step}"
        ready(home, run, (run, 1, None))
        was_killed = killed_at(step, lambda run=run: publish(run), BETWEEN_STORES)
        here, there = in_duckdb(LINES), postgres.ask(LINES)
        after = [(run, "1.0000")]
        outcomes.add((here == after, there == after))
        assert here in (before, after)
        assert there in (before, after)
        # Its tables are of one version.
        assert (there == after) == (postgres.ask(HISTORY)[-1][1] == run)
        if step % 2:  # either the same run is tried again, or another one follows
            run = f"after {step}"
            ready(home, run, (run, 2, None))
        publish(run)
        before = in_duckdb(LINES)
        assert [row[0] for row in before] == [run]
        assert postgres.ask(LINES) == before
        assert postgres.ask(HISTORY) == in_duckdb(HISTORY)
        assert [row[1] for row in postgres.ask(HISTORY)].count(run) == 1
        assert not list((home / "serving").rglob(".*"))
        step += 1
    # Killed before the commit, between commit and pointer, and after the pointer.
    assert outcomes == {(False, False), (False, True), (True, True)}
    assert step > 10


@pytest.fixture
def apart(home: Path, postgres: Database) -> Database:
    """As a publish leaves it that was killed after the commit: PostgreSQL has 2, the pointer 1."""
    for run in ("r1", "r2"):
        ready(home, run, (run, 1, None))
        publish(run)
    versions.point_to(Home(home), 1)
    return postgres


def doctor(home: Path) -> Finding:
    """What the doctor says of PostgreSQL: the first of two findings."""
    finding, _ = published(Home(home))
    return finding


def test_the_doctor_moves_the_pointer_to_what_postgres_has(home: Path, apart: Database) -> None:
    assert published_fingerprint() is None
    assert "version 2, committed by a publish that was killed" in doctor(home).detail
    assert versions.current_version(Home(home)) == 2
    assert published_fingerprint() == "of r2"
    assert doctor(home) == Finding("published", "ok", "PostgreSQL has version 2, the same")


def test_the_doctor_leaves_a_publish_under_way_alone(home: Path, apart: Database) -> None:
    with writer_lock(Home(home), "r3"):
        assert doctor(home).state == "ok"
    assert versions.current_version(Home(home)) == 1


def test_the_doctor_tells_of_an_unreachable_postgres_and_of_what_is_here(
    home: Path, apart: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", "postgresql://kam@127.0.0.1:1/kam")
    there, here = published(Home(home))
    assert (there.state, here.state) == ("fail", "ok")
    assert "start the server" in there.fix


def test_the_next_publish_starts_from_what_postgres_has(home: Path, apart: Database) -> None:
    ready(home, "r3", ("r3", 1, None))
    assert publish("r3") == 3
    assert apart.ask(HISTORY) == in_duckdb(HISTORY) == [(1, "r1"), (2, "r2"), (3, "r3")]


def test_a_database_restored_from_an_older_backup_is_published_anew(
    home: Path, postgres: Database, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in ("r1", "r2"):
        ready(home, run, (run, 1, None))
        publish(run)
        if run == "r1":
            restored = Database(postgres_server, f"{postgres.name}_restored")
            postgres.run(f"create database {restored.name} template {postgres.name}")
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", restored.publisher)
    finding = doctor(home)
    assert (finding.state, finding.fix) == ("warn", "kam run: it publishes anew to both")
    assert finding.detail == "PostgreSQL has version 1, the current one here is 2"
    assert published_fingerprint() is None
    assert versions.current_version(Home(home)) == 2
    assert publish("r2") == 2
    assert restored.ask(LINES) == [("r2", "1.0000")]
    assert restored.ask(HISTORY) == in_duckdb(HISTORY) == [(1, "r1"), (2, "r2")]
    assert published_fingerprint() == "of r2"


def test_a_lost_serving_folder_goes_on_from_the_history_in_postgres(
    home: Path, postgres: Database
) -> None:
    for run in ("r1", "r2"):
        ready(home, run, (run, 1, None))
        publish(run)
    shutil.rmtree(home / "serving")
    assert published_fingerprint() is None
    assert doctor(home).detail == "PostgreSQL has version 2, the current one here is -"
    # The same run again: its number is taken in PostgreSQL, and its file is gone.
    assert publish("r2") == 3
    assert postgres.ask(HISTORY) == in_duckdb(HISTORY) == [(1, "r1"), (2, "r2"), (3, "r2")]


def test_a_version_of_another_publish_with_the_same_number_is_not_followed(
    home: Path, apart: Database
) -> None:
    apart.run("update quality.dim_published_version set run_id = 'other' where version = 2")
    assert doctor(home).state == "warn"
    assert versions.current_version(Home(home)) == 1
    ready(home, "r3", ("r3", 1, None))
    assert publish("r3") == 3


def test_a_damaged_version_is_not_followed(home: Path, apart: Database) -> None:
    newest = published_versions(Home(home), 2)[-1]
    versions.version_file(Home(home), 2).write_bytes(b"damaged")
    assert not follow(Home(home), newest)
    assert not follow(Home(home), None)
    assert versions.current_version(Home(home)) == 1


def test_switched_on_later_it_sends_everything(
    home: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(home, "r1", ("r1", 1, None))
    publish("r1")
    database = postgres_server.new_database()
    write_config(home.parent / "config", postgres=CONN_ID)
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", database.publisher)
    assert published_fingerprint() is None
    assert publish("r1") == 1
    assert database.ask(LINES) == [("r1", "1.0000")]
