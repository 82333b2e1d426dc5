"""`kam accrual`: what is owed for bonuses at a month end, by cost center."""

import sys
from datetime import date
from typing import Annotated, Any

import typer

from kam_kpi.commands.options import Format, FormatOption, as_month
from kam_kpi.texts import text

_AMOUNTS = ("pay", "waiting", "earlier", "total")


def accrual(
    period: Annotated[
        date, typer.Argument(parser=as_month, help="cli.bonus_period", metavar="PERIOD")
    ],
    form: FormatOption = Format.TABLE,
) -> None:
    """Prints what is owed at the end of a month."""
    from kam_kpi.bonus.accrual import accrual as read
    from kam_kpi.serving.query import connect_finance

    with connect_finance() as connection:
        owed = read(connection, period)
    if form is Format.TABLE:
        _show(owed)
    else:
        _write(owed, form)


def _show(owed: Any) -> None:
    from kam_kpi.commands import numbers, screen

    columns = [screen.name(text("bonus.person"), 36)]
    columns += [screen.right(text(f"bonus.accrual_{name}")) for name in _AMOUNTS]
    title = text("bonus.accrual_title", month=f"{owed.period:%Y-%m}", currency=owed.currency)
    total = [text("bonus.total"), *(numbers.money(owed.sum_of(name)) for name in _AMOUNTS)]
    table = screen.table(columns, [], title=title)
    for center in owed.cost_centers:
        sums = (numbers.money(owed.sum_of(name, center)) for name in _AMOUNTS)
        table.add_row(center or text("bonus.accrual_no_center"), *sums, style="bold")
        for one in owed.people:
            if one.cost_center == center:
                amounts = (numbers.money(getattr(one, name)) for name in _AMOUNTS)
                table.add_row(f"  {one.name}", *amounts)
    table.add_section()
    table.add_row(*total, style="bold")
    screen.console().print(table)
    screen.paragraph(text("bonus.accrual_note"), style="dim")


def _write(owed: Any, form: str) -> None:
    from kam_kpi.commands import export

    names = ("period", "cost_center", "employee_id", "name", *_AMOUNTS)
    rows = [
        (
            owed.period, one.cost_center, one.employee_id, one.name,
            *(getattr(one, name) for name in _AMOUNTS),
        )
        for one in owed.people
    ]  # fmt: skip
    if form == "json":
        export.write_json((dict(zip(names, row, strict=True)) for row in rows), sys.stdout)
    else:
        export.write_csv(names, rows, sys.stdout)
