"""Shows a `KamMonth`: on the screen, as CSV, as JSON."""

import sys
from typing import Any

from rich.text import Text

from kam_kpi.commands import export, numbers, screen
from kam_kpi.serving.kam_month import KamMonth, KamRow, Kpi, Span, Value
from kam_kpi.texts import catalogue, language, text

_SHOW = {
    "money": numbers.money,
    "ratio": numbers.percent,
    "count": numbers.count,
    "days": numbers.days,
    "hours": numbers.days,
}


def show_kam_month(month: KamMonth, currency: str) -> None:
    """Prints the table, its total and the reasons of absent values."""
    notes = screen.Footnotes()
    columns = [screen.prose(text("cli.kam_column")), screen.right(text("cli.accounts_column"))]
    columns += [screen.right(_header(kpi)) for kpi in month.kpis]
    screen.console().print(
        screen.table(
            columns,
            [_cells(row, month.kpis, notes) for row in month.rows],
            title=text("cli.kam_title", month=months(month.span), currency=currency),
            total=_cells(month.total, month.kpis, notes) if month.total else None,
        )
    )
    notes.print()


def months(span: Span) -> str:
    """The months of a window: `2026-10`, or `2026-08 … 2026-10 (rolling_3)`."""
    if span.is_month:
        return f"{span.period:%Y-%m}"
    return f"{span.first:%Y-%m} … {span.period:%Y-%m} ({span.window})"


def _header(kpi: Kpi) -> str:
    short = f"column_{kpi.code}"
    if short in catalogue("cli"):
        return text(f"cli.{short}")
    return kpi.name_ru if language() == "ru" else kpi.name_en


def _cells(row: KamRow, kpis: list[Kpi], notes: screen.Footnotes) -> list[str | Text]:
    cells: list[str | Text] = [who(row.employee_key, row.name)]
    if row.accounts is None:
        cells.append(notes.absent("table_absent"))
    else:
        cells.append(notes.noted(numbers.number(row.accounts), None))
    for kpi in kpis:
        found = row.values.get(kpi.code, Value(None, "no_data"))
        if found.value is None:
            cells.append(notes.absent(found.reason))
        else:
            cells.append(notes.noted(_SHOW[kpi.unit](found.value), found.reason))
    return cells


def who(employee_key: str, name: str) -> str:
    """A KAM's name, or the words for what nobody owns and for the company."""
    if employee_key == "UNASSIGNED":
        return text("cli.unassigned")
    return name or text("cli.company")


def write_kam_month(month: KamMonth, form: str) -> None:
    """Writes exact values, one object or line per KAM and one for the company, to the output."""
    rows = [*month.rows, *([month.total] if month.total else [])]
    if form == "json":
        export.write_json((_record(month, row) for row in rows), sys.stdout)
        return
    codes = [kpi.code for kpi in month.kpis]
    span = [] if month.span.is_month else ["window"]
    names = ["period", *span, "employee_id", "name", "accounts", *codes, "reasons"]
    lines = []
    for row in rows:
        record = _record(month, row)
        record["reasons"] = "; ".join(f"{k}={v}" for k, v in record["reasons"].items())
        lines.append([record[name] for name in names])
    export.write_csv(names, lines, sys.stdout)


def _record(month: KamMonth, row: KamRow) -> dict[str, Any]:
    values = {kpi.code: row.values.get(kpi.code, Value(None, "no_data")) for kpi in month.kpis}
    return {
        "period": month.span.period,
        **({} if month.span.is_month else {"window": month.span.window}),
        "employee_id": row.employee_id or row.employee_key,
        "name": row.name or row.employee_key,
        "accounts": row.accounts,
        **{code: None if v.value is None else numbers.plain(v.value) for code, v in values.items()},
        "reasons": {code: value.reason for code, value in values.items() if value.reason},
    }
