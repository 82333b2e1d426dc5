"""What commands print: tables of at most 100 columns, footnotes, lines."""

import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from kam_kpi.commands.numbers import NOTHING
from kam_kpi.texts import text

WIDTH = 100


def console() -> Console:
    """The screen: as wide as the terminal, at most 100 columns."""
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    return Console(file=sys.stdout, width=width, highlight=False)


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str | Text]],
    *,
    title: str | None = None,
    total: Sequence[str | Text] | None = None,
) -> Table:
    """A table whose last row may be a total."""
    shown = Table(
        *columns,
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for row in rows:
        shown.add_row(*_plain(row))
    if total is not None:
        shown.add_section()
        shown.add_row(*_plain(total), style="bold")
    return shown


def right(header: str) -> Column:
    """A column of numbers."""
    return Column(header, justify="right", no_wrap=True)


def name(header: str, max_width: int | None = None) -> Column:
    """A column of names on one line each; what is longer than `max_width` ends in `…`."""
    return Column(header, no_wrap=True, max_width=max_width, overflow="ellipsis")


def prose(header: str) -> Column:
    """A column of text, broken between words."""
    return Column(header, overflow="fold")


def lines(*content: str | Text, style: str = "") -> None:
    """Prints lines as they are: a path is never broken."""
    screen = console()
    for line in content:
        screen.print(line, style=style, markup=False, soft_wrap=True)


def paragraph(content: str, style: str = "") -> None:
    """Prints prose, broken between words."""
    console().print(content, style=style, markup=False)


def _plain(row: Sequence[str | Text]) -> list[Text]:
    # Text of a source may hold what rich takes for markup.
    return [cell if isinstance(cell, Text) else Text(cell) for cell in row]


@dataclass
class Footnotes:
    """Why a value is absent or provisional: a mark in the cell, its meaning under the table."""

    _marks: dict[str, str] = field(default_factory=dict)

    def absent(self, reason: str | None) -> Text:
        """The cell of a value that is NULL for `reason`."""
        return self.noted(NOTHING, reason)

    def noted(self, shown: str, reason: str | None) -> Text:
        """The cell of a value that comes with a reason, such as `pending`."""
        mark = " "  # the place of a mark, so that digits stay under each other
        if reason:
            mark = self._marks.setdefault(reason, "¹²³⁴⁵⁶⁷⁸⁹"[len(self._marks) % 9])
        return Text.assemble(shown, (mark, "dim"))

    def print(self) -> None:
        """Prints the meaning of every mark used."""
        for reason, mark in self._marks.items():
            paragraph(f"{mark} {text(f'cli.reason_{reason}')}", style="dim")
