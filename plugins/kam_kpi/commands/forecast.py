"""`kam forecast`: the bonuses of the month under way, by what is known so far."""

import typer

from kam_kpi.commands.options import Format, FormatOption
from kam_kpi.texts import text


def forecast(form: FormatOption = Format.TABLE) -> None:
    """Prints what the month under way would pay if nothing more happened; nothing is earned yet."""
    from kam_kpi.bonus.month import bonus_month, month_under_way
    from kam_kpi.commands import screen
    from kam_kpi.commands.bonus_table import show_bonus_month, write_bonus_month
    from kam_kpi.serving.query import connect_finance

    with connect_finance() as connection:
        under_way = month_under_way(connection)
        if under_way is None:
            screen.paragraph(text("bonus.nothing_under_way"))
            raise typer.Exit
        month = bonus_month(connection, under_way.period)
    if form is Format.TABLE:
        show_bonus_month(month, forecast_on=under_way.as_of)
    else:
        write_bonus_month(month, form)
