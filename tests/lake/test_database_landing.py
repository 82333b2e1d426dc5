"""A database lands by what changed: nothing twice, nothing skipped, no mass delete unasked."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kam_kpi.config import load_deployment
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.landed_sql import landed_relation
from kam_kpi.lake.landing import land
from kam_kpi.lake.profile import load_profiles
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.quality.checks import read_checks
from kam_kpi.warehouse.inputs import current_loads
from tests.conftest import SmallDeployment
from tests.lake.test_landing import PRODUCTS

INVOICE = {
    "invoice_id": "id", "account_id": "client", "kind": {"value": "invoice"}, "issued_on": "issued",
    "status": {"value": "issued"}, "net": "net", "gross": "net", "currency": {"value": "RUB"},
}  # fmt: skip
CLIENTS = {
    "table": "client",
    "covers_to": {"query": "select day from today"},
    "entities": {"account": {"mode": "snapshot", "columns": {"account_id": "id", "name": "name"}}},
}
CHANGES = {
    "table": "invoice",
    "cursor": "changed",
    "overlap": "2 hours",
    "covers_to": {"query": "select day from today"},
    "entities": {"invoice": {"mode": "append", "columns": INVOICE}},
}
MONTHS = {
    **CHANGES,
    "scope": "substr(issued, 1, 7)",
    "key": "id",
    "entities": {"invoice": {"mode": "replace_by", "columns": INVOICE}},
}


class Erp:
    """A source over an SQLite file, with days that the test sets."""

    def __init__(self, deployment: SmallDeployment, path: Path) -> None:
        self.deployment = deployment
        self.path = path
        self.runs = 0
        self(
            "create table today (day text)",
            "insert into today values ('2026-10-31')",
            "create table client (id integer, name text)",
            "create table invoice (id integer, client integer, issued text, net text, changed)",
        )

    def __call__(self, *statements: str) -> None:
        with sqlite3.connect(self.path) as session:
            for statement in statements:
                session.execute(statement)
        session.close()

    def feeds(self, **feeds: dict[str, Any]) -> None:
        path = self.deployment.config / "sources" / "erp.yml"
        content = {"source": "erp", "domain": "billing", "sqlite": str(self.path)}
        path.write_text(json.dumps({**content, "time_zone": "Europe/Moscow", "feeds": feeds}))
        load_deployment()

    def day(self, day: str) -> None:
        self(f"update today set day = '{day}'")

    def invoice(self, number: int, issued: str, changed: str | None, net: str = "1") -> None:
        stamp = "null" if changed is None else f"'{changed}'"
        self(f"insert into invoice values ({number}, 1, '{issued}', '{net}', {stamp})")

    def land(self, accept: bool = True) -> list[list[str]]:
        """First column of what a run lands, load by load."""
        self.runs += 1
        before = {record.load_id for record in registry.loads()}
        land("erp", f"run{self.runs}")
        new = [record for record in registry.loads("erp") if record.load_id not in before]
        if accept:
            registry.accept_loads("erp")
        return [ids_of([record]) for record in new]

    def in_force(self, mode: str) -> list[str]:
        accepted = registry.accepted_loads()
        current = current_loads(accepted, mode)
        return ids_of([record for record in accepted if record.load_id in current])


def ids_of(records: list[LoadRecord]) -> list[str]:
    filled = [record for record in records if record.parquet]
    if not filled:
        return []
    rows = duckdb.execute(f"select id from {landed_relation(filled)} order by id::integer")
    return [row[0] for row in rows.fetchall()]


@pytest.fixture
def erp(deployment: SmallDeployment, tmp_path: Path) -> Erp:
    return Erp(deployment, tmp_path / "erp.db")


# --- the whole table ------------------------------------------------------------------------------
def test_rows_land_as_texts_with_load_object_and_position(erp: Erp) -> None:
    erp("insert into client values (1, 'Ромашка'), (2, null)")
    erp.feeds(clients=CLIENTS)
    erp.land()
    (record,) = registry.loads("erp")
    rows = duckdb.execute(
        f"select * exclude (_load_id) from {landed_relation([record])}"
    ).fetchall()
    assert rows == [("1", "Ромашка", "client", 1, None), ("2", None, "client", 2, None)]
    assert (record.covers_to, record.rows_announced, record.rows_landed) == ("2026-10-31", 2, 2)


def test_an_unchanged_table_lands_nothing_more_that_day_and_once_on_the_next(erp: Erp) -> None:
    erp("insert into client values (1, 'A')")
    erp.feeds(clients=CLIENTS)
    assert erp.land() == [["1"]]
    assert erp.land() == []
    erp.day("2026-11-01")
    assert erp.land() == [["1"]]
    assert registry.greatest_covers_to(registry.accepted_loads()).isoformat() == "2026-11-01"  # type: ignore[union-attr]


def test_rows_in_another_order_are_the_same_load(erp: Erp) -> None:
    erp("insert into client values (1, 'A'), (2, 'B')")
    erp.feeds(clients=CLIENTS)
    erp.land()
    erp("delete from client", "insert into client values (2, 'B'), (1, 'A')")
    assert erp.land() == []


@pytest.mark.parametrize("change", ["set name = 'a' where id = 1", "set name = null where id = 1"])
def test_a_changed_value_is_a_new_load_of_the_same_day_and_wins(erp: Erp, change: str) -> None:
    erp("insert into client values (1, 'A'), (2, '')")
    erp.feeds(clients=CLIENTS)
    erp.land()
    erp(f"update client {change}")
    assert erp.land() == [["1", "2"]]
    (winner,) = current_loads(registry.accepted_loads(), "snapshot")
    assert winner == max(registry.loads("erp"), key=lambda record: record.read_at).load_id
    # and back again: the first content is news once more
    erp("update client set name = 'A' where id = 1")
    assert erp.land() == [["1", "2"]]


def test_an_empty_table_is_a_load_without_rows(erp: Erp) -> None:
    erp.feeds(clients=CLIENTS)
    assert erp.land() == [[]]
    assert erp.land() == []
    (record,) = registry.loads("erp")
    assert (record.rows_announced, record.parquet) == (0, [])


def test_two_snapshots_of_one_day_are_not_ambiguous(erp: Erp) -> None:
    erp("insert into client values (1, 'A')")
    erp.feeds(clients=CLIENTS)
    erp.land()
    erp("update client set name = 'B'")
    erp.land(accept=False)
    (profile,) = load_profiles("erp")
    assert (profile.is_ambiguous, profile.rows_bad) == (False, 0)


# --- changes by cursor ----------------------------------------------------------------------------
def test_a_second_run_reads_from_the_greatest_cursor_less_the_overlap(erp: Erp) -> None:
    erp.feeds(changes=CHANGES)
    erp.invoice(1, "2026-10-01", "2026-10-01 10:00:00")
    erp.invoice(9, "2026-10-02", "2026-10-02 12:00:00")
    assert erp.land() == [["1", "9"]]
    # committed late: stamped before what was read, inside the overlap of two hours, and just not
    erp.invoice(2, "2026-10-02", "2026-10-02 09:59:59")
    erp.invoice(3, "2026-10-02", "2026-10-02 10:00:00")
    erp.invoice(4, "2026-10-02", "2026-10-02 10:00:01")
    assert erp.land() == [["3", "4", "9"]]
    assert erp.land() == []
    assert erp.in_force("append") == ["1", "3", "4", "9", "9"]


def test_rows_of_the_overlap_are_no_news_the_second_time(erp: Erp) -> None:
    erp.feeds(changes=CHANGES)
    for number, stamp in ((1, "2026-10-01 10:00:00"), (2, None), (3, "2026-10-02 12:00:00")):
        erp.invoice(number, "2026-10-01", stamp)
    assert erp.land() == [["1", "2", "3"]]
    assert erp.land() == []
    # of the rows that are read again one has another amount, and nothing else tells of it
    erp("update invoice set net = '77.00' where id = 3")
    assert erp.land() == [["2", "3"]]
    assert erp.land() == []
    erp("update invoice set net = '77.00' where id = 2")
    assert erp.land() == [["2", "3"]]


def test_a_row_without_cursor_is_never_skipped(erp: Erp) -> None:
    erp.feeds(changes=CHANGES)
    erp.invoice(1, "2026-10-01", "2026-10-01 10:00:00")
    erp.land()
    erp.invoice(2, "2026-10-01", None)
    assert erp.land() == [["1", "2"]]


def test_a_cursor_of_the_future_does_not_carry_the_watermark_past_the_clock(erp: Erp) -> None:
    erp.feeds(changes=CHANGES)
    erp.invoice(1, "2026-10-01", "2026-10-01 10:00:00")
    erp.invoice(2, "2026-10-01", "2199-01-01 00:00:00")
    erp.land()
    assert registry.loads("erp")[0].cursor_to == "2026-10-01 10:00:00"
    erp.invoice(3, "2026-10-01", "2026-10-01 11:00:00")
    assert erp.land() == [["1", "2", "3"]]


def test_a_load_that_is_not_accepted_does_not_move_the_watermark(erp: Erp) -> None:
    erp.feeds(changes=CHANGES)
    erp.invoice(1, "2026-10-01", "2026-10-01 10:00:00")
    erp.land()
    erp.invoice(2, "2026-10-05", "2026-10-05 10:00:00")
    assert erp.land(accept=False) == [["1", "2"]]
    registry.quarantine(registry.loads("erp", ("landed",))[0].load_id, ["too_many_bad_rows"])
    erp.invoice(3, "2026-10-09", "2026-10-09 10:00:00")
    assert erp.land() == [["1", "2", "3"]]


def test_a_day_without_changes_moves_the_last_day_on(erp: Erp) -> None:
    erp.feeds(changes=CHANGES)
    erp.invoice(1, "2026-10-01", "2026-10-01 10:00:00")
    erp.land()
    erp.day("2026-11-01")
    erp.land()
    assert [record.covers_to for record in registry.loads("erp")] == ["2026-10-31", "2026-11-01"]


def test_a_numeric_cursor_goes_back_by_numbers(erp: Erp) -> None:
    feed = {**CHANGES, "cursor": "id", "overlap": 2}
    erp.feeds(changes=feed)
    for number in (1, 8, 9, 10, 11):
        erp.invoice(number, "2026-10-01", None)
    erp.land()
    erp.invoice(12, "2026-10-01", None)
    assert erp.land() == [["9", "10", "11", "12"]]


def test_a_changed_query_is_read_from_the_beginning(erp: Erp) -> None:
    erp.feeds(changes=CHANGES)
    erp.invoice(1, "2026-10-01", "2026-10-01 10:00:00")
    erp.invoice(2, "2026-10-05", "2026-10-05 10:00:00")
    erp.land()
    query = {key: value for key, value in CHANGES.items() if key != "table"}
    erp.feeds(changes={**query, "query": "select *, 1 as more from invoice"})
    assert erp.land() == [["1", "2"]]


def test_a_cursor_that_is_no_instant_is_refused_with_its_value(erp: Erp) -> None:
    erp.feeds(changes=CHANGES)
    erp.invoice(1, "2026-10-01", "01.10.2026")
    with pytest.raises(KamError, match=r"01\.10\.2026") as caught:
        erp.land()
    assert caught.value.key == "sources.bad_cursor"


# --- scopes and deleted rows ----------------------------------------------------------------------
@pytest.fixture
def months(erp: Erp) -> Erp:
    """Ten invoices in each of two months, accepted; a fifth of the known rows may vanish."""
    erp.feeds(months=MONTHS)
    for number in range(1, 11):
        erp.invoice(number, f"2026-08-{number:02}", f"2026-08-{number:02} 10:00:00")
        erp.invoice(number + 10, f"2026-09-{number:02}", f"2026-09-{number:02} 10:00:00")
    assert [len(ids) for ids in erp.land()] == [10, 10]
    assert erp.land() == []
    return erp


def test_a_changed_row_brings_its_scope_again_and_no_other(months: Erp) -> None:
    months("update invoice set net = '2', changed = '2026-10-01 00:00:00' where id = 3")
    (ids,) = months.land()
    assert ids == [str(number) for number in range(1, 11)]
    assert len(months.in_force("replace_by")) == 20


def test_a_deleted_row_leaves_its_scope_though_no_cursor_moved(months: Erp) -> None:
    months("delete from invoice where id = 3")
    (ids,) = months.land()
    assert "3" not in ids and len(ids) == 9
    assert "3" not in months.in_force("replace_by")


def test_a_row_committed_later_than_the_overlap_is_seen_by_the_sweep(months: Erp) -> None:
    months("delete from invoice where id = 3")
    months.invoice(33, "2026-08-03", "2026-08-03 10:00:00")  # as many rows as before
    assert "33" in months.land()[0]


def test_a_row_that_moves_to_another_scope_is_in_force_once(months: Erp) -> None:
    # 11 of 20 rows leave August, none is deleted
    stamp = "changed = '2026-10-01 00:00:00'"
    months(f"update invoice set issued = '2026-09-15', {stamp} where issued < '2026-08-10'")
    months.land()
    assert registry.loads("erp", ("quarantined",)) == []
    assert len(months.in_force("replace_by")) == 20


@pytest.mark.parametrize(("deleted", "is_held"), [(3, False), (4, False), (5, True)])
def test_more_deleted_rows_than_allowed_wait_for_a_person(
    months: Erp, deleted: int, is_held: bool
) -> None:
    months(f"delete from invoice where id <= {deleted}")
    months.land()
    held = registry.loads("erp", ("quarantined",))
    assert [record.reasons for record in held] == ([["mass_delete"]] if is_held else [])
    assert len(months.in_force("replace_by")) == (20 if is_held else 20 - deleted)


def test_a_released_mass_delete_is_in_force_and_not_asked_again(months: Erp) -> None:
    months("delete from invoice where id <= 10")  # a whole scope
    months.invoice(21, "2026-09-20", "2026-09-20 10:00:00")
    months.land()
    (held,) = registry.loads("erp", ("quarantined",))
    assert (held.scope, held.rows_landed) == ("2026-08", 0)
    assert len(months.in_force("replace_by")) == 21  # September's news is not held
    registry.release(held.load_id, "anna")
    assert months.in_force("replace_by") == [str(number) for number in range(11, 22)]
    assert months.land() == []


def test_a_day_without_changes_is_told_by_one_scope(months: Erp) -> None:
    months.day("2026-11-01")
    (ids,) = months.land()
    assert ids == [str(number) for number in range(11, 21)]
    assert months.land() == []


def test_a_snapshot_that_lost_its_rows_waits_for_a_person(erp: Erp) -> None:
    erp.feeds(clients=CLIENTS)
    erp("insert into client values (1, 'A'), (2, 'B'), (3, 'C'), (4, 'D'), (5, 'E')")
    erp.land()
    erp("delete from client where id = 1")
    erp.land()
    assert erp.in_force("snapshot") == ["2", "3", "4", "5"]
    erp("delete from client")
    erp.land()
    (held,) = registry.loads("erp", ("quarantined",))
    assert held.reasons == ["mass_delete"]
    (row,) = read_checks(f"run{erp.runs}", "database.erp")
    assert (row.expectation, row.unexpected_count, row.element_count) == ("deletes_are_few", 4, 4)
    assert erp.in_force("snapshot") == ["2", "3", "4", "5"]


def test_renamed_keys_are_deletes_even_if_the_number_of_rows_is_the_same(erp: Erp) -> None:
    erp.feeds(clients=CLIENTS)
    erp("insert into client values (1, 'A'), (2, 'B')")
    erp.land()
    erp("update client set id = id + 100")
    erp.land()
    assert len(registry.loads("erp", ("quarantined",))) == 1


def test_a_limit_of_one_allows_everything(erp: Erp) -> None:
    erp.feeds(clients={**CLIENTS, "max_delete_share": 1})
    erp("insert into client values (1, 'A')")
    erp.land()
    erp("delete from client")
    erp.land()
    assert erp.in_force("snapshot") == []


# --- the run as a whole ---------------------------------------------------------------------------
def test_columns_that_came_or_went_are_reported_and_do_not_stop_the_load(erp: Erp) -> None:
    erp("alter table client add column old", "insert into client (id, name) values (1, 'A')")
    erp.feeds(clients=CLIENTS)
    erp.land()
    assert read_checks("run1", "database.erp") == []
    erp("alter table client drop column old", "alter table client add column inn")
    assert erp.land() == [["1"]]
    (row,) = read_checks("run2", "database.erp")
    assert (row.expectation, row.severity, row.is_success) == (
        "columns_are_as_before",
        "warn",
        False,
    )
    assert "new inn, gone old" in row.description


def test_one_broken_feed_takes_nothing_of_the_source(erp: Erp) -> None:
    erp("insert into client values (1, 'A')")
    erp.feeds(clients=CLIENTS, gone={**CLIENTS, "table": "nowhere"})
    with pytest.raises(KamError) as caught:
        erp.land()
    assert caught.value.key == "sources.object_missing"
    assert "gone (nowhere)" in caught.value.where
    assert registry.loads() == [] and not list(Home.current().root.glob("read-*"))


def test_an_optional_feed_may_be_absent(erp: Erp) -> None:
    erp("insert into client values (1, 'A')")
    optional = {**CLIENTS, "table": "nowhere", "required": False}
    erp.feeds(gone=optional, clients=CLIENTS)
    assert erp.land() == [["1"]]


@pytest.mark.parametrize(
    ("feed", "problem"),
    [
        ({**CLIENTS, "pattern": "x"}, "one of `pattern`, `table` and `query`"),
        ({**PRODUCTS, "max_delete_share": 0}, "max_delete_share: not for a feed of files"),
        ({**CLIENTS, "csv": {}}, "csv: not for a feed of database"),
        ({**CLIENTS, "covers_to": "file_name"}, "takes covers_to"),
        ({**CLIENTS, "cursor": "id", "overlap": 1}, "mode append"),
        ({**CLIENTS, "cursor": "id"}, "cursor and overlap go together"),
        ({**CHANGES, "overlap": "2 weeks"}, "overlap"),
        ({**MONTHS, "key": []}, "needs `key`"),
        ({**CHANGES, "scope": "x", "key": "id"}, "replace_by only"),
        ({**MONTHS, "scope": None}, "needs `scope`"),
    ],
)
def test_a_feed_that_cannot_work_is_refused_before_anything_is_read(
    erp: Erp, feed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(KamError, match=problem):
        erp.feeds(feed=feed)
