"""Rows as CSV or JSON: exact, and safe to open in a spreadsheet program."""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TextIO

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(names: Sequence[str], rows: Iterable[Sequence[object]], output: TextIO) -> None:
    """Writes a header and rows; NULL is an empty cell.

    A text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    plain = csv.writer(output, lineterminator="\n")
    # A lone carriage return ends the row for many readers, but the writer quotes only line feeds.
    quoted = csv.writer(output, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow([_harmless(name) for name in names])
    for row in rows:
        cells = [_cell(value) for value in row]
        (quoted if "\r" in "".join(cells) else plain).writerow(cells)


def write_json(records: Iterable[dict[str, object]], output: TextIO) -> None:
    """Writes a list of objects, one per line; a DECIMAL is a string with all its digits."""
    separator = "["
    for record in records:
        content = json.dumps(record, ensure_ascii=False, default=_json_value)
        output.write(f"{separator}\n  {content}")
        separator = ","
    output.write("[]\n" if separator == "[" else "\n]\n")


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = as_text(value)
    return text if isinstance(value, bool | int | float | Decimal) else _harmless(text)


def as_text(value: Any) -> str:
    """A value that is not NULL as text, with all its digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=_json_value)
    return str(_json_value(value))


def _json_value(value: Any) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, int | float) else str(value)
