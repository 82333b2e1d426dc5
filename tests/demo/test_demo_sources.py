"""The demo's configuration reads every file of the demo, and only planted faults are found."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from kam_kpi.config import load_deployment
from kam_kpi.demo import generate
from kam_kpi.demo import stories_delivery as planted
from kam_kpi.demo.cli import demo_app
from kam_kpi.demo.stories import story
from kam_kpi.demo.world import Company
from kam_kpi.home import Home
from kam_kpi.sources.check import check
from kam_kpi.sources.deliveries import deliveries

SMALL = Company(seed=7, size=70)


@pytest.fixture(scope="module")
def first_delivery(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("first") / "home")
    generate.write_initial(home, SMALL)
    return home


@pytest.fixture(scope="module")
def two_days_later(first_delivery: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    later = Home(tmp_path_factory.mktemp("later") / "home")
    shutil.copytree(first_delivery.root, later.root)
    generate.advance(later, 1)
    generate.advance(later, 1)
    return later


@pytest.fixture
def home(two_days_later: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("KAM_HOME", str(two_days_later.root))
    monkeypatch.delenv("KAM_CONFIG", raising=False)
    return two_days_later


@pytest.mark.parametrize("source", ["demo_crm", "demo_billing", "demo_branch"])
def test_every_feed_maps_and_only_the_planted_value_does_not_parse(
    first_delivery: Home, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("KAM_HOME", str(first_delivery.root))
    monkeypatch.delenv("KAM_CONFIG", raising=False)
    report = check(source)
    assert report.is_sound
    faults = [
        (feed.file, fault.line, fault.column, fault.value, fault.reason)
        for feed in report.feeds
        for entity in feed.entities
        for fault in entity.faults
    ]
    planted_ones = story("unparsable_amount").quarantined if source == "demo_crm" else ()
    assert faults == [(f.file, f.line, f.column, f.value, f.reason) for f in planted_ones]


def test_every_file_belongs_to_a_feed(home: Home) -> None:
    sources = load_deployment().sources
    claimed = {
        delivery.path
        for source in sources.values()
        if not source.is_database
        for delivery in deliveries(source, load_deployment().place_of(source))
    }
    written = {path for path in home.inbox.rglob("*") if path.suffix in (".csv", ".xlsx")}
    assert claimed == written


@pytest.mark.parametrize("name", ["broken_row", "unparsable_amount"])
def test_planted_rows_stand_on_the_line_that_the_story_names(home: Home, name: str) -> None:
    fault = story(name).quarantined[0]
    lines = (home.inbox / "crm" / fault.file).read_text("utf-8").splitlines()
    assert str(fault.value) in lines[fault.line - 1]
    columns = lines[0].count(";")
    assert (lines[fault.line - 1].count(";") == columns) == (name == "unparsable_amount")


def test_encodings_are_those_of_the_mapping(home: Home) -> None:
    crm = home.inbox / "crm"
    assert "Запоздалов".encode("cp1251") in (crm / "accounts_2026-10-31.csv").read_bytes()
    assert (crm / "tasks_2026-10-31.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert not (crm / "deals_2026-10-31.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_delivery_stories_are_in_the_inbox(home: Home) -> None:
    branch = home.inbox / "branch"
    first, copy = story("duplicated_file").files
    assert (branch / first).read_bytes() == (branch / copy).read_bytes()
    nets = [net_of(branch / name, "СЧ-2604-90052") for name in story("corrected_file").files]
    assert nets == [30000, 25000]
    assert net_of(branch / story("late_file").files[0], "СЧ-2608-90053") == 77000
    assert story("late_file").account_ids == (planted.LATE_ACCOUNT,)


def net_of(path: Path, invoice_id: str) -> object:
    """Net amount of a document on the sheet of invoices."""
    rows = list(openpyxl.load_workbook(path)["Счета"].iter_rows(values_only=True))
    column = rows[1].index("Сумма без НДС")
    return next(row[column] for row in rows if row[0] == invoice_id)


def test_an_unknown_account_is_billed_before_the_crm_knows_it(home: Home) -> None:
    account = story("unknown_account").account_ids[0].encode()
    crm = home.inbox / "crm"
    for day, is_known in (("2026-10-31", False), ("2026-11-01", False), ("2026-11-02", True)):
        for feed in ("accounts", "assignments"):
            assert (account in (crm / f"{feed}_{day}.csv").read_bytes()) == is_known
    assert sale(home, "СЧ-2610-90056") == ("2026-10-12", "12345.00")


def sale(home: Home, doc_no: str) -> tuple[str, str] | None:
    """Day and net amount of a document in the accounting system's database."""
    with closing(sqlite3.connect(home.inbox / "billing.db")) as connection:
        found = connection.execute("select doc_date, net from sale where doc_no = ?", [doc_no])
        row: tuple[str, str] | None = found.fetchone()
        return row


def test_documents_come_and_go_in_the_database(first_delivery: Home, home: Home) -> None:
    late, gone = story("entered_late").ids["invoice"], story("deleted_document").ids["deleted"]
    assert (sale(first_delivery, late), sale(home, late)) == (None, ("2026-10-20", "64000.00"))
    assert (sale(first_delivery, gone), sale(home, gone)) == (("2026-10-14", "215000.00"), None)
    with closing(sqlite3.connect(home.inbox / "billing.db")) as connection:
        lines = "select count(*) from sale_line where doc_no = ?"
        assert connection.execute(lines, [gone]).fetchone() == (0,)
        rest = connection.execute("select count(*) from sale_line where doc_no not in (select doc_no from sale)")  # fmt: skip
        assert rest.fetchone() == (0,)
        assert connection.execute("select day from closed_day").fetchall() == [("2026-11-02",)]


def test_a_register_ends_with_totals_and_its_manifest_counts_its_rows(home: Home) -> None:
    path = home.inbox / "branch/register_2025-12_2025-12-31.xlsx"
    manifest = path.with_name(f"{path.name}.manifest.json").read_text("utf-8")
    for sheet in openpyxl.load_workbook(path):
        rows = list(sheet.iter_rows(values_only=True))
        assert str(rows[0][0]).startswith(sheet.title)
        assert rows[-1][0] == "Итого"
        assert f'"{sheet.title}": {len(rows) - 3}' in manifest


def test_the_command_line_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAM_HOME", str(tmp_path))
    monkeypatch.setenv("KAM_LANG", "en")
    runner = CliRunner()
    written = runner.invoke(demo_app, ["init", "--size", "70"])
    assert written.exit_code == 0
    assert "the company's day is 2026-10-31" in written.output.replace("\n", " ")
    assert "already in" in runner.invoke(demo_app, ["init"]).output
    assert "day is 2026-11-02" in runner.invoke(demo_app, ["advance", "--days", "2"]).output
    listed = runner.invoke(demo_app, ["stories"]).output
    assert "prolongation_by_edited_end_date" in listed
    assert "Example" in runner.invoke(demo_app, ["advance", "--help"]).output
