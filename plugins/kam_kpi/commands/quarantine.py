"""`kam quarantine`: what was kept out, why, and letting a load in."""

import getpass
from typing import Annotated, Any

import typer

from kam_kpi.commands.localized import KamCommand, KamGroup
from kam_kpi.texts import catalogue, text

quarantine_app = typer.Typer(cls=KamGroup, help="cli.quarantine", no_args_is_help=True)

_ID = 12


@quarantine_app.command(
    "list", cls=KamCommand, help="cli.quarantine_list", epilog="cli.quarantine_examples"
)
def list_quarantine(
    with_rows: Annotated[bool, typer.Option("--rows", help="cli.quarantine_rows")] = False,
    limit: Annotated[int, typer.Option(min=1, help="cli.quarantine_limit")] = 50,
) -> None:
    """Lists loads in quarantine, and the rows that the published version left out."""
    from kam_kpi.commands import numbers, screen
    from kam_kpi.lake import registry

    loads = registry.loads(states=("quarantined",))
    if loads:
        rows = [
            [
                record.load_id[:_ID],
                f"{record.source}.{record.feed}",
                record.file,
                numbers.number(record.rows_landed),
                _reasons(record),
            ]
            for record in loads
        ]
        columns = [
            screen.name(text("cli.load")),
            screen.name(text("cli.feed"), 26),
            screen.name(text("cli.file"), 26),
            screen.right(text("cli.rows")),
            screen.prose(text("cli.reason")),
        ]
        screen.console().print(screen.table(columns, rows, title=text("cli.quarantined_loads")))
        for record in [record for record in loads if not record.is_refused][:1]:
            screen.paragraph(text("cli.release_hint", load=record.load_id[:_ID]), style="dim")
    else:
        screen.paragraph(text("cli.no_quarantined_loads"))
    screen.lines("")
    _show_rows(limit if with_rows else 0)


@quarantine_app.command(cls=KamCommand, help="cli.release", epilog="cli.release_examples")
def release(
    load: Annotated[str, typer.Argument(help="cli.release_load", metavar="LOAD")],
    by: Annotated[str | None, typer.Option(help="cli.release_by", metavar="NAME")] = None,
) -> None:
    """Accepts a quarantined load by a person's decision."""
    from kam_kpi.commands import screen
    from kam_kpi.lake import registry

    record = registry.release(load, by or getpass.getuser())
    screen.paragraph(
        text("cli.released", load=record.load_id[:_ID], file=record.file, by=record.released_by)
    )


def reason_text(reason: str) -> str:
    """A reason in the language in force; one this program does not know as it is."""
    known = f"reason_{reason}" in catalogue("cli")
    return text(f"cli.reason_{reason}") if known else reason


def _reasons(record: Any) -> str:
    details = {
        "unreadable_file": record.unreadable,
        "header_changed": ", ".join(record.missing_columns),
        "incomplete": f"{record.rows_landed}/{record.rows_announced}",
    }
    shown = []
    for reason in record.reasons:
        detail = details.get(reason)
        shown.append(f"{reason_text(reason)}: {detail}" if detail else reason_text(reason))
    return "\n".join(shown)


def _show_rows(limit: int) -> None:
    from kam_kpi.commands import numbers, screen
    from kam_kpi.home import Home
    from kam_kpi.serving.query import connect
    from kam_kpi.serving.versions import current_version

    if current_version(Home.current()) is None:
        screen.paragraph(text("cli.rows_after_publish"))
        return
    with connect() as connection:
        counts = connection.execute(
            "select source || '.' || feed, reason, count(*) from quality.fct_quarantined_row "
            "group by all order by all"
        ).fetchall()
        rows = connection.execute(
            "select source || '.' || feed, file, line, column_name, value, reason "
            "from quality.fct_quarantined_row order by all limit ?",
            [limit],
        ).fetchall()
    if not counts:
        screen.paragraph(text("cli.no_quarantined_rows"))
    elif limit:
        _show_each(rows, sum(count for *_, count in counts))
    else:
        columns = [screen.name(text("cli.feed"), 40), screen.prose(text("cli.reason"))]
        columns.append(screen.right(text("cli.rows")))
        shown = [[feed, reason_text(why), numbers.number(count)] for feed, why, count in counts]
        screen.console().print(screen.table(columns, shown, title=text("cli.quarantined_rows")))
        screen.paragraph(text("cli.rows_hint"), style="dim")


def _show_each(rows: list[Any], total: int) -> None:
    from kam_kpi.commands import numbers, screen

    columns = [
        screen.name(text("cli.file"), 30),
        screen.right(text("cli.line")),
        screen.name(text("cli.column"), 20),
        screen.name(text("cli.value"), 22),
        screen.prose(text("cli.reason")),
    ]
    shown = [
        [
            file,
            numbers.number(line),
            column or numbers.NOTHING,
            numbers.NOTHING if value is None else value,
            reason_text(reason),
        ]
        for _, file, line, column, value, reason in rows
    ]
    screen.console().print(screen.table(columns, shown, title=text("cli.quarantined_rows")))
    if total > len(rows):
        screen.paragraph(text("cli.rows_more", shown=len(rows), total=numbers.number(total)), "dim")
