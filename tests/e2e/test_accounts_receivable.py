"""2 466 real invoices: open, overdue, aging and DSO, which later settlements never change."""

import csv
import shutil
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from kam_kpi import PROJECT
from tests.conftest import shared
from tests.e2e.conftest import Kam

CONFIG = PROJECT / "examples" / "accounts_receivable"
EARLIER = date(2013, 6, 30)
MONTH_ENDS = [date(y, m, monthrange(y, m)[1]) for y in (2012, 2013) for m in range(1, 13)]
BUCKETS = {"1-30": 30, "31-60": 60, "61-90": 90}
MonthEnds = dict[str, tuple[Decimal, Decimal]]


def day(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()


@dataclass(frozen=True)
class Invoice:
    issued_on: date
    due_on: date
    settled_on: date
    amount: Decimal


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    path = shared("data", "accounts_receivable", "invoices.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def invoices(rows: list[dict[str, str]]) -> list[Invoice]:
    return [
        Invoice(
            day(row["InvoiceDate"]),
            day(row["DueDate"]),
            day(row["SettledDate"]),
            Decimal(row["InvoiceAmount"]),
        )
        for row in rows
    ]


def month_ends(invoices: list[Invoice], last: date) -> MonthEnds:
    """Open and overdue of every month end until `last`, by the definition and nothing else.

    Settled on the month end is settled; due on it is not overdue yet.
    """
    found = {}
    for end in MONTH_ENDS:
        open_ = [i for i in invoices if i.issued_on <= end < i.settled_on]
        overdue = [i for i in open_ if i.due_on < end]
        if open_ and end <= last:
            found[f"{end:%Y-%m}"] = (
                sum((i.amount for i in open_), Decimal()),
                sum((i.amount for i in overdue), Decimal()),
            )
    return found


def published(kam: Kam, until: date) -> MonthEnds:
    rows = kam.rows(
        f"""select strftime(period, '%Y-%m'), sum(open_amount), sum(overdue_amount)
        from core.fct_open_item_month where last_day(period) <= date '{until}' group by 1"""
    )
    return {month: (open_, overdue) for month, open_, overdue in rows}


def deliver(folder: Path, rows: list[dict[str, str]], known_on: date | None) -> None:
    """The file as it stood at the end of a day: later invoices absent, later settlements empty."""
    if known_on:
        rows = [row for row in rows if day(row["InvoiceDate"]) <= known_on]
        late = {"SettledDate": "", "DaysToSettle": "", "DaysLate": ""}
        rows = [row | late if day(row["SettledDate"]) > known_on else row for row in rows]
    with (folder / "invoices.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def twice(
    rows: list[dict[str, str]],
    kam_at: Callable[[Path], Kam],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Kam, MonthEnds]:
    """Everything, and what was published when only the settlements until June 2013 were known."""
    folder = tmp_path_factory.mktemp("receivables")
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    source = config / "sources" / "accounts_receivable.yml"
    text = source.read_text(encoding="utf-8")
    path = "path: ../../../shared/data/accounts_receivable"
    assert path in text
    source.write_text(text.replace(path, f"path: {folder / 'inbox'}"), encoding="utf-8")
    (folder / "inbox").mkdir()
    kam = kam_at(config)
    deliver(folder / "inbox", rows, EARLIER)
    kam("run")
    earlier = published(kam, EARLIER)
    deliver(folder / "inbox", rows, None)
    kam("run")
    return kam, earlier


def test_one_row_becomes_account_invoice_payment_and_allocation(
    twice: tuple[Kam, MonthEnds],
) -> None:
    kam, _ = twice
    counts = kam.rows("select count(*), sum(gross) from core.fct_invoice")
    assert counts == [(2_466, Decimal("147703.18"))]
    assert kam.rows("select count(*) from core.dim_account where account_key <> 'UNMATCHED'") == [
        (100,)
    ]
    assert kam.rows("select count(*) from quality.fct_quarantined_row") == [(0,)]


def test_open_and_overdue_of_every_month_end_are_exact(
    twice: tuple[Kam, MonthEnds], invoices: list[Invoice]
) -> None:
    kam, _ = twice
    last = date(2013, 12, 31)
    expected = month_ends(invoices, last)
    assert len(expected) == 24
    # settled on a month end, or due on one and still open: both boundaries occur in the data
    ends = MONTH_ENDS
    assert any(i.settled_on in ends and i.issued_on < i.settled_on for i in invoices)
    assert any(i.due_on in ends and i.settled_on > i.due_on for i in invoices)
    assert published(kam, last) == expected


def test_later_settlements_change_no_past_month_end(
    twice: tuple[Kam, MonthEnds], invoices: list[Invoice]
) -> None:
    kam, earlier = twice
    # the month of the last settlement known then is judged at its last day, which may fall short
    assert list(earlier) and earlier == month_ends(invoices, EARLIER)
    assert published(kam, EARLIER) == earlier


def bucket(late: int) -> str:
    if late <= 0:
        return "not_due"
    return next((name for name, most in BUCKETS.items() if late <= most), "90+")


def test_aging_of_every_month_end_is_exact(
    twice: tuple[Kam, MonthEnds], invoices: list[Invoice]
) -> None:
    kam, _ = twice
    expected: dict[tuple[str, str], Decimal] = {}
    for end in MONTH_ENDS:
        for i in invoices:
            if i.issued_on <= end < i.settled_on:
                key = f"{end:%Y-%m}", bucket((end - i.due_on).days)
                expected[key] = expected.get(key, Decimal()) + i.amount
    assert {name for _, name in expected} >= {"not_due", "1-30", "31-60"}
    found = kam.rows(
        """select strftime(period, '%Y-%m'), aging_bucket, sum(open_amount)
        from core.fct_open_item_month where open_amount > 0 and period < '2014-01-01'
        group by all"""
    )
    assert {(month, name): amount for month, name, amount in found} == expected


def test_dso_of_every_month_and_year_is_exact(
    twice: tuple[Kam, MonthEnds], invoices: list[Invoice]
) -> None:
    kam, _ = twice
    expected = {}
    for end in MONTH_ENDS:
        windows = {"month": end.replace(day=1), "rolling_12": end.replace(day=1)}
        year_ago = end.year * 12 + end.month - 12
        windows["rolling_12"] = date(year_ago // 12, year_ago % 12 + 1, 1)
        for window, first in windows.items():
            if first >= date(2012, 1, 1):
                open_ = sum(i.amount for i in invoices if i.issued_on <= end < i.settled_on)
                billed = sum(i.amount for i in invoices if first <= i.issued_on <= end)
                days = open_ * ((end - first).days + 1) / billed
                expected[f"{end:%Y-%m}", window] = days.quantize(Decimal("1e-12"), ROUND_HALF_UP)
    found = kam.rows(
        """select strftime(period, '%Y-%m'), "window", value from kpi.fct_kam_kpi
        where kpi_code = 'dso_simple' and "window" in ('month', 'rolling_12')
            and employee_key = 'UNASSIGNED' and value is not null and period < '2014-01-01'"""
    )
    assert len(expected) == 24 + 13
    assert {(month, window): value for month, window, value in found} == expected
