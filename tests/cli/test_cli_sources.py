import csv
from pathlib import Path

import pytest

from kam_kpi.lake.landing import land
from kam_kpi.lake.registry import accept_loads, loads, quarantine
from tests.cli.conftest import Kam
from tests.cli.kpi_build import publish_kpis
from tests.conftest import SmallDeployment

PRODUCTS = {
    "pattern": r"products_(?P<covers_to>\d{4}-\d{2}-\d{2})\.csv",
    "csv": {},
    "covers_to": "file_name",
    "entities": {
        "product": {
            "mode": "snapshot",
            "columns": {"product_id": "ID", "name": "Name", "unit_cost": "Cost"},
        }
    },
}
GOOD = "ID,Name,Cost\n1,Tea [red],1.50\n2,Чай,2\n"


@pytest.fixture
def shop(deployment: SmallDeployment) -> SmallDeployment:
    deployment.write_source("shop", {"products": PRODUCTS}, schedule="0 5 * * *")
    return deployment


def test_list_tells_how_far_each_source_reaches(kam: Kam, shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-30.csv", GOOD)
    land("shop", "r1")
    accept_loads("shop")
    shop.drop("shop", "products_2026-10-31.csv", GOOD)
    land("shop", "r2")
    quarantine(loads("shop", ("landed",))[0].load_id, ["incomplete"])
    line = kam("sources", "list").stdout.splitlines()[2]
    # Schedule, one feed, the accepted load's day, one accepted, one quarantined.
    assert line.split() == ["shop", "crm", "0", "5", "*", "*", "*", "1", "2026-10-30", "1", "1"]


def test_list_without_sources(kam: Kam, deployment: SmallDeployment) -> None:
    assert "No source is configured in" in kam("sources", "list").stdout


def test_check_shows_the_first_rows_as_they_would_land(kam: Kam, shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-31.csv", GOOD)
    output = kam("sources", "check", "shop").stdout
    assert "products ← products_2026-10-31.csv: rows 2, covers to 2026-10-31" in output
    rows = [line.split() for line in output.splitlines()]
    assert ["name", "Tea", "[red]", "Чай"] in rows
    assert ["unit_cost", "1.5000", "2.0000"] in rows
    assert "Every feed has a file that reads and maps." in output


def test_check_counts_what_would_be_quarantined(kam: Kam, shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-31.csv", GOOD + "3,Кофе,12O\n4,Какао,l\n")
    output = kam("sources", "check", "shop").stdout
    [line] = [line.split() for line in output.splitlines() if "unit_cost" in line and "12O" in line]
    assert line[-4:] == ["unit_cost", "2", "4", "12O"]
    assert "not a number of the declared format" in output


def test_check_of_a_changed_header_fails(kam: Kam, shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-31.csv", "ID,Title,Cost\n1,Tea,1\n")
    output = kam("sources", "check", "shop", code=1).stdout
    assert "missing columns: Name" in output
    assert "columns not used: Title" in output
    assert "The source is not in order" in output


def test_check_of_an_unreadable_file_says_why(kam: Kam, shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-31.csv", "ID,Name,Cost\n1,Чай,1\n", encoding="cp1251")
    output = kam("sources", "check", "shop", code=1).stdout
    assert "The file is not written in utf-8" in output
    assert "fix:" in output


def test_check_of_a_source_that_is_not_configured(kam: Kam, shop: SmallDeployment) -> None:
    assert (
        "There is no source nope; configured are: shop"
        in kam("sources", "check", "nope", code=1).stderr
    )


def test_quarantine_lists_loads_and_their_reasons(kam: Kam, shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-31.csv", GOOD)
    [load_id] = land("shop", "r1")
    quarantine(load_id, ["incomplete", "too_many_bad_rows"])
    output = kam("quarantine", "list").stdout
    [line] = [line for line in output.splitlines() if line.startswith(load_id[:12])]
    assert "shop.products" in line
    assert "products_2026-10-31.csv" in line
    together = " ".join(output.split())
    assert "not all announced rows arrived" in together
    assert "too many bad rows" in together
    assert f"`kam quarantine release {load_id[:12]}`, then `kam run`" in together
    assert "Rows are listed once something is published" in output


def test_a_refused_load_says_what_is_wrong_and_offers_no_release(
    kam: Kam, shop: SmallDeployment
) -> None:
    shop.drop("shop", "products_2026-10-31.csv", "ID,Title\n1,Tea\n")
    [load_id] = land("shop", "r1")
    quarantine(load_id, ["header_changed"])
    output = kam("quarantine", "list").stdout
    assert "columns of the mapping are missing: Cost, Name" in " ".join(output.split())
    assert "kam quarantine release" not in output


def test_release_accepts_a_load_and_records_who_did_it(kam: Kam, shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-31.csv", GOOD)
    [load_id] = land("shop", "r1")
    quarantine(load_id, ["incomplete"])
    output = kam("quarantine", "release", load_id[:12], "--by", "Olga").stdout
    assert " ".join(output.split()).startswith(
        f"Load {load_id[:12]} (products_2026-10-31.csv) is released by Olga."
    )
    [record] = loads()
    assert (record.state, record.released_by) == ("released", "Olga")
    assert "is not in quarantine" in kam("quarantine", "release", load_id, code=1).stderr
    assert "No load is in quarantine." in kam("quarantine", "list").stdout


def test_release_of_an_unknown_load(kam: Kam, shop: SmallDeployment) -> None:
    assert "“abc” names 0 loads" in kam("quarantine", "release", "abc", code=1).stderr


FAULTS = [
    ("crm", "deals", "deal", "L1", "deals.csv", 15, "amount", "12O [b]", "unparsable_decimal"),
    ("crm", "deals", "deal", "L1", "deals.csv", 17, "amount", None, "required"),
    ("crm", "deals", None, "L1", "deals.csv", 10, None, "a;b", "wrong_column_count"),
]


def test_rows_left_out_are_counted_and_shown(kam: Kam, home: Path) -> None:
    publish_kpis(home, quarantined=FAULTS)
    counted = kam("quarantine", "list").stdout
    assert "wrong number of columns" in counted
    assert "12O" not in counted
    shown = kam("quarantine", "list", "--rows").stdout
    rows = [line.split() for line in shown.splitlines()]
    assert next(r for r in rows if "15" in r)[:5] == ["deals.csv", "15", "amount", "12O", "[b]"]
    assert next(r for r in rows if "17" in r)[:4] == ["deals.csv", "17", "amount", "—"]
    assert "1 of 3 rows" in kam("quarantine", "list", "--rows", "--limit", "1").stdout


def test_a_version_without_faults_says_so(published: Kam) -> None:
    assert "The published version leaves no row out." in published("quarantine", "list").stdout


def test_an_export_of_quarantined_values_is_harmless(kam: Kam, home: Path) -> None:
    row = (*FAULTS[0][:7], '=HYPERLINK("http://x")', "unparsable_decimal")
    publish_kpis(home, quarantined=[row])
    sql = "select value from quality.fct_quarantined_row"
    output = kam("query", sql, "--format", "csv").stdout
    assert list(csv.reader(output.splitlines())) == [["value"], ['\'=HYPERLINK("http://x")']]
