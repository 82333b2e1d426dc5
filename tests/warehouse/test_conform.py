"""From accepted loads to contract tables: versions, scopes, deletions, quarantine, any order."""

from itertools import permutations
from typing import Any

import duckdb
import pytest

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.landing import land
from kam_kpi.warehouse.build import check_run, conform
from tests.conftest import SmallDeployment

DAY = r"(?P<covers_to>\d{4}-\d{2}-\d{2})"


def accept(source: str = "shop") -> None:
    land(source, "r")
    registry.accept_loads(source)


def build(query: str) -> list[tuple[Any, ...]]:
    conform("r")
    with duckdb.connect(str(Home.current().build_file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def write_shop(deployment: SmallDeployment, **entities: Any) -> None:
    """A source with one feed per entity: `<entity>_<covers_to>.csv`, or as given."""
    feeds = {}
    for name, entity in entities.items():
        pattern = entity.pop("pattern", rf"{name}_{DAY}\.csv")
        feed = {"pattern": pattern, "csv": {}, "covers_to": "file_name", "required": False}
        feeds[name] = {**feed, **entity.pop("feed", {}), "entities": {name: entity}}
    deployment.write_source("shop", feeds)


ACCOUNT = {"mode": "snapshot", "columns": {"account_id": "ID", "name": "Name"}}


def test_what_a_later_snapshot_lacks_is_deleted_and_kept(deployment: SmallDeployment) -> None:
    write_shop(deployment, account=dict(ACCOUNT))
    deployment.drop("shop", "account_2026-10-31.csv", "ID,Name\n1,A2\n3,C\n")
    deployment.drop("shop", "account_2026-10-30.csv", "ID,Name\n1,A1\n2,B\n")
    accept()
    rows = build("select account_id, name, is_deleted from conformed.account order by 1")
    assert rows == [("1", "A2", False), ("2", "B", True), ("3", "C", False)]


def test_appended_rows_are_ordered_by_their_own_version_not_by_arrival(
    deployment: SmallDeployment,
) -> None:
    entity = {
        "mode": "append",
        "version": "Changed",
        "columns": {"product_id": "ID", "name": "Name"},
    }
    write_shop(deployment, product=entity)
    newer, older = "ID,Name,Changed\n1,new,2026-10-20\n", "ID,Name,Changed\n1,old,2026-10-19\n"
    deployment.drop("shop", "product_2026-10-30.csv", newer)
    accept()
    deployment.drop("shop", "product_2026-10-31.csv", older)
    accept()
    assert build("select name from conformed.product") == [("new",)]


def test_a_corrected_period_replaces_only_itself(deployment: SmallDeployment) -> None:
    entity = {
        "mode": "replace_by",
        "pattern": rf"payment_(?P<scope>\d{{4}}-\d{{2}})_{DAY}\.csv",
        "columns": {
            "payment_id": "ID",
            "account_id": {"value": "1"},
            "received_on": "On",
            "amount": "Sum",
            "currency": {"value": "RUB"},
        },
    }
    write_shop(deployment, payment=entity)
    deployment.drop(
        "shop", "payment_2026-09_2026-10-02.csv", "ID,On,Sum\n1,2026-09-05,10\n2,2026-09-06,20\n"
    )
    deployment.drop("shop", "payment_2026-10_2026-10-31.csv", "ID,On,Sum\n3,2026-10-05,30\n")
    deployment.drop("shop", "payment_2026-09_2026-11-02.csv", "ID,On,Sum\n1,2026-09-05,11\n")
    accept()
    rows = build("select payment_id, amount::int from conformed.payment order by 1")
    assert rows == [("1", 11), ("3", 30)]


CONTRACT_COLUMNS = {
    "contract_id": "ID",
    "account_id": {"value": "A"},
    "starts_on": "Start",
    "ends_on": "End",
    "auto_renew": {"value": "false"},
    "currency": {"value": "RUB"},
    "status": {"value": "active"},
}
CONTRACT_FILES = {
    "contract_2026-01-31.csv": "ID,Start,End,At\n1,2026-01-01,2026-06-30,2026-01-05 10:00:00\n",
    "contract_2026-06-30.csv": "ID,Start,End,At\n1,2026-01-01,2026-12-31,2026-06-20 21:30:00\n",
    "contract_2026-07-31.csv": "ID,Start,End,At\n1,2026-01-01,2026-12-31,2026-07-01 10:00:00\n",
}


@pytest.mark.parametrize("order", list(permutations(CONTRACT_FILES))[::5], ids=["first", "last"])
def test_all_versions_of_a_contract_are_kept_in_any_order_of_arrival(
    deployment: SmallDeployment, order: tuple[str, ...]
) -> None:
    entity = {"mode": "append", "version": "At", "columns": CONTRACT_COLUMNS}
    write_shop(deployment, contract=entity)
    for name in order:
        deployment.drop("shop", name, CONTRACT_FILES[name])
        accept()
    rows = build(
        "select version_no, version_on::varchar, ends_on::varchar, is_latest"
        " from conformed.contract order by 1"
    )
    # the third delivery repeats the second version; 21:30 UTC would be the next day in Moscow,
    # but the source writes its own time, UTC, and the company's day is Moscow's
    assert rows == [(1, "2026-01-05", "2026-06-30", False), (2, "2026-06-21", "2026-12-31", True)]


def test_a_value_without_dates_starts_at_the_load_and_the_first_reaches_back(
    deployment: SmallDeployment,
) -> None:
    entity = {
        "mode": "snapshot",
        "columns": {"product_id": "ID", "name": "ID", "family": "Family"},
    }
    write_shop(deployment, product=entity)
    for day, family in (("08-31", "tea"), ("09-30", "tea"), ("10-31", "coffee")):
        deployment.drop("shop", f"product_2026-{day}.csv", f"ID,Family\n1,{family}\n")
    accept()
    rows = build(
        "select family, valid_from::varchar, valid_to::varchar"
        " from conformed.product_family order by 2"
    )
    assert rows == [("tea", "1900-01-01", "2026-10-31"), ("coffee", "2026-10-31", None)]


INVOICE = {
    "mode": "append",
    "columns": {
        "invoice_id": "ID",
        "account_id": "Client",
        "kind": "Kind",
        "issued_on": "On",
        "due_on": "Due",
        "status": {"value": "issued"},
        "net": "Net",
        "gross": "Net",
        "currency": {"value": "RUB"},
    },
}


def test_each_fault_of_a_row_is_quarantined_with_column_value_and_reason(
    deployment: SmallDeployment,
) -> None:
    write_shop(deployment, invoice={**INVOICE, "feed": {"max_bad_share": 1}})
    deployment.drop(
        "shop",
        "invoice_2026-10-31.csv",
        "ID,Client,Kind,On,Due,Net\n"
        "1,A,invoice,2026-10-01,2026-10-01,1.2345\n"
        "2,A,invoice,2026-10-01,2026-09-30,10\n"
        "3,A,bill,2026-10-01,,10\n"
        "4,A,invoice,2026-10-32,,10\n"
        "5,A,invoice,2026-10-01,,ten\n"
        "6,,invoice,2026-10-01,,1.23456\n"
        "7,A,invoice,2026-10-01,,1\n"
        "7,A,invoice,2026-10-01,,2\n"
        "8,A,invoice,2026-10-01,,3\n"
        "8,A,invoice,2026-10-01,,3\n",
    )
    accept()
    faults = build(
        "select _line, error.column_name, error.value, error.reason from (select _line,"
        " unnest(_errors) as error from staging.stg_mapped__invoice) order by all"
    )
    assert faults == [
        (3, "due_on", "2026-09-30", "due_before_issue"),
        (4, "kind", "bill", "unknown_value"),
        (5, "issued_on", "2026-10-32", "unparsable_date"),
        (6, "gross", "ten", "unparsable_decimal"),
        (6, "net", "ten", "unparsable_decimal"),
        (7, "account_id", None, "required"),
        (7, "gross", "1.23456", "scale"),
        (7, "net", "1.23456", "scale"),
        (8, "invoice_id", "7", "duplicate_key"),
        (9, "invoice_id", "7", "duplicate_key"),
        (11, "invoice_id", "8", "duplicate_row"),
    ]
    assert build("select invoice_id from conformed.invoice order by 1") == [("1",), ("8",)]


def test_a_row_heals_when_the_mapping_learns_its_value(deployment: SmallDeployment) -> None:
    write_shop(deployment, invoice={**INVOICE, "feed": {"max_bad_share": 1}})
    content = "ID,Client,Kind,On,Due,Net\n3,A,bill,2026-10-01,,10\n"
    deployment.drop("shop", "invoice_2026-10-31.csv", content)
    accept()
    assert build("select * from conformed.invoice") == []
    kind = {"from": "Kind", "values": {"bill": "invoice"}}
    write_shop(deployment, invoice={**INVOICE, "columns": {**INVOICE["columns"], "kind": kind}})
    assert build("select kind from conformed.invoice") == [("invoice",)]


def test_an_earlier_run_cannot_go_on_with_a_later_runs_build(deployment: SmallDeployment) -> None:
    write_shop(deployment, account=dict(ACCOUNT))
    deployment.drop("shop", "account_2026-10-31.csv", "ID,Name\n1,A\n")
    accept()
    conform("later")
    check_run(Home.current(), "later")
    with pytest.raises(KamError) as caught:
        check_run(Home.current(), "earlier")
    assert caught.value.key == "warehouse.other_run"


def test_nothing_accepted_is_one_clear_error(deployment: SmallDeployment) -> None:
    with pytest.raises(KamError) as caught:
        conform("r")
    assert caught.value.key == "warehouse.nothing_accepted"
