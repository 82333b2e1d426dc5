"""Check rows say exactly what is in the table: which rule, how many rows, and never too much."""

import json
from pathlib import Path

import duckdb
import pytest

from kam_kpi.quality.checks import CheckRow, read_checks, write_checks
from kam_kpi.quality.duckdb_datasource import open_duckdb
from kam_kpi.quality.suite import RelationSuite, is_known_value, key, no_rows
from kam_kpi.quality.validate import SAMPLE, check_rows, validate

ORDERS = (
    *key("id"),
    is_known_value("state", ["new", "paid"]),
    no_rows("is_positive", "Paid.", "select id, amount from {batch} where amount < 0", "warn"),
)


def judge(
    file: Path, *expectations: object, is_personal: bool = False, relation: str = "shop.orders"
) -> dict[str, CheckRow]:
    spec = RelationSuite(relation, "Orders.", expectations, is_personal)
    with open_duckdb(file) as session:
        rows = check_rows("r", "marts", validate(session, [spec]))
    return {row.expectation: row for row in rows}


def plant(file: Path, values: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"insert into shop.orders values {values}")


def test_a_good_table_passes_every_check(file: Path) -> None:
    rows = judge(file, *ORDERS)
    assert list(rows) == ["key_is_unique", "is_filled", "is_known_value", "is_positive"]
    assert all(row.is_success and row.unexpected_count == 0 for row in rows.values())
    assert {row.element_count for row in rows.values()} == {3}
    assert not any(row.blocks or row.sample for row in rows.values())


def test_planted_rows_are_found_exactly(file: Path) -> None:
    plant(file, "(3, 'lost', 1), (3, 'gone', -1), (null, 'new', -2.5)")
    rows = judge(file, *ORDERS)
    found = {name: (row.unexpected_count, row.element_count) for name, row in rows.items()}
    assert found == {
        "key_is_unique": (1, 6),
        "is_filled": (1, 6),
        "is_known_value": (2, 6),
        "is_positive": (2, 6),
    }
    assert json.loads(rows["key_is_unique"].sample or "") == [{"id": 3, "copies": 3}]
    assert sorted(json.loads(rows["is_known_value"].sample or "")) == ["gone", "lost"]
    assert {"id": None, "amount": "-2.5000"} in json.loads(rows["is_positive"].sample or "")


def test_an_error_blocks_and_a_warning_does_not(file: Path) -> None:
    plant(file, "(4, 'lost', -1)")
    rows = judge(file, *ORDERS)
    assert rows["is_known_value"].blocks
    assert not rows["is_positive"].is_success
    assert not rows["is_positive"].blocks


def test_a_rule_that_cannot_be_judged_is_no_broken_rule(file: Path) -> None:
    plant(file, "(4, 'lost', 1)")
    unjudged = no_rows("is_dated", "Dated.", "select id from {batch} where day is null", "warn")
    rows = judge(file, unjudged, is_known_value("colour", ["red"]), *key("id"))
    for name in ("is_dated", "is_known_value"):
        row = rows[name]
        assert row.engine_failed
        assert not row.is_success
        assert row.blocks, "even a warning must be judged"
        assert (row.element_count, row.unexpected_count) == (None, None)
    assert "day" in (rows["is_dated"].sample or "")
    assert rows["key_is_unique"].is_success, "the other rules are judged all the same"


def test_a_sample_is_capped_and_the_count_is_not(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into shop.orders select range + 10, 'lost', -1 from range(1000)")
    rows = judge(file, *ORDERS)
    for name in ("is_known_value", "is_positive"):
        assert rows[name].unexpected_count == 1000
        assert len(json.loads(rows[name].sample or "")) == SAMPLE


def test_a_query_that_fails_midway_does_not_take_others_with_it(file: Path) -> None:
    broken = no_rows("is_number", "State.", "select cast(state as integer) as n from {batch}")
    rows = judge(file, broken, *ORDERS)
    assert [row.expectation for row in rows.values() if row.engine_failed] == ["is_number"]
    assert all(row.is_success for name, row in rows.items() if name != "is_number")


def test_a_personal_table_gives_counts_only(
    file: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    plant(file, "(3, 'Ivanov', -777), (null, 'Petrov', -888)")
    broken = no_rows("is_number", "State.", "select cast(state as integer) as n from {batch}")
    spec = RelationSuite("shop.orders", "Pay.", (*ORDERS, broken), is_personal=True)
    with open_duckdb(file) as session:
        validated = validate(session, [spec])
    rows = check_rows("r", "conformed", validated)
    told = json.dumps([row.__dict__ for row in rows]) + str(validated[0].result.to_json_dict())
    told += caplog.text + "".join(capfd.readouterr())
    for secret in ("Ivanov", "Petrov", "777", "888"):
        assert secret not in told
    counts = {row.expectation: row.unexpected_count for row in rows}
    assert counts["is_positive"] == 2
    assert [row.expectation for row in rows if row.engine_failed] == ["is_number"]


@pytest.mark.parametrize("part", ["conformed", "raw.shop"])
def test_results_of_a_part_are_replaced_and_private(home: Path, file: Path, part: str) -> None:
    first = list(judge(file, *ORDERS).values())
    write_checks("r", "marts", first)
    for _ in range(2):
        write_checks("r", part, first[:1])
    assert read_checks("r", part) == first[:1]
    assert len(read_checks("r")) == len(first) + 1
    for folder in (home / "lake" / "_runs", home / "lake" / "_runs" / "r"):
        assert folder.stat().st_mode & 0o777 == 0o700
