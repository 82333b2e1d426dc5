"""Options that several commands share."""

import os
from enum import StrEnum
from typing import Annotated

import typer

from kam_kpi.texts import LANGUAGES


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="cli.format")]


def set_language(value: str | None) -> str | None:
    """Puts the language of `--lang` in force, before anything is printed."""
    if value is not None:
        if value not in LANGUAGES:
            raise typer.BadParameter(", ".join(LANGUAGES))
        os.environ["KAM_LANG"] = value
    return value
