"""A database at fault is one clear error: connection, object and fix, and never the password."""

import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kam_kpi.errors import KamError
from kam_kpi.lake import registry
from kam_kpi.lake.landing import land
from kam_kpi.sources import databases
from kam_kpi.sources.check import check
from kam_kpi.sources.database_faults import UnreachableError
from tests.conftest import SmallDeployment
from tests.sources.servers import PASSWORD, Server, ServerDatabase

FEED = {
    "query": "select id, name, cost from product",
    "covers_to": {"date": "2026-10-31"},
    "entities": {
        "product": {
            "mode": "snapshot",
            "columns": {"product_id": "id", "name": "name", "unit_cost": "cost"},
        }
    },
}
Connect = Callable[[str], None]


@pytest.fixture
def connect(deployment: SmallDeployment, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Configures source `erp` over a connection."""

    def to(uri: str) -> None:
        deployment.write_source("erp", {"products": FEED}, path="", connection="acme_erp")
        monkeypatch.setenv("AIRFLOW_CONN_ACME_ERP", uri)

    return to


@pytest.fixture(params=["postgres", "mariadb"])
def erp(request: pytest.FixtureRequest, connect: Connect) -> ServerDatabase:
    """A small ERP on a server, with a reader that may see one table."""
    server: Server = request.getfixturevalue(f"{request.param}_server")
    database = server.new_database()
    database.run("create table product (id integer, name varchar(40), cost decimal(12, 2))",
                 "insert into product values (1, 'Tea', 10.50), (2, 'Чай', null)")  # fmt: skip
    reader = f"reader_{database.name}"
    quoted = PASSWORD.replace("'", "''")
    if server.engine == "postgres":
        database.run(f"create role {reader} login password '{quoted}'",
                     f"grant select on product to {reader}")  # fmt: skip
    else:
        database.run(f"create user {reader}@localhost identified by '{quoted}'",
                     f"grant select on {database.name}.product to {reader}@localhost")  # fmt: skip
    connect(database.uri(reader, PASSWORD))
    return database


def fault_of(action: Callable[[], Any]) -> KamError:
    with pytest.raises(KamError) as caught:
        action()
    story = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in story and "wrong-secret" not in story
    assert "acme_erp" in caught.value.where
    return caught.value


def run() -> list[str]:
    return land("erp", "run")


def test_a_reader_with_select_alone_is_enough(erp: ServerDatabase) -> None:
    assert len(run()) == 1
    (record,) = registry.loads("erp")
    assert (record.rows_landed, record.types["cost"]) == (2, "number")
    assert check("erp").is_sound


def test_a_wrong_password(erp: ServerDatabase, connect: Connect) -> None:
    connect(erp.uri(f"reader_{erp.name}", "wrong-secret"))
    fault = fault_of(run)
    assert fault.key == "sources.login_refused"
    assert "Correct the connection" in fault.fix


def test_an_unknown_database(erp: ServerDatabase, connect: Connect) -> None:
    connect(erp.uri().replace(erp.name, "nowhere"))
    assert fault_of(run).key == "sources.unknown_database"


@pytest.mark.parametrize(
    "uri",
    ["postgresql://kam:wrong-secret@127.0.0.1:9/erp", "mysql://kam:wrong-secret@127.0.0.1:9/erp"],
)
def test_a_server_that_does_not_answer(connect: Connect, uri: str) -> None:
    connect(uri)
    fault = fault_of(run)
    assert (fault.key, isinstance(fault, UnreachableError)) == ("sources.unreachable", True)
    assert "127.0.0.1:9" in fault.where


def test_a_host_that_nobody_knows(connect: Connect) -> None:
    connect("postgresql://kam:wrong-secret@nohost.invalid/erp")
    assert fault_of(run).key == "sources.unreachable"


def test_a_table_that_vanished_leaves_what_was_accepted(erp: ServerDatabase) -> None:
    run()
    registry.accept_loads("erp")
    erp.run("alter table product rename to product_old")
    fault = fault_of(run)
    # MariaDB hides from a reader without rights whether a table exists
    assert fault.key in ("sources.object_missing", "sources.not_permitted")
    assert "products (select id, name, cost from product)" in fault.where
    assert len(registry.accepted_loads()) == 1


def test_a_table_that_may_not_be_read(erp: ServerDatabase) -> None:
    grantee = f"reader_{erp.name}" + ("@localhost" if erp.server.engine == "mysql" else "")
    table = f"{erp.name}.product" if erp.server.engine == "mysql" else "product"
    erp.run(f"revoke select on {table} from {grantee}")
    fault = fault_of(run)
    assert fault.key in ("sources.not_permitted", "sources.login_refused")


def test_a_column_that_vanished(erp: ServerDatabase) -> None:
    erp.run("alter table product drop column cost")
    fault = fault_of(run)
    assert fault.key == "sources.column_absent" and "cost" in str(fault)


def test_a_column_that_changed_its_type(erp: ServerDatabase, deployment: SmallDeployment) -> None:
    run()
    registry.accept_loads("erp")
    kind = "type text" if erp.server.engine == "postgres" else None
    erp.run(f"alter table product alter column cost {kind}" if kind else
            "alter table product modify cost text")  # fmt: skip
    erp.run("update product set cost = 'ten'")
    fault = fault_of(run)
    assert fault.key == "sources.column_type_changed"
    assert "cost has changed from number to text" in fault.what
    assert "erp.products" in fault.fix
    assert len(registry.loads()) == 1
    # said in the mapping, it is meant
    query = "select id, name, null as cost from product"
    deployment.write_source(
        "erp", {"products": {**FEED, "query": query}}, path="", connection="acme_erp"
    )
    assert len(run()) == 1


def test_a_wider_type_of_the_same_kind_is_no_change(erp: ServerDatabase) -> None:
    run()
    registry.accept_loads("erp")
    if erp.server.engine == "postgres":
        erp.run("alter table product alter column cost type numeric, alter column id type bigint")
    else:
        erp.run("alter table product modify cost decimal(30, 4), modify id bigint")
    erp.run("update product set cost = 11")
    assert len(run()) == 1


def test_a_read_only_server_is_read_as_any_other(postgres_server: Server, connect: Connect) -> None:
    database = postgres_server.new_database()
    database.run("create table product (id integer, name text, cost numeric)",
                 "insert into product values (1, 'Tea', 1)",
                 f"alter database {database.name} set default_transaction_read_only = on")  # fmt: skip
    connect(database.uri())
    assert len(run()) == 1


def test_a_connection_lost_while_reading_takes_nothing(
    postgres_server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgres_server.new_database()
    database.run("create table product as select id, repeat('x', 200) as name, 1.5 as cost "
                 "from generate_series(1, 400000) as id")  # fmt: skip
    connect(database.uri())
    read = databases.Postgres.batches

    def dying(self: databases.Postgres, *arguments: Any) -> Any:
        for number, batch in enumerate(read(self, *arguments)):
            if number == 1:
                database.run("select pg_terminate_backend(pid) from pg_stat_activity "
                             "where application_name = 'kam'")  # fmt: skip
            yield batch

    monkeypatch.setattr(databases.Postgres, "batches", dying)
    fault = fault_of(run)
    assert isinstance(fault, UnreachableError)
    assert registry.loads() == []
    monkeypatch.undo()


def test_a_query_that_writes(erp: ServerDatabase, deployment: SmallDeployment) -> None:
    if erp.server.engine != "postgres":
        pytest.skip("its SELECT cannot write")
    erp.run("create sequence numbers", f"grant usage on numbers to reader_{erp.name}")
    query = "select id, name, nextval('numbers') as cost from product"
    deployment.write_source(
        "erp", {"products": {**FEED, "query": query}}, path="", connection="acme_erp"
    )
    assert fault_of(run).key == "sources.not_read_only"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (None, "sources.no_sqlite_file"),
        (b"not a database at all, but long enough to be looked at" * 9, "sources.unknown_database"),
    ],
)
def test_a_file_that_is_absent_or_no_database(
    connect: Connect, tmp_path: Path, content: bytes | None, key: str
) -> None:
    path = tmp_path / "erp.db"
    if content:
        path.write_bytes(content)
    connect(f"sqlite:///{path}")
    assert fault_of(run).key == key


def test_a_locked_sqlite_file_is_waited_for_and_then_named(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "erp.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("create table product (id, name, cost)")
    writer.execute("begin exclusive")
    monkeypatch.setattr(databases, "CONNECT_SECONDS", 0.1)
    connect(f"sqlite:///{path}")
    assert fault_of(run).key == "sources.unreachable"
    writer.close()


def test_a_connection_that_nobody_configured(deployment: SmallDeployment) -> None:
    deployment.write_source("erp", {"products": FEED}, path="", connection="acme_erp")
    fault = fault_of(run)
    assert fault.key == "sources.no_connection" and "AIRFLOW_CONN_ACME_ERP" in fault.fix
