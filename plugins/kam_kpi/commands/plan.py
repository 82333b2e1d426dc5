"""`kam plan`: the bonus plans, before anything is paid by them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kam_kpi.commands.localized import KamCommand, KamGroup
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
