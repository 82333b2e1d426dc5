"""A small build file, as the build leaves it, and a deployment to publish it from."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from kam_kpi.warehouse.changes import create_changes

COMPANY = """
name: Test & Co
currency: RUB
time_zone: Europe/Moscow
serving: {{keep_versions: 5, postgres: {postgres}}}
"""
POLICY = "versions:\n  - version: '1'\n    valid_from: 2024-01-01\n"

AS_OF = "2026-11-01"
EVIDENCE = 5
"""Rows of evidence of one month."""
EMPLOYEES = [
    ("e1", "K01", "001", "olga@example.org", "Ольга Константиновна Рождественская-Иванова", True),
    ("e2", "K02", "002", "pavel@example.org", "Pavel [red] Smirnov", True),
    ("e3", "M01", "003", "head@example.org", "Head of Sales", False),
    ("UNASSIGNED", "UNASSIGNED", None, None, "UNASSIGNED", False),
]


def write_config(folder: Path, postgres: str = "null") -> None:
    """A configuration without sources; `postgres` is a connection id."""
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    (folder / "company.yml").write_text(COMPANY.format(postgres=postgres), encoding="utf-8")
    (folder / "policy.yml").write_text(POLICY, encoding="utf-8")


def write_build(
    home: Path, run_id: str, fingerprint: str = "f1", rows: Iterable[tuple[object, ...]] = ()
) -> None:
    """A build file of `run_id` whose core.fct_invoice_line has `rows` (id, net, text)."""
    file = home / "build" / "warehouse.duckdb"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            """
            create schema control; create schema core; create schema kpi; create schema quality;
            create schema staging; create table staging.stg_secret (a integer);
            create table control.run (
                run_id varchar, as_of_date date, inputs_fingerprint varchar
            );
            create table core.fct_invoice_line (
                invoice_id varchar not null, net decimal(18, 4), note varchar
            );
            create table core.dim_employee (
                employee_key varchar not null, employee_id varchar, personnel_no varchar,
                email varchar, name varchar, is_kam boolean
            );
            create table core.int_helper (a integer);
            create table core.fct_invoice_line__dbt_tmp (a integer);
            create view core.rpt_total as select sum(net) as net from core.fct_invoice_line;
            create table quality.fct_quality_check (a integer);
            """
        )
        connection.execute("insert into control.run values (?, ?, ?)", [run_id, AS_OF, fingerprint])
        create_changes(connection)
        if lines := list(rows):
            connection.executemany("insert into core.fct_invoice_line values (?, ?, ?)", lines)
        connection.executemany("insert into core.dim_employee values (?, ?, ?, ?, ?, ?)", EMPLOYEES)


def check_row(run_id: str, stage: str, **changes: object) -> dict[str, object]:
    """One verdict of a gate."""
    row: dict[str, object] = {
        "run_id": run_id, "stage": stage, "suite": stage, "relation": "core.fct_invoice_line",
        "expectation": "not_null", "column_name": "net", "severity": "error", "is_success": True,
        "engine_failed": False, "element_count": 2, "unexpected_count": 0, "load_id": None,
        "description": "every line has an amount", "checked_at": "2026-11-02T03:00:00+00:00",
    }  # fmt: skip
    return row | changes


def write_checks(home: Path, run_id: str, *rows: dict[str, object]) -> None:
    """Verdicts of a run; by default both gates of the build passed."""
    verdicts = rows or (check_row(run_id, "conformed"), check_row(run_id, "marts"))
    folder = home / "lake" / "_runs" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    for stage in {str(row["stage"]) for row in verdicts}:
        content = [row for row in verdicts if row["stage"] == stage]
        (folder / f"checks_{stage}.json").write_text(json.dumps(content), encoding="utf-8")


def ready(home: Path, run_id: str, *rows: tuple[object, ...], fingerprint: str = "") -> None:
    """A build and its verdicts, ready to publish."""
    write_build(home, run_id, fingerprint or f"of {run_id}", rows)
    write_checks(home, run_id)


def add_tables(home: Path, *statements: str) -> None:
    """More tables in the build file."""
    with duckdb.connect(str(home / "build" / "warehouse.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def ready_kpis(home: Path, run_id: str, months: Mapping[str, int]) -> None:
    """A build whose revenue of each month (its first day) is given: twice, as KPI and evidence."""
    ready(home, run_id, ("total", sum(months.values()), None))
    add_tables(
        home,
        "create table kpi.fct_kam_kpi (period date not null, kpi_code varchar, value decimal(38, 4))",
        "create table kpi.fct_kpi_evidence (period date not null, n integer, amount decimal(38, 4))",
        *(f"insert into kpi.fct_kam_kpi values ('{m}', 'revenue', {v})" for m, v in months.items()),
        *(
            f"insert into kpi.fct_kpi_evidence select '{month}', n, "
            f"if(n = 0, {value} - {EVIDENCE - 1}, 1) from range({EVIDENCE}) as lines(n)"
            for month, value in months.items()
        ),
    )
