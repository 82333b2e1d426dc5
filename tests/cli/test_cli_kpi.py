import csv
import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from kam_kpi.serving.kam_month import last_full_month
from kam_kpi.serving.query import connect
from tests.cli.conftest import Kam
from tests.cli.kpi_build import MONTH, ROWS, publish_kpis


def line_of(output: str, start: str) -> list[str]:
    [line] = [line for line in output.splitlines() if line.startswith(start)]
    return line.removeprefix(start).split()


def test_the_company_is_the_sum_of_evidence_not_of_ratios(published: Kam) -> None:
    output = published("kpi", "2026-10").stdout
    # Revenue without the overlay's 5,000 and with nobody's 0.10. Renewal 100 of 400: the mean of
    # 90 % and 3.3 % would be 46.7 %. Churn 1 of 3. Accounts a1 and a2 although 2 and 1 are owned.
    assert line_of(output, "Company") == ["2", "1,234,567.99", "25.0%¹", "33.3%", "—³", "—⁴"]


def test_the_company_in_a_longer_window(published: Kam) -> None:
    words = [
        "kpi",
        "2026-10",
        "--window",
        "rolling_3",
        "--kpi",
        "revenue",
        "--kpi",
        "logo_churn_rate",
    ]
    output = published(*words).stdout
    assert output.splitlines()[0].strip() == "KAMs in 2026-08 … 2026-10 (rolling_3), amounts in RUB"
    # Revenue of August to October with nobody's 0.10 and without July's 900. Churn 2 of 8 as
    # measured in the window: the mean is 33.3 %, with the month's and September's 4 of 12.
    assert line_of(output, "Company") == ["2", "1,234,674.99", "25.0%"]
    assert line_of(output, "Pavel [red] Smirnov") == ["1", "7.00", "16.7%"]


def test_a_longer_window_is_named_in_csv_and_json(published: Kam) -> None:
    words = ["kpi", "2026-10", "--window", "rolling_3", "--kpi", "revenue", "--format"]
    [first, *_] = csv.DictReader(io.StringIO(published(*words, "csv").stdout))
    assert list(first)[:3] == ["period", "window", "employee_id"]
    assert (first["period"], first["window"]) == ("2026-10-01", "rolling_3")
    assert json.loads(published(*words, "json").stdout)[0]["window"] == "rolling_3"


def test_rows_are_sorted_by_the_first_kpi_and_nobody_comes_last(published: Kam) -> None:
    lines = published("kpi", "2026-10").stdout.splitlines()
    places = [
        next(place for place, line in enumerate(lines) if line.startswith(start))
        for start in ("Ольга", "Pavel [red] Smirnov", "(nobody)", "Company")
    ]
    assert places == sorted(places)
    assert not any("Head of Sales" in line for line in lines)


def test_accounts_are_those_owned_on_the_last_day(published: Kam) -> None:
    output = published("kpi", "2026-10").stdout
    # a2 changed hands on the month's last day; the deleted account and the overlay do not count.
    assert line_of(output, "Pavel [red] Smirnov")[0] == "1"
    assert line_of(output, "Ольга")[-6] == "2"


def test_what_is_absent_says_why_under_the_table(published: Kam) -> None:
    output = published("kpi", "2026-10").stdout
    assert [line for line in output.splitlines() if line.startswith(tuple("¹²³⁴⁵"))] == [
        "¹ provisional: renewals are still within their grace period",
        "² nothing to divide by: no such cases",
        "³ the history is too short",
        "⁴ a plan exchange rate is missing",
        "⁵ no data for this month",
    ]


def test_a_month_where_nobody_owns_accounts(kam: Kam, home: Path) -> None:
    rows = [
        ("e1", "revenue", None, None, None, "table_absent"),
        ("e2", "revenue", None, None, None, "table_absent"),
        ("UNASSIGNED", "revenue", "100", None, "100", None),
    ]
    publish_kpis(home, rows, unknown=())
    output = kam("kpi", "2026-10", "--kpi", "revenue").stdout
    assert line_of(output, "Company")[-1] == "100.00"


def test_without_headline_values_what_has_values_is_shown(kam: Kam, home: Path) -> None:
    rows = [
        ("e1", "win_rate", "1", "2", "0.5", None),
        ("e1", "won_revenue", "7", None, "7", None),
    ]
    publish_kpis(home, rows, unknown=())
    header = kam("kpi", "2026-10").stdout.splitlines()[1]
    assert header.split("  ")[-2:] == ["Won deals", "Win rate"]


def test_the_median_of_the_company_is_that_of_all_records(kam: Kam, home: Path) -> None:
    rows = [
        ("e1", "first_response_hours", None, "3", "4", None),
        ("e2", "first_response_hours", None, "1", "200", None),
        ("e1", "revenue", "7", None, "7", None),
    ]
    hours = [("e1", "2"), ("e1", "100"), ("e1", "4"), ("e2", "200")]
    publish_kpis(
        home, rows, unknown=[(who, "first_response_hours", value, None) for who, value in hours]
    )
    words = ("--kpi", "first_response_hours", "--kpi", "revenue", "--format", "json")
    company = json.loads(kam("kpi", "2026-10", *words).stdout)[-1]
    # Of 2, 4, 100 and 200; the mean of the people's 4 and 200 would be 102.
    assert (company["first_response_hours"], company["revenue"]) == ("52", "7")


def test_numbers_as_russians_read_them(published: Kam) -> None:
    output = published("--lang", "ru", "kpi", "2026-10").stdout
    [company] = [line for line in output.splitlines() if line.startswith("Компания")]
    assert "1 234 567,99" in company
    assert "25,0 %¹" in company
    assert "-0,01" in next(line for line in output.splitlines() if line.startswith("Pavel"))
    assert "¹ предварительно: срок на продление ещё не истёк" in output


@pytest.mark.parametrize("who", ["K02", "k02", "002", "pavel@example.org", "smirnov"])
def test_one_kam_by_any_of_his_names(published: Kam, who: str) -> None:
    output = published("kpi", "2026-10", "--kam", who).stdout
    assert "Smirnov" in output
    assert "Ольга" not in output
    assert "Company" not in output


def test_json_is_exact(published: Kam) -> None:
    rows = json.loads(published("kpi", "2026-10", "--format", "json").stdout)
    assert [row["employee_id"] for row in rows] == ["K01", "K02", "UNASSIGNED", "COMPANY"]
    assert rows[0]["revenue"] == "1234567.895"
    assert rows[0]["renewal_rate_value"] == "0.9"
    assert rows[0]["reasons"]["renewal_rate_value"] == "pending"
    assert rows[1]["revenue"] == "-0.005"
    assert rows[3]["revenue"] == "1234567.99"
    assert rows[3]["overdue_share"] is None
    assert rows[3]["reasons"]["overdue_share"] == "rate_absent"


def test_csv_is_exact(published: Kam) -> None:
    output = published("kpi", "2026-10", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(output)))
    assert rows[0]["revenue"] == "1234567.895"
    assert rows[0]["period"] == MONTH
    assert rows[1]["overdue_share"] == ""
    assert (
        rows[1]["reasons"] == "cross_sell_revenue=insufficient_history; overdue_share=rate_absent"
    )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["kpi", "2020-01"], 1, "There are no KPIs for 2020-01; there are 2026-10 … 2026-10"),
        (["kpi", "2026-10", "--kam", "nobody's"], 1, "There is no KAM nobody's"),
        (["kpi", "2026-10", "--kpi", "nope"], 1, "There is no KPI nope"),
        (["kpi", "2026-10", "--window", "week"], 1, "name one of: month, rolling_3"),
        (["kpi", "2026-13"], 2, "“2026-13” is no month; YYYY-MM is expected"),
        (["kpi"], 2, "PERIOD is missing."),
        (["kpi", "2026-10", "--format", "xml"], 2, "one of table, csv, json is expected"),
    ],
)
def test_wrong_questions_get_an_answer(
    published: Kam, words: list[str], code: int, message: str
) -> None:
    assert message in published(*words, code=code).stderr


def test_no_parameter_makes_the_database_import_pandas(published: Kam) -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from kam_kpi.cli import app;"
        "assert CliRunner().invoke(app, ['kpi', '2026-10', '--format', 'json']).exit_code == 0;"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


@pytest.mark.parametrize(
    ("month", "expected"),
    # The version speaks for 2026-11-01: October has ended, November has not.
    [("2026-11-01", None), ("2026-10-01", date(2026, 10, 1)), ("2026-09-01", date(2026, 9, 1))],
)
def test_the_last_full_month_has_ended(
    kam: Kam, home: Path, month: str, expected: date | None
) -> None:
    publish_kpis(home, ROWS, month)
    with connect() as connection:
        assert last_full_month(connection) == expected
