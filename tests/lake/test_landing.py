"""Landing loses nothing, lands nothing twice, and one bad file does not stop the others."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.landing import land, missing_feeds
from kam_kpi.lake.profile import load_profiles
from tests.conftest import SmallDeployment

PRODUCTS = {
    "pattern": r"products_(?P<covers_to>\d{4}-\d{2}-\d{2})(_\w+)?\.csv",
    "csv": {},
    "covers_to": "file_name",
    "entities": {"product": {"mode": "snapshot", "columns": {"product_id": "ID", "name": "Name"}}},
}


@pytest.fixture
def shop(deployment: SmallDeployment) -> SmallDeployment:
    deployment.write_source("shop", {"products": PRODUCTS})
    return deployment


def landed_rows() -> list[tuple[Any, ...]]:
    files = [str(path) for path in (Home.current().lake / "raw" / "shop").rglob("*.parquet")]
    query = 'select "ID", "Name", _file, _line from read_parquet($files) order by all'
    return duckdb.execute(query, {"files": files}).fetchall()


def test_rows_land_as_they_arrived_with_file_and_line(shop: SmallDeployment, home: Path) -> None:
    original = shop.drop("shop", "products_2026-10-31.csv", "ID,Name\n 01 ,Чай\n2,\n")
    assert len(land("shop", "r")) == 1
    assert landed_rows() == [
        (" 01 ", "Чай", "products_2026-10-31.csv", 2),
        ("2", "", "products_2026-10-31.csv", 3),
    ]
    archived = list((home / "lake" / "files").rglob("products_*.csv"))
    assert [path.read_bytes() for path in archived] == [original.read_bytes()]


def test_the_same_file_twice_is_one_load_whatever_its_name(shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-31.csv", "ID,Name\n1,A\n")
    shop.drop("shop", "products_2026-10-31_copy.csv", "ID,Name\n1,A\n")
    assert len(land("shop", "r1")) == 1
    assert land("shop", "r2") == []
    assert len(landed_rows()) == 1


def test_the_same_content_for_another_day_is_another_load(shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-30.csv", "ID,Name\n1,A\n")
    shop.drop("shop", "products_2026-10-31.csv", "ID,Name\n1,A\n")
    assert len(land("shop", "r1")) == 2


def test_a_bad_file_is_recorded_and_does_not_stop_the_good_one(shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-29.csv", "ID,Title\n1,A\n")
    shop.drop("shop", "products_2026-10-30.csv", "ID,Name\n1,Ж\n", encoding="cp1251")
    shop.drop("shop", "products_2026-10-31.csv", "ID,Name\n1,A\n")
    land("shop", "r")
    records = {record.file: record for record in registry.loads("shop")}
    assert records["products_2026-10-29.csv"].missing_columns == ["Name"]
    assert "products_2026-10-30.csv:2 byte 3" in records["products_2026-10-30.csv"].unreadable
    assert len(landed_rows()) == 1
    assert land("shop", "r2") == []


def test_a_refused_file_is_read_again_once_its_feed_is_corrected(shop: SmallDeployment) -> None:
    shop.drop("shop", "products_2026-10-31.csv", "ID,Name\n1,Ж\n", encoding="cp1251")
    land("shop", "r1")
    registry.quarantine(registry.loads("shop")[0].load_id, ["unreadable_file"])
    with pytest.raises(KamError, match="nothing to release"):
        registry.release(registry.loads("shop")[0].load_id, by="anna")
    shop.write_source("shop", {"products": {**PRODUCTS, "csv": {"encoding": "cp1251"}}})
    land("shop", "r2")
    (*_, record) = registry.loads("shop", ("landed",))
    assert (record.unreadable, landed_rows()[0][1]) == ("", "Ж")


def test_a_missing_folder_is_one_clear_error(deployment: SmallDeployment) -> None:
    deployment.write_source("shop", {"products": PRODUCTS})
    with pytest.raises(KamError) as caught:
        land("shop", "r")
    assert caught.value.key == "sources.folder_missing"
    assert str(deployment.inbox / "shop") in caught.value.where


def test_a_feed_that_never_came_is_named(shop: SmallDeployment) -> None:
    from kam_kpi.config import load_deployment

    shop.drop("shop", "other.csv", "x\n")
    loaded = load_deployment()
    source = loaded.source("shop")
    (sentence,) = missing_feeds(source, loaded.place_of(source))
    assert "products" in sentence and "shop" in sentence


def test_the_manifest_announces_rows_and_last_day(shop: SmallDeployment) -> None:
    feed = {**PRODUCTS, "pattern": "products.csv", "covers_to": "manifest"}
    shop.write_source("shop", {"products": feed})
    path = shop.drop("shop", "products.csv", "ID,Name\n1,A\n")
    manifest = {"covers_to": "2026-10-31", "rows": {"products": 2}}
    path.with_name("products.csv.manifest.json").write_text(json.dumps(manifest))
    land("shop", "r")
    (record,) = registry.loads("shop")
    assert (record.covers_to, record.rows_announced, record.rows_seen) == ("2026-10-31", 2, 1)


def test_the_last_day_may_be_the_greatest_of_a_column(shop: SmallDeployment) -> None:
    feed = {
        **PRODUCTS,
        "pattern": "products.csv",
        "covers_to": {"column": "Changed"},
        "formats": {"date": "dd.mm.yyyy"},
    }
    shop.write_source("shop", {"products": feed})
    shop.drop("shop", "products.csv", "ID,Name,Changed\n1,A,09.11.2026\n2,B,31.10.2026\n")
    land("shop", "r")
    assert registry.loads("shop")[0].covers_to == "2026-11-09"
    assert land("shop", "r2") == []


def test_two_different_snapshots_of_one_day_make_the_later_one_ambiguous(
    shop: SmallDeployment,
) -> None:
    shop.write_source("shop", {"products": {**PRODUCTS, "pattern": PRODUCTS["pattern"]}})
    shop.drop("shop", "products_2026-10-31.csv", "ID,Name\n1,A\n")
    land("shop", "r1")
    registry.accept_loads("shop")
    shop.drop("shop", "products_2026-10-31.csv", "ID,Name\n1,B\n")
    land("shop", "r2")
    (profile,) = load_profiles("shop")
    assert profile.is_ambiguous
    registry.quarantine(profile.load_id, ["ambiguous_version"])
    released = registry.release(profile.load_id[:8], by="anna")
    assert (released.state, released.release_order, released.released_by) == ("released", 1, "anna")


def test_rows_at_fault_are_counted_once_per_row(shop: SmallDeployment) -> None:
    content = "ID,Name\n1,A\n2\n,\n3,C\n3,D\n4,E\n4,E\n"
    shop.drop("shop", "products_2026-10-31.csv", content)
    land("shop", "r")
    (profile,) = load_profiles("shop")
    # row 3 is broken, row 4 is blank and so no row, rows 5 and 6 contradict each other,
    # row 8 repeats row 7
    assert (profile.rows_seen, profile.rows_bad) == (6, 4)
