"""`kam explain-kpi`: one KPI of one KAM down to the source records."""

from datetime import date
from typing import Annotated

import typer

from kam_kpi.commands.kpi import WINDOWS
from kam_kpi.commands.options import Format, FormatOption, as_month


def explain_kpi(
    kam: Annotated[str, typer.Argument(help="cli.explain_kam", metavar="KAM")],
    period: Annotated[
        date, typer.Argument(parser=as_month, help="cli.kpi_period", metavar="PERIOD")
    ],
    code: Annotated[str, typer.Argument(help="cli.explain_code", metavar="KPI")],
    window: Annotated[
        str, typer.Option(help="cli.kpi_window", metavar="|".join(WINDOWS))
    ] = "month",
    form: FormatOption = Format.TABLE,
) -> None:
    """Prints the tree from a value down to its records."""
    from kam_kpi.commands.explain_kpi_table import show_explanation, write_explanation
    from kam_kpi.serving import explain
    from kam_kpi.serving.query import connect

    with connect() as connection:
        explanation = explain.explain_kpi(connection, kam, period, code, window)
    if form is Format.TABLE:
        show_explanation(explanation)
    else:
        write_explanation(explanation, form)
