"""What is wrong with a plan file, where, and what may stand there."""

from dataclasses import dataclass
from typing import Any

from kam_kpi.texts import text


@dataclass(frozen=True)
class Problem:
    """One fault. `line` 0 is the whole file, `column` "" the whole row."""

    file: str
    line: int
    column: str
    what: str

    def __str__(self) -> str:
        key = "place_file" if not self.line else "place_column" if self.column else "place_row"
        place = text(f"plans.{key}", file=self.file, line=self.line, column=self.column)
        return f"{place}: {self.what}"


def problem(file: str, line: int, column: str, key: str, /, **params: Any) -> Problem:
    """A fault of `<file>.csv` told by the text `plans.<key>`."""
    return Problem(f"{file}.csv", line, column, text(f"plans.{key}", **params))
