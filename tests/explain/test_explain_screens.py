"""What `kam explain-kpi` prints, in both languages, on the compiled real models."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal

import duckdb
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from kam_kpi.cli import app
from kam_kpi.texts import catalogue

Explain = Callable[..., Result]


@pytest.fixture
def explain(explained: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> Explain:
    """Calls `kam explain-kpi`; `code` is the exit code expected."""

    def connect() -> duckdb.DuckDBPyConnection:
        cursor = explained.cursor()
        cursor.execute("use scenario")
        return cursor

    def call(*words: str, code: int = 0, lang: str = "en") -> Result:
        monkeypatch.setattr("kam_kpi.serving.query.connect", connect)
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setenv("KAM_LANG", lang)
        result = CliRunner().invoke(app, ["explain-kpi", *words])
        assert result.exit_code == code, result.output
        return result

    return call


def lines_of(result: Result) -> list[str]:
    return [line.rstrip() for line in result.stdout.splitlines() if line.strip()]


def test_from_the_value_down_to_the_contract(explain: Explain) -> None:
    lines = lines_of(explain("K01", "2026-10", "renewal_rate_value", "--window", "rolling_3"))
    assert lines[0] == "Renewal rate by value · K01 (K01) · 2026-08 … 2026-10 (rolling_3)"
    assert lines[1] == "60.0% = 540.00 ÷ 900.00 RUB: renewed ÷ due · policy v1"
    assert [line.split() for line in lines[5:]] == [
        ["2026-08", "0.0%", "0.00", "300.00"],
        ["A2", "(A2)", "0.00", "300.00"],
        ["TB1/1", "·", "contract", "term", "2026-08-31", "100.0%", "0.00", "300.00"],
        ["2024-01-01", "–", "2026-08-31;", "not", "renewed"],
        ["2026-09", "nothing", "to", "divide", "by:", "no", "such", "cases",
         "0.00", "0.00"],
        ["2026-10", "90.0%", "540.00", "600.00"],
        ["A1", "(A1)", "540.00", "600.00"],
        ["TA1/1", "·", "contract", "term", "2026-10-15", "60.0%", "540.00", "600.00"],
        ["2024-01-01", "–", "2026-10-15;", "renewed", "on", "time:", "TA2/1"],
        ["Σ", "540.00", "900.00"],
    ]  # fmt: skip


def test_twenty_records_of_a_client_and_the_sum_of_the_rest(explain: Explain) -> None:
    result = explain("K02", "2026-10", "revenue")
    lines = lines_of(result)
    assert sum("B1-" in line for line in lines) == 20
    # 25 invoices of 100 to 124: the five smallest are 100 to 104
    [more] = [line for line in lines if "more" in line and "Σ" in line]
    assert more.split() == ["…", "5", "more,", "Σ", "510.00"]
    assert lines[-1] == "5 records are not shown; --format csv writes all."


def test_csv_has_every_record_and_adds_up(explain: Explain) -> None:
    rows = list(
        csv.DictReader(io.StringIO(explain("K02", "2026-10", "revenue", "--format", "csv").stdout))
    )
    assert sum(row["record_id"].startswith("B1-") for row in rows) == 25
    [value] = json.loads(explain("K02", "2026-10", "revenue", "--format", "json").stdout)
    assert sum(Decimal(row["numerator"]) for row in rows) == Decimal(value["value"])
    note = next(row for row in rows if row["record_type"] == "credit_note")
    assert (note["numerator"], note["share"], note["corrects_id"]) == ("-20", "0.4", "NEW")


def test_json_is_the_tree(explain: Explain) -> None:
    words = ("K01", "2026-10", "nrr", "--window", "rolling_3", "--format", "json")
    [tree] = json.loads(explain(*words).stdout)
    assert (tree["first_period"], tree["window"]) == ("2026-08-01", "rolling_3")
    [month] = tree["months"]
    [record] = month["accounts"][0]["records"]
    assert record["details"]["documents"] == ["TA1/1", "TA2/1"]
    assert record["details"]["client_opening"] == "1300"


def test_a_text_that_a_spreadsheet_would_run_is_harmless(
    explain: Explain, explained: duckdb.DuckDBPyConnection
) -> None:
    explained.execute("update core.dim_account set name = '=1+1' where account_id = 'B1'")
    try:
        output = explain("K02", "2026-10", "revenue", "--format", "csv").stdout
    finally:
        explained.execute("update core.dim_account set name = 'B1' where account_id = 'B1'")
    assert ",'=1+1," in output
    assert ",=1+1," not in output


def test_open_items_say_how_long_they_are_due(explain: Explain) -> None:
    lines = lines_of(explain("K02", "2026-10", "overdue_share"))
    place = next(place for place, line in enumerate(lines) if "C1-10 · invoice" in line)
    assert lines[place + 1].strip() == "due 2026-10-21; days overdue: 10; disputed: 30.00"


def test_clients_of_a_cohort_show_both_ends(explain: Explain) -> None:
    lines = lines_of(explain("K01", "2026-10", "nrr", "--window", "rolling_3"))
    place = next(place for place, line in enumerate(lines) if "documents: TA1/1, TA2/1" in line)
    assert lines[place + 1].strip() == "1,000.00 at the start, 900.00 after; client kept"
    assert lines[place + 2].strip() == "part of A1: 1,300.00 at the start, 900.00 after"


def test_no_evidence_says_why(explain: Explain) -> None:
    lines = lines_of(explain("UNASSIGNED", "2026-10", "win_rate"))
    assert lines == [
        "Win rate · (nobody) · 2026-10",
        "— = 0 ÷ 0: won ÷ closed · policy v1",
        "nothing to divide by: no such cases",
    ]
    assert lines_of(explain("UNASSIGNED", "2026-10", "won_revenue"))[1:] == [
        "0.00 RUB · policy v1",
        "No record counts here, so the value is zero.",
    ]


def test_an_overlay_is_told_beside_the_value(explain: Explain) -> None:
    output = explain("K01", "2026-10", "revenue").stdout
    assert "Credited beside the owners, outside this value: 2,800.00" in output


def test_a_missing_rate_names_pair_and_month(explain: Explain) -> None:
    lines = lines_of(explain("K03", "2023-09", "revenue"))
    assert lines[1:4] == [
        "— · policy v1",
        "a plan exchange rate is missing",
        "  no plan rate EUR → RUB in 2023-09",
    ]
    assert [line.split()[-1] for line in lines if "· invoice" in line] == ["200.00", "—"]
    assert lines[-1].split() == ["Σ", "—"]


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("window", ["month", "rolling_12"])
def test_every_kpi_fits_a_hundred_columns_and_is_in_words(
    explain: Explain, explained: duckdb.DuckDBPyConnection, lang: str, window: str
) -> None:
    for (code,) in explained.execute("select kpi_code from kpi.dim_kpi").fetchall():
        output = explain("K02", "2026-10", code, "--window", window, lang=lang).stdout
        assert max(map(cell_len, output.splitlines())) <= 100
        assert "cli." not in output
        assert (" · политика v1" in output) == (lang == "ru")


def test_every_ratio_names_its_parts(explained: duckdb.DuckDBPyConnection) -> None:
    rows = explained.execute("select kpi_code from kpi.dim_kpi where unit = 'ratio'").fetchall()
    assert {f"parts_{code}" for (code,) in rows} <= set(catalogue("cli"))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["K09", "2026-10", "nrr"], 1, "There is no KAM K09"),
        (["K01", "2026-10", "nr"], 1, "There is no KPI nr"),
        (["K01", "2026-10", "nrr", "--window", "week"], 1, "There is no window week"),
        (["K01", "2030-01", "nrr"], 1, "There are no KPIs for 2030-01"),
        (["K01", "2026-10"], 2, "KPI is missing."),
    ],
)
def test_wrong_questions_get_an_answer(
    explain: Explain, words: list[str], code: int, message: str
) -> None:
    assert message in explain(*words, code=code).stderr
