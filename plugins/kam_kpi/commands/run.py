"""`kam run`: extract, check, build, publish; then what came out."""

from datetime import date
from typing import Annotated, Any

import typer

from kam_kpi.commands.faults import EXIT_FAILED, EXIT_QUARANTINED, leave
from kam_kpi.commands.options import LanguageOption, as_day
from kam_kpi.texts import text


def run(
    as_of: Annotated[
        date | None, typer.Option(parser=as_day, help="cli.run_as_of", metavar="YYYY-MM-DD")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="cli.run_force")] = False,
    lang: LanguageOption = None,
) -> None:
    """Runs every source, builds and publishes what is new, and shows the last full month."""
    from kam_kpi.home import Home
    from kam_kpi.orchestration import runner
    from kam_kpi.orchestration.progress import RunProgress

    home = Home.current()
    day = as_of.isoformat() if as_of else None
    with RunProgress() as progress:
        result = runner.run(home, day, progress.on_event, force=force)
    _show_outcome(result)
    if result.version is not None:
        _show_last_month()
    _show_warnings(home, result)
    _show_places(home, result)
    if not result.is_ok:
        leave(EXIT_FAILED)
    if result.quarantined:
        leave(EXIT_QUARANTINED)


def _show_outcome(result: Any) -> None:
    from kam_kpi.commands import numbers, screen

    seconds = numbers.number(round(result.seconds))
    screen.lines("")
    screen.paragraph(
        text(
            f"cli.run_{result.outcome}",
            version=result.version or numbers.NOTHING,
            seconds=seconds,
            loads=numbers.number(len(result.accepted)),
        ),
        style="bold",
    )


def _show_last_month() -> None:
    from kam_kpi.commands import screen
    from kam_kpi.commands.kam_table import show_kam_month
    from kam_kpi.config import load_deployment
    from kam_kpi.serving.kam_month import kam_month, last_full_month
    from kam_kpi.serving.query import connect

    screen.lines("")
    with connect() as connection:
        period = last_full_month(connection)
        if period is None:
            screen.paragraph(text("cli.no_full_month"))
            return
        month = kam_month(connection, period)
    show_kam_month(month, load_deployment().company.currency)
    _show_last_bonus()


def _show_last_bonus() -> None:
    from kam_kpi.bonus.month import bonus_month, last_bonus_month
    from kam_kpi.commands import screen
    from kam_kpi.commands.bonus_table import show_bonus_month
    from kam_kpi.serving.query import connect_finance

    with connect_finance() as connection:
        period = last_bonus_month(connection)
        if period is None:
            return
        month = bonus_month(connection, period)
    screen.lines("")
    show_bonus_month(month)


def _show_warnings(home: Any, result: Any) -> None:
    from kam_kpi.commands import numbers, screen
    from kam_kpi.lake import registry
    from kam_kpi.serving.query import connect

    loads = len(registry.loads(states=("quarantined",)))
    rows = 0
    if result.version is not None:
        with connect(home) as connection:
            [(rows,)] = connection.execute(
                "select count(*) from quality.fct_quarantined_row"
            ).fetchall()
    if loads or rows or result.faults:
        screen.lines("")
    for fault in result.faults:
        screen.lines(
            text("cli.run_fault", dag=fault.dag_id, task=text(f"orchestration.{fault.task_id}")),
            style="bold red",
        )
        screen.lines(*(f"  {line}" for line in fault.message.splitlines()))
        screen.lines("  " + text("cli.see_log", log=fault.log))
    if loads:
        new = numbers.number(len(result.quarantined))
        screen.paragraph(text("cli.run_loads", count=numbers.number(loads), new=new), "yellow")
    if rows:
        screen.paragraph(text("cli.run_rows", count=numbers.number(rows)), "yellow")


def _show_places(home: Any, result: Any) -> None:
    from kam_kpi.commands import screen
    from kam_kpi.serving.versions import FILE

    places = {
        "database": home.serving / "current" / FILE,
        "docs": home.data_docs / "index.html",
        "logs": result.logs,
    }
    shown = {text(f"cli.place_{key}"): path for key, path in places.items() if path.exists()}
    width = max(len(label) for label in shown) if shown else 0
    screen.lines("", *(f"{label:<{width}}  {path}" for label, path in shown.items()))
