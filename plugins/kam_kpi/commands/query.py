"""`kam query`: SQL on the published database, read-only."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from kam_kpi.commands.options import Format, FormatOption

_SHOWN = 200
_BATCH = 10_000
_LEAST_PROSE = 30
_TABLES = """
select schema_name || '.' || table_name as "table", estimated_size as rows, comment as description
from duckdb_tables() order by all
"""


def query(
    sql: Annotated[str, typer.Argument(help="cli.query_sql", metavar="SQL", show_default=False)] = (
        _TABLES
    ),
    form: FormatOption = Format.TABLE,
) -> None:
    """Runs one reading statement and prints its rows."""
    from kam_kpi.commands.export import write_csv, write_json
    from kam_kpi.serving.query import connect, run_query

    statement = sys.stdin.read() if sql == "-" else sql
    with connect() as connection:
        result = run_query(connection, statement)
        names = [column[0] for column in result.description or []]
        if form is Format.CSV:
            write_csv(names, _rows(result), sys.stdout)
        elif form is Format.JSON:
            keys = _distinct(names)
            write_json((dict(zip(keys, row, strict=True)) for row in _rows(result)), sys.stdout)
        else:
            kinds = [str(column[1]) for column in result.description or []]
            _show(names, kinds, result.fetchmany(_SHOWN + 1))


def _rows(result: Any) -> Iterator[tuple[Any, ...]]:
    while batch := result.fetchmany(_BATCH):
        yield from batch


def _distinct(names: list[str]) -> list[str]:
    """JSON keys: a repeated column name gets a number instead of hiding the first."""
    keys: list[str] = []
    for name in names:
        key, number = name, 1
        while key in keys:
            number += 1
            key = f"{name}_{number}"
        keys.append(key)
    return keys


def _show(names: list[str], kinds: list[str], rows: list[tuple[Any, ...]]) -> None:
    from kam_kpi.commands import screen
    from kam_kpi.texts import text

    shown = [[_cell(value) for value in row] for row in rows[:_SHOWN]]
    columns = _columns(names, kinds, shown)
    if columns:
        screen.console().print(screen.table(columns, shown))
    else:
        for number, row in enumerate(shown, 1):
            pairs = zip(names, row, strict=True)
            columns = [screen.name(text("cli.column")), screen.prose(text("cli.value"))]
            title = text("cli.query_row", number=number)
            screen.console().print(screen.table(columns, pairs, title=title))
    note = "cli.query_more" if len(rows) > _SHOWN else "cli.query_rows"
    screen.paragraph(text(note, count=len(shown)), style="dim")


def _cell(value: Any) -> str:
    from kam_kpi.commands import export, numbers

    return numbers.NOTHING if value is None else export.as_text(value)


def _columns(names: list[str], kinds: list[str], rows: list[list[str]]) -> list[Any]:
    """Columns that fit the screen, the widest text broken if need be; empty when none do."""
    from rich.cells import cell_len

    from kam_kpi.commands import screen

    widths = [
        max(cell_len(line) for cell in column for line in cell.splitlines() or [""])
        for column in zip(names, *rows, strict=True)
    ]
    columns = [
        screen.right(name) if _is_number(kind) else screen.name(name)
        for name, kind in zip(names, kinds, strict=True)
    ]
    total = sum(widths) + 2 * (len(widths) - 1)
    if total <= screen.WIDTH:
        return columns
    widest = max(range(len(names)), key=lambda place: widths[place])
    if total - widths[widest] + _LEAST_PROSE > screen.WIDTH or _is_number(kinds[widest]):
        return []
    columns[widest] = screen.prose(names[widest])
    return columns


def _is_number(kind: str) -> bool:
    return kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")) or kind.endswith(("INT", "INTEGER"))
