"""What PostgreSQL refuses: one error with connection, place and remedy; nothing has moved."""

import re
from pathlib import Path

import pytest

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.serving import versions
from kam_kpi.serving.publish import publish, published_fingerprint
from tests.serving.postgres_server import CONN_ID, PASSWORD, Database, Server
from tests.serving.small_build import ready

VARIABLE = f"AIRFLOW_CONN_{CONN_ID.upper()}"
LINES = "select invoice_id from core.fct_invoice_line"


@pytest.fixture
def second(home: Path, postgres: Database) -> Database:
    """Version 1 is published, r2 is ready to be."""
    ready(home, "r1", ("r1", 1, None))
    publish("r1")
    ready(home, "r2", ("r2", 1, None))
    return postgres


def refused(home: Path, run: str = "r2") -> str:
    """The message of a publish that fails; the pointer has not moved."""
    before = versions.current_version(Home(home))
    with pytest.raises(KamError) as fault:
        publish(run)
    assert versions.current_version(Home(home)) == before
    message = str(fault.value)
    assert f"where: {CONN_ID} (postgres " in message
    chain = f"{fault.value!r} {fault.value.__cause__!r} {fault.value.__context__!r}"
    assert PASSWORD not in message + chain
    assert "wrong" not in re.sub("is wrong", "", message + chain)
    return message


def before_each_line(database: Database, body: str) -> None:
    """Something happens in the server while core.fct_invoice_line is copied."""
    database.run(
        "create schema faults",
        "grant usage on schema faults to kam_publisher",
        "create function faults.happen() returns trigger language plpgsql security definer "
        f"as $$ begin {body}; return new; end $$",
        "create trigger happens before insert on core.fct_invoice_line "
        "for each row execute function faults.happen()",
    )


def test_a_wrong_password(home: Path, second: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, second.uri("kam_publisher", "wrong"))
    message = refused(home)
    assert "PostgreSQL refuses the login" in message
    assert "password authentication failed" in message
    assert second.name in message
    # Told before a version was written for nothing.
    assert versions.versions(Home(home)) == [1]


def test_a_database_that_is_not_there(
    home: Path, second: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, Database(second.server, "nowhere").publisher)
    assert "refuses the login, nothing is published: " in refused(home)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "%2Fnowhere", "nowhere.invalid"])
def test_a_server_that_is_not_there(
    home: Path, second: Database, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv(VARIABLE, f"postgresql://kam_publisher:wrong@{host}/kam")
    message = refused(home)
    assert "PostgreSQL cannot be reached" in message
    assert "start the server" in message
    with pytest.raises(KamError, match="cannot be reached"):
        published_fingerprint()


def test_a_connection_to_another_system(
    home: Path, second: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"mysql://kam:{'secret'}@localhost/kam")
    with pytest.raises(KamError, match="is to no PostgreSQL") as fault:
        publish("r2")
    assert "secret" not in str(fault.value)


def test_a_server_that_only_reads(home: Path, second: Database) -> None:
    second.run(
        f"alter role kam_publisher in database {second.name} set default_transaction_read_only = on"
    )
    assert "only reads: it is a replica" in refused(home)
    assert versions.versions(Home(home)) == [1]


def test_a_database_that_is_not_prepared(
    home: Path, postgres: Database, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Database(postgres_server, f"{postgres.name}_bare")
    postgres.run(f"create database {bare.name}")
    monkeypatch.setenv(VARIABLE, bare.publisher)
    ready(home, "r1")
    message = refused(home, "r1")
    assert "absent: schema core, schema kpi, schema quality" in message
    assert "deploy/postgres/serving.psql" in message


def test_a_missing_privilege(home: Path, second: Database) -> None:
    second.run("alter table core.fct_invoice_line owner to postgres")
    second.run("grant select on core.fct_invoice_line to kam_publisher")
    second.run("alter schema core owner to postgres")
    second.run("grant usage on schema core to kam_publisher")
    message = refused(home)
    assert (
        "PostgreSQL forbids it, nothing is published: permission denied for schema core" in message
    )


@pytest.mark.parametrize(
    ("body", "settings", "expected"),
    [
        (
            "raise exception 'could not extend file: No space left on device' "
            "using errcode = '53100'",
            "",
            "The disk of PostgreSQL is full",
        ),
        (
            "perform pg_sleep(20)",
            "statement_timeout = '1s'",
            "canceling statement due to statement",
        ),
        ("perform pg_terminate_backend(pg_backend_pid())", "", "connection to PostgreSQL was lost"),
        ("raise exception 'surprise'", "", "refuses a statement of the publish.*: surprise"),
    ],
    ids=["disk full", "timeout", "connection lost", "anything else"],
)
def test_a_fault_in_the_middle_of_a_copy(
    home: Path, second: Database, body: str, settings: str, expected: str
) -> None:
    before_each_line(second, body)
    if settings:
        second.run(f"alter role kam_publisher in database {second.name} set {settings}")
    assert re.search(expected, refused(home))
    assert second.ask(LINES) == [("r1",)]
    # The version is written and waits; the cause mended, the same run brings it to both.
    second.run("drop schema faults cascade")
    assert publish("r2") == 2
    assert second.ask(LINES) == [("r2",)]


def test_rows_of_a_refused_copy_are_in_no_message(home: Path, second: Database) -> None:
    second.run("alter table core.fct_invoice_line add constraint odd check (invoice_id <> 'r2')")
    message = refused(home)
    assert 'violates check constraint "odd"' in message
    assert "Failing row" not in message


def test_refused_publishes_do_not_fill_the_disk(home: Path, second: Database) -> None:
    before_each_line(second, "raise exception 'surprise'")
    for number in range(2, 12):
        ready(home, f"r{number}", ("r", number, None))
        refused(home, f"r{number}")
    kept = versions.versions(Home(home))
    assert kept[0] == 1
    assert len(kept) == 6


def test_two_publishers_wait_for_each_other(
    home: Path, second: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kam_kpi.serving.postgres.LOCK_TIMEOUT", "200ms")
    with second.session() as other:
        other.execute("select pg_advisory_xact_lock(5240417)::text")
        other.fetchall()
        assert "or publishes too" in refused(home)
    assert publish("r2") == 2
