"""`kam kpi`: the KPIs of every KAM in one month, or in a longer window."""

from datetime import date
from typing import Annotated

import typer

from kam_kpi.commands.options import Format, FormatOption, as_month

WINDOWS = ("month", "quarter", "rolling_3", "rolling_12", "ytd")


def kpi(
    period: Annotated[
        date, typer.Argument(parser=as_month, help="cli.kpi_period", metavar="PERIOD")
    ],
    kam: Annotated[str | None, typer.Option(help="cli.kpi_kam")] = None,
    codes: Annotated[
        list[str] | None, typer.Option("--kpi", help="cli.kpi_code", metavar="CODE")
    ] = None,
    window: Annotated[
        str, typer.Option(help="cli.kpi_window", metavar="|".join(WINDOWS))
    ] = "month",
    form: FormatOption = Format.TABLE,
) -> None:
    """Prints the KPI table of a month or window."""
    from kam_kpi.commands.kam_table import show_kam_month, write_kam_month
    from kam_kpi.config import load_deployment
    from kam_kpi.serving.kam_month import kam_month
    from kam_kpi.serving.query import connect

    with connect() as connection:
        month = kam_month(connection, period, codes or (), kam, window)
    if form is Format.TABLE:
        show_kam_month(month, load_deployment().company.currency)
    else:
        write_kam_month(month, form)
