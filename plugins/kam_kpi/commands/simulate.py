"""`kam simulate`: other plans on the same facts."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from kam_kpi.commands.options import Format, FormatOption, as_month
from kam_kpi.texts import text


def simulate(
    period: Annotated[
        date, typer.Argument(parser=as_month, help="cli.bonus_period", metavar="PERIOD")
    ],
    plans: Annotated[
        Path,
        typer.Option(exists=True, file_okay=False, help="cli.simulate_plans", metavar="DIR"),
    ],
    since: Annotated[
        date | None, typer.Option(parser=as_month, help="cli.simulate_since", metavar="PERIOD")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Prints what everybody would have earned under the plans of a folder."""
    from kam_kpi.bonus.simulate import simulate as compare
    from kam_kpi.commands import screen
    from kam_kpi.config import load_deployment
    from kam_kpi.home import Home
    from kam_kpi.plans.load import load_plans

    other = load_plans(plans, load_deployment().company.currency)
    with screen.console().status(text("bonus.simulating")):
        simulation = compare(Home.current(), other, since or period, period)
    if form is Format.TABLE:
        _show(simulation)
    else:
        _write(simulation, form)


def _show(simulation: Any) -> None:
    from kam_kpi.commands import numbers, screen

    rows = [
        [
            one.name, numbers.money(one.today.earned), numbers.money(one.other.earned),
            numbers.money(one.change), _note(one),
        ]
        for one in simulation.people
    ]  # fmt: skip
    today = sum(one.today.earned for one in simulation.people)
    other = sum(one.other.earned for one in simulation.people)
    columns = [
        screen.name(text("bonus.person"), 32),
        *(screen.right(text(f"bonus.simulate_{key}")) for key in ("today", "other", "change")),
        screen.prose(""),
    ]
    amounts = (numbers.money(amount) for amount in (today, other, other - today))
    title = text("bonus.simulate_title", months=_months(simulation), currency=simulation.currency)
    total = [text("bonus.total"), *amounts, ""]
    screen.console().print(screen.table(columns, rows, title=title, total=total))
    gain = sum(one.change > 0 for one in simulation.people)
    lose = sum(one.change < 0 for one in simulation.people)
    same = len(simulation.people) - gain - lose
    screen.paragraph(text("bonus.simulate_sum", gain=gain, lose=lose, same=same))


def _months(simulation: Any) -> str:
    last = f"{simulation.last:%Y-%m}"
    return last if simulation.first == simulation.last else f"{simulation.first:%Y-%m} … {last}"


def _note(one: Any) -> str:
    reasons = {"today": one.today.blocked_by, "other": one.other.blocked_by}
    return "; ".join(
        text(f"bonus.simulate_blocked_{side}", reason=reason)
        for side, reason in reasons.items()
        if reason
    )


def _write(simulation: Any, form: str) -> None:
    from kam_kpi.commands import export

    names = ("employee_id", "name", "today", "other", "change", "note")
    rows = [
        (
            one.employee_id, one.name, one.today.earned, one.other.earned, one.change, _note(one)
        )
        for one in simulation.people
    ]  # fmt: skip
    if form == "json":
        export.write_json((dict(zip(names, row, strict=True)) for row in rows), sys.stdout)
    else:
        export.write_csv(names, rows, sys.stdout)
