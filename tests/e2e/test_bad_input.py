"""Every kind of bad file at once: each is named, the good one counts, nothing is lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from kam_kpi.serving.hashes import table_hashes
from tests.conftest import SmallDeployment
from tests.e2e.conftest import Kam

ACCOUNTS = {
    "pattern": r"accounts_(?P<covers_to>\d{4}-\d{2}-\d{2})\.csv",
    "csv": {"encoding": "cp1251", "delimiter": ";"},
    "covers_to": "file_name",
    "entities": {
        "account": {"mode": "snapshot", "columns": {"account_id": "ID", "name": "Имя"}},
    },
}
OWNERS = {
    "pattern": r"owners_(?P<covers_to>\d{4}-\d{2}-\d{2})\.csv",
    "csv": {},
    "covers_to": "file_name",
    "entities": {
        "employee": {
            "mode": "snapshot",
            "select": "select employee, min(_load_id) as _load_id, min(_file) as _file, "
            "min(_line) as _line from landed group by employee, _load_id",
            "columns": {"employee_id": "employee", "name": "employee"},
        },
        "account_assignment": {
            "mode": "snapshot",
            "columns": {
                "account_id": "account",
                "employee_id": "employee",
                "role": {"value": "owner"},
                "share": "share",
                "valid_from": {"value": "2026-01-01"},
            },
        },
    },
}
REGISTER = {
    "pattern": r"register_(?P<scope>\d{4}-\d{2})_(?P<covers_to>\d{4}-\d{2}-\d{2})\.xlsx",
    "xlsx": {"sheet": "Счета"},
    "covers_to": "file_name",
    "max_bad_share": 0.5,
    "entities": {
        "invoice": {
            "mode": "replace_by",
            "columns": {
                "invoice_id": "№",
                "account_id": "Клиент",
                "kind": {"value": "invoice"},
                "issued_on": "Дата",
                "due_on": "Срок",
                "status": {"value": "issued"},
                "net": "Сумма",
                "gross": "Сумма",
                "currency": {"value": "RUB"},
            },
        },
        "invoice_line": {
            "mode": "replace_by",
            "columns": {
                "invoice_id": "№",
                "line_no": {"value": "1"},
                "net": "Сумма",
                "is_recurring": {"value": "false"},
            },
        },
    },
}
HEADER = ["№", "Клиент", "Дата", "Срок", "Сумма"]


def workbook(path: Path, *rows: list[object], header: list[str] = HEADER) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Счета"
    for row in (header, *rows):
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def good(deployment: SmallDeployment, kam_at: Callable[[Path], Kam]) -> Kam:
    """A company of two accounts after its first run."""
    feeds = {"accounts": ACCOUNTS, "owners": OWNERS, "register": REGISTER}
    deployment.write_source("firm", feeds, domain="billing")
    deployment.drop("firm", "accounts_2026-09-30.csv", "ID;Имя\nA;Ромашка\nB;Иволга\n", "cp1251")
    owners = "account,employee,share\nA,Anna,1\nB,Anna,0.6\nB,Boris,0.3\n"
    deployment.drop("firm", "owners_2026-09-30.csv", owners)
    workbook(
        deployment.inbox / "firm" / "register_2026-09_2026-09-30.xlsx",
        ["1", "A", "2026-09-01", "2026-09-30", 100],
        ["2", "B", "2026-09-02", "2026-09-30", 1000],
    )
    kam = kam_at(deployment.config)
    kam("run")
    return kam


def owner_revenue(kam: Kam) -> dict[str, int]:
    rows = kam.rows(
        """select coalesce(employee.name, kpi.employee_key), kpi.value::int
        from kpi.fct_kam_kpi as kpi left join core.dim_employee as employee using (employee_key)
        where kpi_code = 'revenue' and "window" = 'month' and period = '2026-09-01'"""
    )
    return dict(rows)


def test_bad_files_are_each_named_and_do_not_touch_what_is_published(
    good: Kam, deployment: SmallDeployment
) -> None:
    # shares that sum to 0.9: credited as given, the rest to nobody
    assert owner_revenue(good) == {"Anna": 700, "Boris": 300, "UNASSIGNED": 100}
    inbox = deployment.inbox / "firm"
    before = table_hashes(good.published)
    deployment.drop("firm", "accounts_2026-10-01.csv", "ID;Имя\nA;Ижица\n", "utf-8")
    deployment.drop("firm", "accounts_2026-10-02.csv", "ID;Name\nA;Romashka\n", "cp1251")
    deployment.drop("firm", "accounts_2026-10-03.csv", b"")
    deployment.drop("firm", "accounts_2026-09-30.csv", "ID;Имя\nA;Лютик\n", "cp1251")
    whole = workbook(inbox / "register_2026-10_2026-10-01.xlsx", ["3", "A", "2026-10-01", None, 1])
    whole.write_bytes(whole.read_bytes()[:3000])
    deployment.drop("firm", "register_2026-10_2026-10-02.xlsx", "№;Клиент\n")
    announced = workbook(
        inbox / "register_2026-10_2026-10-03.xlsx", ["3", "A", "2026-10-01", None, 1]
    )
    manifest = announced.with_name(f"{announced.name}.manifest.json")
    manifest.write_text(json.dumps({"rows": {"Счета": 2}}))
    workbook(
        inbox / "register_2026-10_2026-10-04.xlsx",
        ["4", "A", "2026-10-01", None, "много"],
        ["5", "A", "2026-10-01", "2026-09-30", 1],
        ["6", "A", "2026-10-01", None, 1],
    )
    printed = good("run", code=3)
    records = {
        record["file"]: record
        for record in map(
            json.loads, (path.read_text() for path in good.home.glob("lake/_loads/*.json"))
        )
        if record["state"] == "quarantined"
    }
    reasons = {name: record["reasons"] for name, record in records.items()}
    assert reasons == {
        "accounts_2026-10-01.csv": ["unreadable_file"],
        "accounts_2026-10-02.csv": ["header_changed"],
        "accounts_2026-10-03.csv": ["unreadable_file"],
        "accounts_2026-09-30.csv": ["ambiguous_version"],
        "register_2026-10_2026-10-01.xlsx": ["unreadable_file"],
        "register_2026-10_2026-10-02.xlsx": ["unreadable_file"],
        "register_2026-10_2026-10-03.xlsx": ["incomplete"],
        "register_2026-10_2026-10-04.xlsx": ["too_many_bad_rows"],
    }
    assert "accounts_2026-10-01.csv:1" in records["accounts_2026-10-01.csv"]["unreadable"]
    assert "quarantine" in printed
    listed = good("quarantine", "list")
    assert all(name[:20] in listed for name in reasons)
    assert table_hashes(good.published) == before


def test_a_released_load_counts_and_its_bad_rows_stay_out(
    good: Kam, deployment: SmallDeployment
) -> None:
    workbook(
        deployment.inbox / "firm" / "register_2026-10_2026-10-31.xlsx",
        ["4", "A", "2026-10-01", None, "много"],
        ["5", "A", "2026-10-01", "2026-09-30", 1],
        ["6", "Z", "2026-10-01", "2026-10-01", 7],
    )
    good("run", code=3)
    (load,) = (
        path.stem
        for path in good.home.glob("lake/_loads/*.json")
        if json.loads(path.read_text())["state"] == "quarantined"
    )
    good("quarantine", "release", load)
    good("run")
    rows = good.rows(
        """select file, line, column_name, value, reason from quality.fct_quarantined_row
        where entity = 'invoice' order by line, column_name"""
    )
    file = "register_2026-10_2026-10-31.xlsx"
    assert rows == [
        (file, 2, "gross", "много", "unparsable_decimal"),
        (file, 2, "net", "много", "unparsable_decimal"),
        (file, 3, "due_on", "2026-09-30", "due_before_issue"),
    ]
    # the account of invoice 6 is unknown: its money waits on UNMATCHED and is in the company total
    unmatched = "select sum(net)::int from core.fct_invoice_line where account_key = 'UNMATCHED'"
    assert good.rows(unmatched) == [(7,)]


def test_a_wrong_configuration_or_a_lost_folder_is_one_clear_error(
    good: Kam, deployment: SmallDeployment
) -> None:
    before = table_hashes(good.published)
    mapping = deployment.config / "sources" / "firm.yml"
    text = mapping.read_text()
    mapping.write_text(text.replace("mode: snapshot", "mode: snapshto", 1))
    printed = good("run", code=2)
    assert "firm.yml" in printed and "mode" in printed and "Traceback" not in printed
    mapping.write_text(text)
    shutil.rmtree(deployment.inbox / "firm")
    printed = good("run", code=1)
    assert "does not exist or is empty" in " ".join(printed.split()) and "Traceback" not in printed
    assert table_hashes(good.published) == before
