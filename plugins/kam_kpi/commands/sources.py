"""`kam sources`: what is configured, and whether the files or tables fit."""

from typing import Annotated, Any

import typer

from kam_kpi.commands.faults import EXIT_FAILED, leave, show_error
from kam_kpi.commands.localized import KamCommand, KamGroup
from kam_kpi.texts import text

sources_app = typer.Typer(cls=KamGroup, help="cli.sources", no_args_is_help=True)


@sources_app.command("list", cls=KamCommand, help="cli.sources_list", epilog="cli.sources_examples")
def list_sources() -> None:
    """Lists the configured sources and how far their accepted loads reach."""
    from kam_kpi.commands import numbers, screen
    from kam_kpi.config import load_deployment
    from kam_kpi.lake import registry

    deployment = load_deployment()
    records = registry.loads()
    rows = []
    for name, source in deployment.sources.items():
        own = [record for record in records if record.source == name]
        sound = [record for record in own if record.state in ("accepted", "released")]
        rows.append([
            name,
            source.domain,
            source.schedule or text("cli.by_hand"),
            numbers.number(len(source.feeds)),
            max((record.covers_to for record in sound), default=numbers.NOTHING),
            numbers.number(len(sound)),
            numbers.number(sum(record.state == "quarantined" for record in own)),
        ])  # fmt: skip
    columns: list[Any] = [screen.name(text(f"cli.sources_{key}")) for key in
        ("name", "domain", "schedule")]  # fmt: skip
    columns += [screen.right(text("cli.sources_feeds")), screen.name(text("cli.sources_covers_to"))]
    columns += [screen.right(text(f"cli.sources_{key}")) for key in ("accepted", "quarantined")]
    screen.console().print(screen.table(columns, rows))
    if not rows:
        screen.paragraph(text("cli.sources_none", folder=deployment.folder / "sources"))


@sources_app.command("check", cls=KamCommand, help="cli.sources_check", epilog="cli.check_examples")
def check_source(
    name: Annotated[str, typer.Argument(help="cli.source_name", metavar="NAME")],
) -> None:
    """Reads the newest file, or the first rows, of every feed; changes nothing."""
    from kam_kpi.commands import numbers, screen
    from kam_kpi.sources.check import check

    report = check(name)
    if report.is_database:
        screen.lines(text("sources.check_connection", connection=report.place))
    else:
        screen.lines(text("cli.check_folder", folder=report.place))
    for feed in report.feeds:
        screen.lines("")
        known = f", {text('cli.check_covers_to', day=feed.covers_to)}" if feed.covers_to else ""
        rows = text("cli.check_rows", count=numbers.number(feed.rows))
        screen.lines(f"{feed.feed} ← {feed.file}: {rows}{known}", style="bold")
        for key, columns in (("missing", feed.missing_columns), ("unused", feed.unused_columns)):
            if columns:
                screen.paragraph("  " + text(f"cli.check_{key}", columns=", ".join(columns)))
        if feed.error is not None:
            show_error(feed.error, screen.console())
        for entity in feed.entities:
            _show_entity(entity)
    for missing in report.missing_feeds:
        screen.lines("", text("cli.check_no_file", feed=missing))
    screen.lines("")
    screen.paragraph(text(_verdict(report)), "bold")
    if not report.is_sound:
        leave(EXIT_FAILED)


def _verdict(report: Any) -> str:
    if not report.is_sound:
        return "cli.check_unsound"
    return "sources.check_tables_sound" if report.is_database else "cli.check_sound"


def _show_entity(entity: Any) -> None:
    from kam_kpi.commands import export, numbers, screen

    def cell(value: object) -> str:
        return numbers.NOTHING if value is None else export.as_text(value)

    title = text("cli.check_entity", entity=entity.entity, count=numbers.number(entity.rows))
    if entity.first_rows:
        # Columns of the contract go down, rows across: twenty columns still fit the screen.
        by_column = zip(entity.columns, *entity.first_rows, strict=True)
        rows = [[name, *map(cell, values)] for name, *values in by_column]
        widest = max(len(name) for name in entity.columns)
        columns = [screen.name(text("cli.column"), widest)]
        # Two blanks stand between columns.
        room = (screen.WIDTH - widest) // len(entity.first_rows) - 2
        columns += [screen.name(str(n + 1), room) for n in range(len(entity.first_rows))]
        screen.console().print(screen.table(columns, rows, title=title))
    else:
        screen.lines(title)
    if entity.faults:
        rows = [
            [
                text(f"cli.reason_{fault.reason}"),
                fault.column or numbers.NOTHING,
                numbers.number(fault.count),
                numbers.number(fault.line),
                cell(fault.value),
            ]
            for fault in entity.faults
        ]
        columns = [
            screen.prose(text("cli.reason")),
            screen.name(text("cli.column")),
            screen.right(text("cli.rows")),
            screen.right(text("cli.first_line")),
            screen.name(text("cli.value"), 30),
        ]
        screen.console().print(screen.table(columns, rows, title=text("cli.check_faults")))
