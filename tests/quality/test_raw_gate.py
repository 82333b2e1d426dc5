"""The raw gate condemns exactly the loads that break a rule, each with its reason."""

from decimal import Decimal
from typing import Any

import pytest

from expectations import raw
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.landing import land
from kam_kpi.lake.profile import LoadProfile
from kam_kpi.quality.checks import read_checks
from kam_kpi.quality.gates import validate_loads
from kam_kpi.quality.raw_verdicts import condemned, judge_loads
from tests.conftest import SmallDeployment

PRODUCTS = {
    "pattern": r"products_(?P<covers_to>\d{4}-\d{2}-\d{2})(_\w+)?\.csv",
    "csv": {},
    "covers_to": "file_name",
    "max_bad_share": 0,
    "entities": {
        "product": {
            "mode": "snapshot",
            "columns": {"product_id": "ID", "name": "Name", "unit_cost": "Cost"},
        }
    },
}


def load(number: int = 1, **changes: Any) -> LoadProfile:
    good: dict[str, Any] = {
        "load_id": f"load{number:03}", "feed": "lines", "file": f"{number}.csv",
        "rows_announced": None, "rows_seen": 100, "rows_landed": 100, "rows_bad": 0,
        "missing_columns": "", "is_ambiguous": False, "unreadable": "",
        "max_bad_share": Decimal("0.02"),
    }  # fmt: skip
    return LoadProfile(**{**good, **changes})


def verdicts(*profiles: LoadProfile) -> dict[str, list[str]]:
    spec = raw.suite("shop")
    return condemned(spec, judge_loads(spec, profiles, "r")[1])


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"rows_announced": 100}, []),
        ({"rows_announced": 99}, ["incomplete"]),
        ({"rows_announced": 101}, ["incomplete"]),
        ({"rows_seen": 101}, ["incomplete"]),
        ({"rows_bad": 1}, []),
        ({"rows_bad": 2}, []),
        ({"rows_bad": 3}, ["too_many_bad_rows"]),
        ({"rows_bad": 1, "max_bad_share": Decimal("0.009999")}, ["too_many_bad_rows"]),
        ({"rows_bad": 1, "max_bad_share": Decimal("0.01")}, []),
        ({"rows_seen": 0, "rows_landed": 0}, ["empty_file"]),
        ({"rows_seen": 0, "rows_landed": 0, "rows_announced": 0}, []),
        ({"rows_seen": 0, "rows_landed": 0, "rows_announced": 5}, ["empty_file", "incomplete"]),
        ({"is_ambiguous": True}, ["ambiguous_version"]),
        ({"missing_columns": "ID", "rows_seen": 0, "rows_landed": 0}, ["header_changed"]),
        ({"unreadable": "not UTF-8", "rows_seen": 0, "rows_landed": 0}, ["unreadable_file"]),
        (
            {"unreadable": "cut short", "missing_columns": "ID", "is_ambiguous": True},
            ["unreadable_file"],
        ),
    ],
)
def test_each_rule_has_its_reason_at_its_boundary(
    changes: dict[str, Any], reasons: list[str]
) -> None:
    found = verdicts(load(1), load(2, **changes))
    assert {name: sorted(each) for name, each in found.items()} == (
        {"load002": reasons} if reasons else {}
    )


def test_every_bad_load_of_many_is_named() -> None:
    """More than the 20 and the 200 rows at which the engine stops naming rows by itself."""
    loads = [load(n, rows_bad=50 if n % 5 else 0) for n in range(305)]
    assert set(verdicts(*loads)) == {f"load{n:03}" for n in range(305) if n % 5}


def test_rows_tell_which_load_broke_which_rule() -> None:
    bad = load(2, missing_columns="ID, Cost", rows_seen=0, rows_landed=0)
    _, rows = judge_loads(raw.suite("shop"), [load(1), bad, load(3, rows_bad=1)], "r")
    broken = {(row.expectation, row.load_id, row.severity) for row in rows if not row.is_success}
    assert broken == {
        ("header_is_complete", "load002", "error"),
        ("has_no_bad_rows", "load003", "warn"),
    }
    kept = [row for row in rows if row.is_success]
    assert all(row.load_id is None and row.element_count == 3 for row in kept)
    assert [row.sample for row in rows if row.load_id == "load002"] == ['["ID, Cost"]']


def land_good_and_bad(deployment: SmallDeployment) -> None:
    deployment.write_source("shop", {"products": PRODUCTS})
    deployment.drop("shop", "products_2026-10-01.csv", "ID,Name,Cost\n1,A,1.5\n")
    deployment.drop("shop", "products_2026-10-02.csv", "ID,Title,Cost\n1,A,1.5\n")
    deployment.drop("shop", "products_2026-10-03.csv", "ID,Name,Cost\n1,A,1.5\n2,B,x\n")
    deployment.drop("shop", "products_2026-10-04.csv", "ID,Name,Cost\n")
    land("shop", "r")


def states() -> dict[str, tuple[str, list[str]]]:
    return {load.covers_to: (load.state, load.reasons) for load in registry.loads("shop")}


def test_bad_files_are_quarantined_and_good_ones_go_on(deployment: SmallDeployment) -> None:
    land_good_and_bad(deployment)
    validate_loads("shop", "r")
    assert states() == {
        "2026-10-01": ("landed", []),
        "2026-10-02": ("quarantined", ["header_changed"]),
        "2026-10-03": ("quarantined", ["too_many_bad_rows"]),
        "2026-10-04": ("quarantined", ["empty_file"]),
    }
    assert (Home.current().data_docs / "index.html").exists()


def test_a_gate_killed_among_its_verdicts_is_simply_run_again(
    deployment: SmallDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_good_and_bad(deployment)
    quarantine = registry.quarantine

    def killed_after_the_first(load: str, reasons: list[str]) -> None:
        if registry.loads("shop", ("quarantined",)):
            raise KeyboardInterrupt
        quarantine(load, reasons)

    monkeypatch.setattr(registry, "quarantine", killed_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        validate_loads("shop", "r")
    monkeypatch.setattr(registry, "quarantine", quarantine)
    validate_loads("shop", "r")
    assert [state for state, _ in states().values()] == ["landed"] + ["quarantined"] * 3
    told = {row.load_id for row in read_checks("r", "raw.shop") if row.blocks}
    assert told == {load.load_id for load in registry.loads("shop", ("quarantined",))}


def test_nothing_new_is_nothing_to_judge(deployment: SmallDeployment) -> None:
    deployment.write_source("shop", {"products": PRODUCTS})
    validate_loads("shop", "r")
    assert read_checks("r") == []


def test_an_engine_that_stumbles_condemns_nobody(
    deployment: SmallDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_good_and_bad(deployment)
    monkeypatch.setattr(
        "kam_kpi.quality.load_profile._ROWS",
        "create table lake.load_profile as select 'x' as load_id where :profiles <> ''",
    )
    with pytest.raises(KamError) as failed:
        validate_loads("shop", "r")
    assert failed.value.key == "quality.engine_failed"
    assert {state for state, _ in states().values()} == {"landed"}
