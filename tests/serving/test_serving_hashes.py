"""Hashes tell content, and nothing but content."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from kam_kpi.home import Home
from kam_kpi.serving.publish import content_hash, publish, table_hashes
from kam_kpi.serving.versions import version_file
from tests.serving.small_build import ready

ROWS = [("A", Decimal("1.5000"), "x"), ("B", Decimal(2), None), ("B", Decimal(2), None)]


def database(path: Path, *statements: str) -> str:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core")
        for statement in statements:
            connection.execute(statement)
    return table_hashes(path).get("core.t", "")


def test_order_run_and_quality_do_not_count(home: Path) -> None:
    hashes = []
    for run, rows in (("r1", ROWS), ("r2", ROWS[::-1])):
        ready(home, run, *rows)
        version = publish(run)
        hashes.append(content_hash(version_file(Home(home), version)))
    assert hashes[0] == hashes[1]
    assert set(table_hashes(version_file(Home(home), 1))) == {
        "core.dim_employee",
        "core.fct_invoice_line",
        "core.rpt_total",
    }


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:2],  # a duplicate less
        [*ROWS[:2], ("B", Decimal(2), "")],  # NULL is not the empty text
        [*ROWS[:2], ("B", Decimal("2.0001"), None)],
        [],
    ],
)
def test_any_other_content_gives_another_hash(
    home: Path, rows: list[tuple[str, Decimal, str | None]]
) -> None:
    ready(home, "r1", *ROWS)
    publish("r1")
    ready(home, "r2", *rows)
    publish("r2")
    first, second = (table_hashes(version_file(Home(home), number)) for number in (1, 2))
    assert first["core.fct_invoice_line"] != second["core.fct_invoice_line"]
    assert first["core.dim_employee"] == second["core.dim_employee"]


def test_cells_cannot_run_into_each_other(tmp_path: Path) -> None:
    values = ["('a', 'b,c')", "('a,b', 'c')", "('a\",\"b', 'c')", "('a', null)", "('a', '-')"]
    hashes = {
        database(
            tmp_path / f"{number}.duckdb",
            "create table core.t (a varchar, b varchar)",
            f"insert into core.t values {row}",
        )
        for number, row in enumerate(values)
    }
    assert len(hashes) == len(values)


def test_technical_columns_do_not_count_and_types_do(tmp_path: Path) -> None:
    plain = database(tmp_path / "1.duckdb", "create table core.t as select 1::integer as a")
    technical = database(
        tmp_path / "2.duckdb",
        "create table core.t as select 1::integer as a, 'L1' as _load_id, 'r9' as run_id",
    )
    typed = database(tmp_path / "3.duckdb", "create table core.t as select 1::bigint as a")
    assert plain == technical
    assert plain != typed
