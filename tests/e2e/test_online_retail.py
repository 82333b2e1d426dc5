"""541 909 real invoice lines, to the tenth of a penny, in whatever order they come."""

import random
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from kam_kpi import PROJECT
from kam_kpi.home import Home
from kam_kpi.lake.landing import land
from kam_kpi.lake.registry import accept_loads, loads
from kam_kpi.quality.gates import validate_conformed, validate_loads, validate_marts
from kam_kpi.serving.hashes import table_hashes
from kam_kpi.serving.publish import publish
from kam_kpi.warehouse.build import build_marts, conform
from tests.conftest import shared
from tests.e2e.conftest import Kam

SOURCE = "online_retail"
CONFIG = PROJECT / "examples" / SOURCE
NET_BY_MONTH = {
    "2010-12": "748957.020",
    "2011-01": "560000.260",
    "2011-02": "498062.650",
    "2011-03": "683267.080",
    "2011-04": "493207.121",
    "2011-05": "723333.510",
    "2011-06": "691123.120",
    "2011-07": "681300.111",
    "2011-08": "682680.510",
    "2011-09": "1019687.622",
    "2011-10": "1070704.670",
    "2011-11": "1461756.250",
    "2011-12": "433668.010",
}


@pytest.fixture(scope="module")
def at_once(kam_at: Callable[[Path], Kam]) -> Kam:
    shared("data", "online_retail_by_day")
    kam = kam_at(CONFIG)
    kam("run")
    return kam


def test_every_line_lands_and_none_is_quarantined(
    at_once: Kam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAM_HOME", str(at_once.home))
    assert sum(record.rows_landed for record in loads(SOURCE)) == 541_909
    assert at_once.rows("select count(*) from core.fct_invoice_line") == [(541_909,)]
    assert at_once.rows("select count(*) from quality.fct_quarantined_row") == [(0,)]


def test_net_revenue_of_every_month_is_exact(at_once: Kam) -> None:
    rows = at_once.rows(
        "select strftime(issued_on, '%Y-%m'), sum(net) from core.fct_invoice_line group by 1"
    )
    assert dict(rows) == {month: Decimal(net) for month, net in NET_BY_MONTH.items()}
    assert sum(net for _, net in rows) == Decimal("9747747.934")


def test_company_revenue_is_credited_to_nobody_and_not_lost(at_once: Kam) -> None:
    rows = at_once.rows(
        """select strftime(period, '%Y-%m'), sum(value) from kpi.fct_kam_kpi
        where kpi_code = 'revenue' and "window" = 'month' and value is not null group by 1"""
    )
    assert dict(rows) == {month: Decimal(net) for month, net in NET_BY_MONTH.items()}


def test_invoices_customers_and_unmatched_lines(at_once: Kam) -> None:
    assert at_once.rows("select count(*) from core.fct_invoice") == [(25_900,)]
    known = "select count(*) from core.dim_account where account_key <> 'UNMATCHED'"
    assert at_once.rows(known) == [(4_372,)]
    unmatched = "select count(*) from core.fct_invoice_line where account_key = 'UNMATCHED'"
    assert at_once.rows(unmatched) == [(135_080,)]


def test_exact_duplicates_are_real_lines(at_once: Kam) -> None:
    copies = at_once.rows(
        """select sum(n - 1) from (
            select count(*) as n from read_parquet($raw)
            group by InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice,
                CustomerID, Country having count(*) > 1
        )""".replace("$raw", f"'{at_once.home}/lake/raw/{SOURCE}/lines/*.parquet'")
    )
    assert copies == [(5_268,)]


def test_days_one_by_one_shuffled_and_one_of_them_twice_give_the_same_tables(
    at_once: Kam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = sorted(shared("data", "online_retail_by_day").glob("*.csv"))
    dice = random.Random(20101201)
    dice.shuffle(days)
    builds = set(dice.sample(range(len(days)), 2))
    inbox, config = tmp_path / "inbox", tmp_path / "config"
    inbox.mkdir()
    shutil.copytree(CONFIG, config)
    mapping = config / "sources" / f"{SOURCE}.yml"
    delivered = "../../../shared/data/online_retail_by_day"
    mapping.write_text(mapping.read_text().replace(delivered, str(inbox)))
    monkeypatch.setenv("KAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAM_CONFIG", str(config))
    for number, day in enumerate(days):
        for old in inbox.iterdir():
            old.unlink()
        shutil.copy(day, inbox)
        assert len(land(SOURCE, f"day-{number}")) == 1
        if number == 100:
            assert land(SOURCE, "again") == []
        if number in builds or day == days[-1]:
            validate_loads(SOURCE, f"day-{number}")
            accept_loads(SOURCE)
            conform(f"day-{number}")
            validate_conformed(f"day-{number}")
            build_marts(f"day-{number}")
            validate_marts(f"day-{number}")
            publish(f"day-{number}")
    published = Home.current().serving / "current" / "kam.duckdb"
    assert table_hashes(published) == table_hashes(at_once.published)
