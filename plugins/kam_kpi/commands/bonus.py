"""`kam bonus`: what is proposed to be paid for a month."""

from datetime import date
from typing import Annotated

import typer

from kam_kpi.commands.options import Format, FormatOption, as_month


def bonus(
    period: Annotated[
        date, typer.Argument(parser=as_month, help="cli.bonus_period", metavar="PERIOD")
    ],
    form: FormatOption = Format.TABLE,
) -> None:
    """Prints the bonuses of a month."""
    from kam_kpi.bonus.month import bonus_month
    from kam_kpi.commands.bonus_table import show_bonus_month, write_bonus_month
    from kam_kpi.serving.query import connect_finance

    with connect_finance() as connection:
        month = bonus_month(connection, period)
    if form is Format.TABLE:
        show_bonus_month(month)
    else:
        write_bonus_month(month, form)
