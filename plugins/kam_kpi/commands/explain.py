"""`kam explain`: the bonus of one KAM, step by step, down to the documents."""

from datetime import date
from typing import Annotated

import typer

from kam_kpi.commands.options import Format, FormatOption, as_month


def explain(
    kam: Annotated[str, typer.Argument(help="cli.explain_bonus_kam", metavar="KAM")],
    period: Annotated[
        date, typer.Argument(parser=as_month, help="cli.bonus_period", metavar="PERIOD")
    ],
    form: FormatOption = Format.TABLE,
) -> None:
    """Prints the tree from what is paid down to the documents."""
    from kam_kpi.bonus.explain import explain_bonus
    from kam_kpi.commands.explain_table import show_bonus, write_bonus
    from kam_kpi.serving.query import connect_finance

    with connect_finance() as connection:
        explanation = explain_bonus(connection, kam, period)
    if form is Format.TABLE:
        show_bonus(explanation)
    else:
        write_bonus(explanation, form)
