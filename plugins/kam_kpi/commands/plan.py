"""`kam plan`: the bonus plans, before anything is paid by them."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from kam_kpi.commands.localized import KamCommand, KamGroup
from kam_kpi.commands.options import as_day
from kam_kpi.texts import text

plan_app = typer.Typer(cls=KamGroup, help="cli.plan", no_args_is_help=True)


@plan_app.callback()
def plan() -> None:
    """Bonus plans."""


@plan_app.command("check", cls=KamCommand, help="cli.plan_check", epilog="cli.plan_check_examples")
def check_plans(
    folder: Annotated[
        Path | None,
        typer.Argument(exists=True, file_okay=False, help="cli.plan_folder", metavar="DIR"),
    ] = None,
) -> None:
    """Checks the plan files of the deployment, or of a folder; lists versions; changes nothing."""
    from kam_kpi.commands import numbers, screen
    from kam_kpi.config import load_deployment
    from kam_kpi.plans.load import load_plans

    deployment = load_deployment()
    place = folder or deployment.folder / "plans"
    plans = load_plans(place, deployment.company.currency)
    rows = []
    for version in plans.versions():
        row = version.plan.row
        people = {a.row.employee for a in plans.assignments if a.row.plan_code == row.plan_code}
        rows.append([
            row.plan_code, str(row.version), f"{row.valid_from}",
            str(row.valid_to or numbers.NOTHING), row.status,
            numbers.number(len(version.components)), numbers.number(len(version.tiers)),
            numbers.number(len(version.gates)), numbers.number(len(people)),
        ])  # fmt: skip
    if not rows:
        screen.paragraph(text("cli.plan_none", folder=place))
        return
    columns: list[Any] = [screen.name(text(f"cli.plan_{key}")) for key in
        ("name", "version", "valid_from", "valid_to", "status")]  # fmt: skip
    columns += [screen.right(text(f"cli.plan_{key}")) for key in
        ("components", "tiers", "gates", "people")]  # fmt: skip
    screen.console().print(screen.table(columns, rows))
    screen.paragraph(text("cli.plan_in_order", folder=place))
    for name in _unknown_people({held.row.employee for held in plans.assignments}):
        screen.paragraph(text("cli.plan_unknown", name=name), style="yellow")


def _unknown_people(named: set[str]) -> list[str]:
    """Whom the published version does not know; nobody where nothing is published yet."""
    from kam_kpi.home import Home
    from kam_kpi.serving.query import connect
    from kam_kpi.serving.versions import current_version

    if current_version(Home.current()) is None:
        return []
    with connect() as connection:
        rows = connection.execute(
            "select unnest([personnel_no, email, employee_id]) from core.dim_employee"
        ).fetchall()
    return sorted(named - {name for (name,) in rows})


@plan_app.command("new", cls=KamCommand, help="cli.plan_new", epilog="cli.plan_new_examples")
def new_plan(
    code: Annotated[str | None, typer.Argument(help="cli.plan_code", metavar="PLAN")] = None,
    begins: Annotated[
        date | None,
        typer.Option("--from", parser=as_day, help="cli.plan_from", metavar="YYYY-MM-01"),
    ] = None,
) -> None:
    """Writes plans to begin with, or begins a new version of one."""
    from kam_kpi.commands import screen
    from kam_kpi.config import load_deployment
    from kam_kpi.plans.new import first_plans, new_version

    if (code is None) != (begins is None):
        raise typer.BadParameter(text("cli.plan_new_both"))
    deployment = load_deployment()
    folder = deployment.folder / "plans"
    if code is None or begins is None:
        names = first_plans(folder, deployment.company.currency)
        screen.paragraph(text("cli.plan_written", folder=folder, files=", ".join(names)))
    else:
        number = new_version(folder, deployment.plans, code, begins)
        screen.paragraph(
            text("cli.plan_begun", plan=code, version=number, day=begins, folder=folder)
        )


@plan_app.command("diff", cls=KamCommand, help="cli.plan_diff", epilog="cli.plan_diff_examples")
def diff_plans(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="cli.plan_other", metavar="DIR")
    ],
) -> None:
    """Prints what differs between the plans of the deployment and those of a folder."""
    from kam_kpi.commands import numbers, screen
    from kam_kpi.config import load_deployment
    from kam_kpi.plans.diff import differences
    from kam_kpi.plans.load import load_plans

    deployment = load_deployment()
    changes = differences(deployment.plans, load_plans(folder, deployment.company.currency))
    if not changes:
        screen.paragraph(text("cli.plan_same"))
        return
    columns = [screen.prose(text(f"cli.{key}")) for key in
        ("file", "plan_row", "plan_change", "plan_before", "plan_after")]  # fmt: skip
    rows = [
        [
            f"{change.file}.csv", change.row, change.column or text(f"cli.plan_{change.kind}"),
            change.before or numbers.NOTHING, change.after or numbers.NOTHING,
        ]
        for change in changes
    ]  # fmt: skip
    screen.console().print(screen.table(columns, rows))
