import os
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import duckdb
import pytest

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.serving import versions
from kam_kpi.serving.publish import publish, published_fingerprint
from kam_kpi.serving.query import connect
from tests.serving.small_build import (
    add_tables,
    check_row,
    ready,
    ready_kpis,
    write_build,
    write_checks,
)


def ask(sql: str) -> list[tuple[Any, ...]]:
    with connect() as connection:
        return connection.execute(sql).fetchall()


def test_publishes_only_tables_of_marts_in_the_order_of_their_columns(home: Path) -> None:
    ready(home, "r1", ("B", Decimal("2.5000"), None), ("A", Decimal("1.0000"), "x"))
    assert publish("r1") == 1
    assert ask("select schema_name || '.' || table_name from duckdb_tables() order by 1") == [
        ("core.dim_employee",),
        ("core.fct_invoice_line",),
        ("core.rpt_total",),
        ("quality.dim_published_version",),
        ("quality.fct_quality_check",),
    ]
    assert ask("select count(*) from duckdb_views() where not internal") == [(0,)]
    # Written B, A: the published order is that of the rows, not that of their arrival.
    assert ask("from core.fct_invoice_line") == [
        ("A", Decimal("1.0000"), "x"),
        ("B", Decimal("2.5000"), None),
    ]
    assert ask("from core.rpt_total") == [(Decimal("3.5000"),)]


def test_types_and_not_null_survive(home: Path) -> None:
    ready(home, "r1")
    publish("r1")
    columns = ask(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        "where table_name = 'fct_invoice_line' order by column_index"
    )
    assert columns == [
        ("invoice_id", "VARCHAR", False),
        ("net", "DECIMAL(18,4)", True),
        ("note", "VARCHAR", True),
    ]


def test_checks_of_all_runs_are_typed_and_instants_are_utc(home: Path) -> None:
    write_checks(
        home,
        "r0",
        check_row(
            "r0",
            "raw",
            is_success=False,
            unexpected_count=3,
            load_id="L1",
            checked_at="2026-11-01T03:00:00+03:00",
        ),
    )
    (home / "lake/_runs/r0/checks_marts.json").write_text('[{"half', encoding="utf-8")
    ready(home, "r1")
    publish("r1")
    assert ask(
        "select run_id, stage, is_success, unexpected_count, load_id, checked_at::varchar "
        "from quality.fct_quality_check order by run_id, stage"
    ) == [
        ("r0", "raw", False, 3, "L1", "2026-11-01 00:00:00"),
        ("r1", "conformed", True, 0, None, "2026-11-02 03:00:00"),
        ("r1", "marts", True, 0, None, "2026-11-02 03:00:00"),
    ]


def test_checks_are_kept_of_the_last_fifty_runs(home: Path) -> None:
    for number in range(60):
        write_checks(home, f"old{number:02d}")
        os.utime(home / f"lake/_runs/old{number:02d}/checks_marts.json", (number, number))
        os.utime(home / f"lake/_runs/old{number:02d}/checks_conformed.json", (number, number))
    ready(home, "now")
    publish("now")
    runs = [
        row[0] for row in ask("select distinct run_id from quality.fct_quality_check order by 1")
    ]
    assert runs == ["now", *(f"old{number}" for number in range(11, 60))]


def test_every_version_is_in_the_history(home: Path) -> None:
    for run in ("r1", "r2"):
        ready(home, run)
        publish(run)
    assert ask(
        "select version, run_id, as_of_date::varchar, fingerprint "
        "from quality.dim_published_version order by 1"
    ) == [(1, "r1", "2026-11-01", "of r1"), (2, "r2", "2026-11-01", "of r2")]
    assert published_fingerprint() == "of r2"


def test_the_same_run_is_published_once(home: Path) -> None:
    ready(home, "r1")
    assert [publish("r1"), publish("r1")] == [1, 1]
    ready(home, "r1", ("A", 1, None), fingerprint="a load was released meanwhile")
    assert publish("r1") == 2
    assert ask("select count(*) from core.fct_invoice_line") == [(1,)]


def test_the_last_n_versions_stay_and_always_the_current_one(home: Path) -> None:
    for number in range(1, 8):
        ready(home, f"r{number}")
        publish(f"r{number}")
    assert versions.versions(Home(home)) == [3, 4, 5, 6, 7]
    versions.point_to(Home(home), 3)
    versions.prune(Home(home), 2)
    assert versions.versions(Home(home)) == [3, 6, 7]


def test_files_are_readable_by_the_group_at_most(home: Path) -> None:
    ready(home, "r1")
    publish("r1")
    file = versions.version_file(Home(home), 1)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, home / "serving")]
    assert modes == [0o640, 0o750, 0o750]
    assert (home / "serving/current").readlink() == Path("versions/000001")
    assert sorted(path.name for path in file.parent.iterdir()) == ["finance.duckdb", "kam.duckdb"]
    assert stat.S_IMODE(versions.finance_file(Home(home), 1).stat().st_mode) == 0o600


def test_a_build_file_of_another_run_is_refused(home: Path) -> None:
    ready(home, "r1")
    publish("r1")
    write_checks(home, "r2")
    with pytest.raises(KamError, match="belongs to run r1, not to r2"):
        publish("r2")
    assert versions.current_version(Home(home)) == 1


@pytest.mark.parametrize(
    ("verdicts", "message"),
    [
        ([check_row("r2", "conformed")], "gate of stage marts has not judged"),
        ([check_row("r2", "marts")], "gate of stage conformed has not judged"),
        (
            [check_row("r2", "conformed"), check_row("r2", "marts", is_success=False)],
            "1 checks of stage marts failed, first: every line has an amount",
        ),
    ],
)
def test_marts_that_the_gates_have_not_passed_are_refused(
    home: Path, verdicts: list[dict[str, object]], message: str
) -> None:
    write_build(home, "r2")
    write_checks(home, "r2", *verdicts)
    with pytest.raises(KamError, match=message):
        publish("r2")
    assert versions.versions(Home(home)) == []


def test_failed_warnings_and_raw_checks_do_not_stop(home: Path) -> None:
    write_build(home, "r1")
    write_checks(
        home,
        "r1",
        check_row("r1", "raw", is_success=False),
        check_row("r1", "conformed", is_success=False, severity="warn"),
        check_row("r1", "marts"),
    )
    assert publish("r1") == 1


def test_unreadable_verdicts_of_this_run_are_an_error(home: Path) -> None:
    ready(home, "r1")
    (home / "lake/_runs/r1/checks_marts.json").write_text("[", encoding="utf-8")
    with pytest.raises(KamError, match=r"cannot be read\n  where: .*checks_marts.json"):
        publish("r1")


@pytest.mark.parametrize("content", [None, b"not a database", "no control"])
def test_without_a_build_the_error_names_the_file(home: Path, content: bytes | str | None) -> None:
    write_checks(home, "r1")
    file = home / "build/warehouse.duckdb"
    file.parent.mkdir()
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        duckdb.connect(str(file)).close()
    with pytest.raises(KamError, match=str(file)):
        publish("r1")


def test_a_damaged_version_does_not_stop_the_next(home: Path) -> None:
    ready(home, "r1")
    publish("r1")
    versions.version_file(Home(home), 1).write_bytes(b"damaged")
    ready(home, "r2")
    assert publish("r2") == 2
    assert ask("select run_id from quality.dim_published_version") == [("r2",)]


def test_comments_come_from_the_dbt_yaml(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marts = home / "marts"
    marts.mkdir()
    (marts / "fct_invoice_line.yml").write_text(
        "models:\n"
        "  - name: fct_invoice_line\n"
        "    description: One row per line; client's own.\n"
        "    columns:\n"
        "      - {name: net, description: 'amount, without tax'}\n"
        "      - {name: note, description: \"{{ doc('note') }}\"}\n"
        "      - {name: gone, description: not in the table}\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("kam_kpi.serving.descriptions._MARTS", marts)
    ready(home, "r1")
    publish("r1")
    assert ask("select comment from duckdb_tables() where table_name = 'fct_invoice_line'") == [
        ("One row per line; client's own.",)
    ]
    assert ask(
        "select column_name, comment from duckdb_columns() "
        "where table_name = 'fct_invoice_line' and comment is not null"
    ) == [("net", "amount, without tax")]


def test_a_version_is_readable_from_duckdb_1_4_on(home: Path) -> None:
    ready(home, "r1", ("A", Decimal("1.0000"), "x"))
    version = publish("r1")
    with duckdb.connect() as connection:
        file = versions.version_file(Home.current(), version)
        connection.execute(f"attach '{file}' as published (read_only)")
        tags = "select tags from duckdb_databases() where database_name = 'published'"
        assert connection.execute(tags).fetchall() == [({"storage_version": "v1.4.0+"},)]


def change_build(run_id: str, month: str, changed: dict[str, str], *statements: str) -> None:
    """The next run on the same build file: one more KPI row of a month, and what it tells of it."""
    home = Home.current()
    add_tables(
        home.root,
        f"update control.run set run_id = '{run_id}', inputs_fingerprint = 'of {run_id}'",
        f"insert into kpi.fct_kam_kpi values ('{month}', 'new', 1)",
        *statements,
        *(f"insert into control.change values ('{t}', '{day}')" for t, day in changed.items()),
    )
    write_checks(home.root, run_id)


KPIS = "select period::varchar, kpi_code from kpi.fct_kam_kpi"


def test_months_before_the_change_are_taken_from_the_version_before(home: Path) -> None:
    ready_kpis(home, "r1", {"2026-09-01": 1, "2026-10-01": 2})
    publish("r1")
    change_build(
        "r2",
        "2026-10-01",
        {"fct_kam_kpi": "2026-10-01"},
        # never told, so never looked for
        "update kpi.fct_kam_kpi set kpi_code = 'untold' where period = '2026-09-01'",
        "insert into core.fct_invoice_line values ('untold', 1, null)",
    )
    publish("r2")
    assert ask(KPIS) == [
        ("2026-09-01", "revenue"), ("2026-10-01", "new"), ("2026-10-01", "revenue"),
    ]  # fmt: skip
    assert ask("select invoice_id from core.fct_invoice_line") == [("total",)]
    change_build("r3", "2026-09-01", {"fct_invoice_line": "0001-01-01"})
    publish("r3")
    assert ask("select count(*) from core.fct_invoice_line") == [(2,)]
    assert len(ask(KPIS)) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "insert into control.change values ('code', '0001-01-01')",
        "insert into control.change values ('fct_kpi_evidence', '0001-01-01')",
        "update control.published set run_id = 'of a version that is gone'",
    ],
)
def test_a_version_is_written_anew_when_the_last_one_is_no_base(home: Path, statement: str) -> None:
    ready_kpis(home, "r1", {"2026-09-01": 1})
    publish("r1")
    change_build("r2", "2026-10-01", {}, statement)
    publish("r2")
    assert len(ask(KPIS)) == 2


def test_changes_are_told_until_they_are_published(home: Path) -> None:
    ready_kpis(home, "r1", {"2026-09-01": 1})
    publish("r1")
    change_build("r2", "2026-10-01", {"fct_kam_kpi": "2026-10-01"})
    with pytest.MonkeyPatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr("kam_kpi.serving.versions.point_to", Mock(side_effect=OSError("disk full")))
        publish("r2")
    change_build("r3", "2026-11-01", {"fct_kam_kpi": "2026-11-01"})
    publish("r3")
    assert [month for month, _ in ask(KPIS)] == ["2026-09-01", "2026-10-01", "2026-11-01"]
