"""The command line `kam`."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer._click import Context

from kam_kpi.commands.accrual import accrual
from kam_kpi.commands.bonus import bonus
from kam_kpi.commands.doctor import doctor
from kam_kpi.commands.explain import explain
from kam_kpi.commands.explain_kpi import explain_kpi
from kam_kpi.commands.faults import EXIT_USAGE, leave, show_error
from kam_kpi.commands.forecast import forecast
from kam_kpi.commands.kpi import kpi
from kam_kpi.commands.localized import KamCommand, RootGroup
from kam_kpi.commands.options import LanguageOption
from kam_kpi.commands.plan import plan_app
from kam_kpi.commands.quarantine import quarantine_app
from kam_kpi.commands.query import query
from kam_kpi.commands.run import run
from kam_kpi.commands.simulate import simulate
from kam_kpi.commands.sources import sources_app
from kam_kpi.errors import KamError

_REFUSED = ("sources.bad_config", "policy.refused", "plans.refused")


class Program(RootGroup):
    """The program: a refused configuration is a wrong call, not a failed run."""

    def invoke(self, ctx: Context) -> Any:
        """Runs the command that the command line names."""
        try:
            return super().invoke(ctx)
        except KamError as fault:
            if fault.key not in _REFUSED:
                raise
            show_error(fault)
            leave(EXIT_USAGE)


app = typer.Typer(
    cls=Program,
    help="cli.kam",
    epilog="cli.kam_examples",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def main(
    config: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="cli.config", metavar="DIR")
    ] = None,
    home: Annotated[
        Path | None, typer.Option(file_okay=False, help="cli.home", metavar="DIR")
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Selects the deployment for every command."""
    if config is not None:
        os.environ["KAM_CONFIG"] = str(config.resolve())
    if home is not None:
        os.environ["KAM_HOME"] = str(home.resolve())


app.command(cls=KamCommand, help="cli.run", epilog="cli.run_examples")(run)
app.command(cls=KamCommand, help="cli.kpi", epilog="cli.kpi_examples")(kpi)
app.command("explain-kpi", cls=KamCommand, help="cli.explain", epilog="cli.explain_examples")(
    explain_kpi
)
app.command(cls=KamCommand, help="cli.bonus", epilog="cli.bonus_examples")(bonus)
app.command(cls=KamCommand, help="cli.explain_bonus", epilog="cli.explain_bonus_examples")(explain)
app.command(cls=KamCommand, help="cli.simulate", epilog="cli.simulate_examples")(simulate)
app.command(cls=KamCommand, help="cli.forecast", epilog="cli.forecast_examples")(forecast)
app.command(cls=KamCommand, help="cli.accrual", epilog="cli.accrual_examples")(accrual)
app.command(cls=KamCommand, help="cli.query", epilog="cli.query_examples")(query)
app.command(cls=KamCommand, help="cli.doctor", epilog="cli.doctor_examples")(doctor)
app.add_typer(sources_app, name="sources")
app.add_typer(plan_app, name="plan")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(typer.Typer(help="cli.demo"), name="demo")
