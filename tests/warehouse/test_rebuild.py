"""A later build makes those months again that have changed, and leaves the others as they are."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.landing import land
from kam_kpi.warehouse.build import build_marts, conform
from kam_kpi.warehouse.changes import EVERYTHING, forget_changes, read_changes

DAY = r"(?P<covers_to>\d{4}-\d{2}-\d{2})"
CONFIG = {
    "accounts": {"mode": "append", "columns": {"account_id": "ID", "name": "ID"}},
    "invoices": {
        "mode": "append",
        "columns": {
            "invoice_id": "ID", "account_id": "Account", "issued_on": "On", "net": "Sum",
            "gross": "Sum", "corrects_id": "Corrects", "kind": {"value": "invoice"},
            "status": {"value": "issued"}, "currency": {"value": "RUB"},
        },
    },
    "lines": {
        "mode": "append",
        "columns": {
            "invoice_id": "Invoice", "line_no": "No", "net": "Sum",
            "is_recurring": "Recurring",
        },
    },
    "contracts": {
        "mode": "append",
        "columns": {
            "contract_id": "ID", "account_id": "Account", "starts_on": "From", "ends_on": "To",
            "amount_per_month": "Sum", "currency": {"value": "RUB"}, "status": {"value": "active"},
            "auto_renew": {"value": "false"},
        },
    },
    "payments": {
        "mode": "append",
        "columns": {
            "payment_id": "ID", "account_id": "Account", "received_on": "On", "amount": "Sum",
            "currency": {"value": "RUB"},
        },
    },
}  # fmt: skip
ENTITY = {
    "accounts": "account", "contracts": "contract", "invoices": "invoice", "lines": "invoice_line", "payments": "payment",
}  # fmt: skip
MONTHS = ("2026-05", "2026-06", "2026-07", "2026-08")
INVOICES, LINES = "ID,Account,On,Sum,Corrects\n", "Invoice,No,Sum,Recurring\n"
BASE = {
    "accounts_2026-08-31.csv": "ID\nA\nB\n",
    "invoices_2026-08-31.csv": INVOICES
    + "".join(f"{month},A,{month}-15,100,\n" for month in MONTHS)
    # May's replacement of June's: nobody makes sure that what is corrected is older
    + "odd,A,2026-05-20,50,2026-06\n",
    "lines_2026-08-31.csv": LINES + "".join(f"{month},1,100,false\n" for month in MONTHS),
    "payments_2026-08-31.csv": "ID,Account,On,Sum\np,A,2026-06-10,30\n",
}


def _write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / "inbox" / name).write_text(content)


def _take() -> None:
    land("shop", "r")
    registry.accept_loads("shop")


def _build(run_id: str) -> None:
    conform(run_id)
    build_marts(run_id)


def _change(sql: str) -> None:
    with duckdb.connect(str(Home.current().build_file)) as connection:
        connection.execute(sql)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(Home.current().build_file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def changes() -> dict[str, date]:
    with duckdb.connect(str(Home.current().build_file), read_only=True) as connection:
        return read_changes(connection)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A shop of four months that was built and published."""
    import yaml

    root = tmp_path_factory.mktemp("shop")
    (root / "inbox").mkdir()
    (root / "config" / "sources").mkdir(parents=True)
    (root / "config" / "company.yml").write_text(
        "{name: Test, currency: RUB, time_zone: Europe/Moscow}\n"
    )
    (root / "config" / "policy.yml").write_text("versions: [{version: v1, valid_from: 2000-01-01}]")
    feeds = {
        name: {
            "pattern": rf"{name}_{DAY}.*\.csv", "csv": {}, "covers_to": "file_name",
            "required": False, "entities": {ENTITY[name]: entity},
        }
        for name, entity in CONFIG.items()
    }  # fmt: skip
    source = {"source": "shop", "domain": "billing", "path": "${KAM_HOME}/../inbox", "feeds": feeds}
    (root / "config" / "sources" / "shop.yml").write_text(yaml.safe_dump(source))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAM_HOME", str(root / "home"))
        patch.setenv("KAM_CONFIG", str(root / "config"))
        _write(root, BASE)
        _take()
        _build("first")
        with duckdb.connect(str(Home.current().build_file)) as connection:
            forget_changes(connection, "first")
    yield root


@pytest.fixture
def shop(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it whose facts of each month are marked: what is made again loses its mark."""
    shutil.copytree(published, tmp_path / "shop")
    monkeypatch.setenv("KAM_HOME", str(tmp_path / "shop" / "home"))
    monkeypatch.setenv("KAM_CONFIG", str(tmp_path / "shop" / "config"))
    _change("update core.fct_account_month set invoices = -1")
    return tmp_path / "shop"


def kept() -> list[str]:
    """Months that nobody has made again."""
    found = _rows(
        "select distinct strftime(period, '%Y-%m') from core.fct_account_month"
        " where invoices = -1 order by 1"
    )
    return [month for (month,) in found]


def open_at_the_end() -> int:
    (row,) = _rows(
        "select open_amount::int from core.fct_account_month order by period desc limit 1"
    )
    return int(row[0])


@pytest.mark.parametrize(
    ("day", "first_again"),
    [("2026-07-31", "2026-07"), ("2026-08-01", "2026-08"), ("2026-08-02", "2026-08")],
)
def test_months_before_the_change_are_left_as_they_are(
    shop: Path, day: str, first_again: str
) -> None:
    _write(shop, {"payments_2026-08-31_more.csv": f"ID,Account,On,Sum\nlate,A,{day},7\n"})
    _take()
    _build("second")
    assert changes()["int_receivable_span"] == date.fromisoformat(f"{first_again}-01")
    # a fact of accounts looks one day into the next month
    again = MONTHS.index(first_again) - 1
    assert kept() == list(MONTHS[:again])
    assert "fct_invoice" not in changes()
    assert open_at_the_end() == 450 - 37


def test_rows_delivered_again_change_nothing(shop: Path) -> None:
    again = BASE["invoices_2026-08-31.csv"].replace(INVOICES, INVOICES + "\n")
    _write(shop, {"invoices_2026-08-31_again.csv": again})
    _take()
    _build("second")
    marts = {name for name in changes() if name.startswith(("dim_", "fct_", "kpi_", "int_"))}
    assert marts <= {"fct_quarantined_row"}
    assert kept() == list(MONTHS)


def test_a_line_matters_from_the_day_of_its_document_on(shop: Path) -> None:
    _write(shop, {"lines_2026-08-31_more.csv": LINES + "2026-07,2,1,false\n"})
    _take()
    _build("second")
    assert changes()["fct_invoice_line"] == date(2026, 7, 1)
    assert _rows("select sum(net)::int from core.fct_invoice_line") == [(401,)]


def test_service_from_the_first_of_a_month_on_is_seen_by_the_month_before(shop: Path) -> None:
    _write(
        shop,
        {
            "invoices_2026-08-31_more.csv": INVOICES + "served,B,2026-08-03,60,\n",
            "lines_2026-08-31_more.csv": LINES + "served,1,60,true\n",
        },
    )
    _take()
    _build("second")
    (july,) = _rows(
        "select closing::int, outcome from core.fct_recurring_movement"
        " where period = '2026-07-01' and \"window\" = 'month'"
    )
    assert july == (60, "new")
    ends = "select strftime(period, '%Y-%m') from core.fct_account_month where is_active_at_end"
    assert _rows(f"{ends} order by 1") == [("2026-07",), ("2026-08",)]


def test_a_contract_that_becomes_known_late_counts_from_its_first_day_on(shop: Path) -> None:
    contract = "ID,Account,From,To,Sum\nc,B,2026-06-10,2027-12-31,9\n"
    _write(shop, {"contracts_2026-08-31.csv": contract})
    _take()
    _build("second")
    starts = "select strftime(period, '%Y-%m') from core.fct_account_month where is_active_at_start"
    assert _rows(f"{starts} order by 1") == [("2026-07",), ("2026-08",)]


def test_what_corrects_a_changed_document_is_made_again_however_old(shop: Path) -> None:
    _write(shop, {"invoices_2026-08-31_more.csv": INVOICES + "2026-06,A,2026-06-16,100,\n"})
    _take()
    _build("second")
    assert changes()["invoice"] == changes()["fct_invoice"] == date(2026, 5, 1)


def test_what_was_built_and_not_published_is_still_to_be_judged(shop: Path) -> None:
    _write(shop, {"payments_2026-08-31_one.csv": "ID,Account,On,Sum\none,A,2026-06-20,1\n"})
    _take()
    _build("not published")
    _write(shop, {"payments_2026-08-31_two.csv": "ID,Account,On,Sum\ntwo,A,2026-08-20,1\n"})
    _take()
    _build("second")
    assert changes()["fct_open_credit_month"] == date(2026, 6, 1)


def test_other_models_and_another_policy_make_everything_again(shop: Path) -> None:
    policy = shop / "config" / "policy.yml"
    policy.write_text(
        "versions: [{version: v1, valid_from: 2000-01-01, receivables: {credits: own_bucket}}]"
    )
    _build("second")
    assert changes()["fct_open_item_month"] == EVERYTHING
    _change("delete from control.change; update control.code set version = 'of another release'")
    _build("third")
    assert changes()["fct_invoice"] == EVERYTHING
    assert kept() == []


def test_a_build_that_stopped_midway_is_done_by_the_next_one(shop: Path) -> None:
    _write(shop, {"payments_2026-08-31_more.csv": "ID,Account,On,Sum\nlate,A,2026-08-01,7\n"})
    _take()
    conform("stopped")
    _build("second")
    assert open_at_the_end() == 450 - 37
