import csv
import io
import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Kam


@pytest.fixture
def ask(published: Kam) -> Kam:
    return lambda *words, **more: published("query", *words, **more)


def test_a_table_aligns_numbers_right_and_shows_null(ask: Kam) -> None:
    lines = ask("select 1.50 as amount, 'x' as name union all select 100, null").stdout.splitlines()
    assert [line.rstrip() for line in lines] == [
        "amount  name",
        "────────────",
        "  1.50  x",
        "100.00  —",
        "rows: 2",
    ]


def test_without_sql_the_tables_are_listed(ask: Kam) -> None:
    assert "quality.fct_quality_check" in ask().stdout


def test_sql_comes_from_the_input(ask: Kam) -> None:
    assert "42" in ask("-", stdin="select 6 * 7").stdout


def test_a_long_text_is_broken_and_a_wide_row_is_turned(ask: Kam) -> None:
    long = ask("select 1 as a, repeat('word ', 50) as note").stdout
    wide = ask("select " + ", ".join(f"'{'x' * 20}' as column_{n}" for n in range(9))).stdout
    assert max(cell_len(line) for line in (long + wide).splitlines()) <= 100
    assert long.count("word") == 50
    assert [line.split() for line in wide.splitlines() if "column_8" in line] == [
        ["column_8", "x" * 20]
    ]


@pytest.mark.parametrize(("rows", "note"), [(200, "rows: 200"), (201, "the first 200 rows")])
def test_a_table_stops_at_two_hundred_rows_and_says_so(ask: Kam, rows: int, note: str) -> None:
    lines = ask(f"from range({rows})").stdout.splitlines()
    assert len(lines) == 2 + 200 + 1
    assert lines[-1].startswith(note)


def test_csv_and_json_have_every_row(ask: Kam) -> None:
    assert len(ask("from range(30000)", "--format", "csv").stdout.splitlines()) == 30001
    assert len(json.loads(ask("from range(30000)", "--format", "json").stdout)) == 30000


EXACT = """
select 12345678901234.5678::decimal(18, 4) as money, 0.1::decimal(38, 12) as ratio,
    9007199254740993::bigint as id, date '2026-10-31' as day, true as is_on,
    timestamp '2026-10-31 12:00:00' as at, null as nothing, ['=a', null] as list
"""


def test_csv_is_exact(ask: Kam) -> None:
    [row] = csv.DictReader(io.StringIO(ask(EXACT, "--format", "csv").stdout))
    assert row == {
        "money": "12345678901234.5678",
        "ratio": "0.100000000000",
        "id": "9007199254740993",
        "day": "2026-10-31",
        "is_on": "true",
        "at": "2026-10-31 12:00:00",
        "nothing": "",
        "list": '["=a", null]',
    }


def test_json_is_exact(ask: Kam) -> None:
    [row] = json.loads(ask(EXACT, "--format", "json").stdout)
    assert row["money"] == "12345678901234.5678"
    assert row["id"] == 9007199254740993
    assert row["nothing"] is None
    assert row["list"] == ["=a", None]


def test_json_keeps_columns_of_one_name(ask: Kam) -> None:
    output = ask("select 1 as a, 2 as a, 3 as a_2", "--format", "json").stdout
    assert json.loads(output) == [{"a": 1, "a_2": 2, "a_2_2": 3}]


def test_no_rows_are_valid_output(ask: Kam) -> None:
    nothing = "select 1 as a where false"
    assert json.loads(ask(nothing, "--format", "json").stdout) == []
    assert ask(nothing, "--format", "csv").stdout == "a\n"
    assert "rows: 0" in ask(nothing).stdout


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_neutralises_what_a_spreadsheet_would_run(ask: Kam, text: str) -> None:
    sql = f"select '{text}' as \"=name\", -1 as number, -1.5 as amount"
    output = ask(sql, "--format", "csv").stdout_bytes.decode()
    rows = list(csv.reader(io.StringIO(output, newline="")))
    assert rows == [["'=name", "number", "amount"], [f"'{text}", "-1", "-1.5"]]


@pytest.mark.parametrize("text", FORMULAS)
def test_json_does_not(ask: Kam, text: str) -> None:
    assert json.loads(ask(f"select '{text}' as a", "--format", "json").stdout) == [{"a": text}]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{file}')",
        "copy (select 1) to '{file}.new'",
        "attach '{file}.new' as other",
        "delete from core.dim_account",
    ],
)
def test_files_stay_out_of_reach(ask: Kam, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2", encoding="utf-8")
    result = ask(sql.format(file=secret), code=1)
    assert "hunter2" not in result.output
    assert sorted(path.name for path in tmp_path.glob("secret*")) == ["secret.txt"]


def test_wrong_sql_says_where_the_tables_are_listed(ask: Kam) -> None:
    error = ask("select nope from core.dim_account", code=1).stderr
    assert 'Referenced column "nope" not found' in error
    assert "fix: `kam query` lists the tables" in error


def test_before_the_first_publish(kam: Kam) -> None:
    assert "Nothing is published yet" in kam("query", "select 1", code=1).stderr
