"""Options that several commands share, and how their values are read."""

import os
from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from kam_kpi.texts import LANGUAGES, text


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def as_format(value: str) -> Format:
    """A format by its name."""
    if value not in list(Format):
        raise typer.BadParameter(text("cli.expected_one_of", values=", ".join(Format)))
    return Format(value)


def as_month(value: str) -> date:
    """The first day of the month YYYY-MM."""
    try:
        return date.fromisoformat(f"{value}-01")
    except ValueError as fault:
        raise typer.BadParameter(text("cli.expected_month", value=value)) from fault


def as_day(value: str) -> date:
    """The day YYYY-MM-DD."""
    try:
        return date.fromisoformat(value)
    except ValueError as fault:
        raise typer.BadParameter(text("cli.expected_day", value=value)) from fault


def set_language(value: str | None) -> str | None:
    """Puts the language of `--lang` in force, before anything is printed."""
    if value is not None:
        if value not in LANGUAGES:
            raise typer.BadParameter(text("cli.expected_one_of", values=", ".join(LANGUAGES)))
        os.environ["KAM_LANG"] = value
    return value


FormatOption = Annotated[
    Format,
    typer.Option("--format", parser=as_format, help="cli.format", metavar="table|csv|json"),
]
LanguageOption = Annotated[
    str | None,
    typer.Option("--lang", callback=set_language, is_eager=True, help="cli.lang", metavar="en|ru"),
]
