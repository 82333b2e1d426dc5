"""Reads one delivered file, or one sheet of it, as text exactly as it arrived.

Nothing is sniffed, trimmed, guessed or dropped: a row with the wrong number of cells is kept in
`_broken`, a file that cannot be read at all is refused with the reason.
"""

import functools
import operator
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from kam_kpi.errors import KamError
from kam_kpi.sources.mapping import CsvFormat, Feed, XlsxFormat

LINE, BROKEN = "_line", "_broken"
PARQUET_BATCH = 500_000
_ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True)
class RawTable:
    """A file as it arrived: `columns` all VARCHAR, plus `_line` BIGINT and `_broken` VARCHAR."""

    columns: list[str]
    table: pa.Table

    @property
    def rows_seen(self) -> int:
        """Rows of data in the file, broken ones included."""
        return int(self.table.num_rows)


def read(feed: Feed, path: Path) -> RawTable:
    """Reads `path` as the feed declares.

    Raises:
        KamError: the file is empty, truncated, in another encoding, or not what its name says.
    """
    if path.stat().st_size == 0:
        raise KamError("sources.file_empty", where=path.name)
    if feed.xlsx:
        return _read_xlsx(feed.xlsx, path)
    if feed.parquet:
        return _read_parquet(path)
    return _read_csv(feed.csv or CsvFormat(), path)


def _raw_table(columns: list[str], cells: list[pa.Array], lines: Any, broken: Any) -> RawTable:
    arrays = [*cells, pa.array(lines, pa.int64()), pa.array(broken, pa.string())]
    return RawTable(columns, pa.Table.from_arrays(arrays, names=[*columns, LINE, BROKEN]))


def _check_header(columns: list[str], path: Path, header_row: int) -> None:
    seen: set[str] = set()
    for number, name in enumerate(columns, 1):
        if name in seen or name in (LINE, BROKEN, ""):
            where = f"{path.name}:{header_row} column {number}"
            raise KamError("sources.bad_header", where=where, name=name)
        seen.add(name)


# --- CSV ------------------------------------------------------------------------------------------
def _first_undecodable(path: Path, encoding: str) -> str:
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as fault:
                return f"{path.name}:{number} byte {fault.start + 1}"
    return path.name


def _csv_header(form: CsvFormat, path: Path) -> list[str]:
    import csv

    try:
        with path.open(encoding=form.encoding, newline="") as handle:
            for _ in range(form.header_row - 1):
                handle.readline()
            rows = csv.reader(handle, delimiter=form.delimiter, quotechar=form.quote)
            header = next(rows, [])
    except UnicodeDecodeError as fault:
        where = _first_undecodable(path, form.encoding)
        raise KamError("sources.wrong_encoding", where=where, encoding=form.encoding) from fault
    if header:
        header[0] = header[0].removeprefix("\ufeff")
    return header


def _read_csv(form: CsvFormat, path: Path) -> RawTable:
    with path.open("rb") as handle:
        start = handle.read(4096)
    if start.startswith(_ZIP_MAGIC) or b"\x00" in start:
        raise KamError("sources.not_what_its_name_says", where=path.name, expected="CSV")
    columns = _csv_header(form, path)
    if not columns:
        raise KamError("sources.no_header", where=f"{path.name}:{form.header_row}")
    _check_header(columns, path, form.header_row)
    try:
        table, broken = _parse_csv(form, path, columns, use_threads=True)
        if broken:  # only one thread knows the number of a line
            table, broken = _parse_csv(form, path, columns, use_threads=False)
    except pa.ArrowInvalid as fault:
        if "Empty CSV" in str(fault):  # a header and nothing below it
            return _raw_table(columns, [pa.array([], pa.string()) for _ in columns], [], [])
        where = _first_undecodable(path, form.encoding)
        raise KamError("sources.wrong_encoding", where=where, encoding=form.encoding) from fault
    except UnicodeDecodeError as fault:
        where = _first_undecodable(path, form.encoding)
        raise KamError("sources.wrong_encoding", where=where, encoding=form.encoding) from fault
    return _with_lines(columns, table, broken, form.header_row + 1)


def _parse_csv(
    form: CsvFormat, path: Path, columns: list[str], use_threads: bool
) -> tuple[pa.Table, list[tuple[int, str]]]:
    """Rows below the header as text, and those with a wrong number of cells: line, text."""
    broken: list[tuple[int, str]] = []

    def keep(row: pa_csv.InvalidRow) -> str:
        broken.append((row.number, row.text))
        return "skip"

    table = pa_csv.read_csv(
        path,
        pa_csv.ReadOptions(
            use_threads=use_threads,
            encoding=form.encoding.replace("utf-8-sig", "utf-8"),
            skip_rows=form.header_row,
            column_names=columns,
        ),
        pa_csv.ParseOptions(
            delimiter=form.delimiter,
            quote_char=form.quote,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=keep,
        ),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
        ),
    )
    return table, broken


def _with_lines(
    columns: list[str], table: pa.Table, broken: list[tuple[int, str]], first_line: int
) -> RawTable:
    lines = np.arange(first_line, first_line + table.num_rows + len(broken))
    taken = [number - first_line for number, _ in broken]
    numbered = table.append_column(LINE, pa.array(np.delete(lines, taken), pa.int64()))
    good = numbered.append_column(BROKEN, pa.nulls(table.num_rows, pa.string()))
    good = good.filter(_is_filled(table))
    wrong = [(number, text) for number, text in broken if text.strip()]
    if not wrong:
        return RawTable(columns, good)
    numbers, texts = zip(*wrong, strict=True)
    nothing = [pa.nulls(len(wrong), pa.string()) for _ in columns]
    bad = _raw_table(columns, nothing, numbers, texts)
    return RawTable(columns, pa.concat_tables([good, bad.table]).sort_by(LINE))


def _is_filled(table: pa.Table) -> pc.Expression:
    """False for a blank line, which reads as a row of empty texts."""
    return functools.reduce(operator.or_, (pc.field(name) != "" for name in table.column_names))


# --- Parquet --------------------------------------------------------------------------------------
def _read_parquet(path: Path) -> RawTable:
    """Every value as the text that Arrow prints: all digits of a decimal, ISO dates."""
    try:
        file = pq.ParquetFile(path)
        columns = file.schema_arrow.names
        _check_header(columns, path, 1)
        for field in file.schema_arrow:
            if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
                where = f"{path.name} column {field.name}"
                raise KamError("sources.unreadable_type", where=where, kind=str(field.type))
        texts = pa.schema([(name, pa.string()) for name in columns])
        batches = [_as_text(batch, texts) for batch in file.iter_batches(PARQUET_BATCH)]
    except (pa.ArrowInvalid, OSError) as fault:
        raise KamError(
            "sources.not_what_its_name_says", where=path.name, expected="Parquet"
        ) from fault
    table = pa.Table.from_batches(batches, texts)
    table = table.append_column(LINE, pa.array(np.arange(1, table.num_rows + 1), pa.int64()))
    return RawTable(columns, table.append_column(BROKEN, pa.nulls(table.num_rows, pa.string())))


def _as_text(batch: pa.RecordBatch, texts: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pc.cast(c, pa.string()) for c in batch.columns], schema=texts
    )


# --- XLSX -----------------------------------------------------------------------------------------
def cell_text(value: Any) -> str | None:
    """A cell as text: numbers with the 15 digits a workbook holds, dates as ISO, empty as None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, datetime):
        is_day = value.time().isoformat() == "00:00:00"
        return value.date().isoformat() if is_day else value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _sheet_rows(form: XlsxFormat, path: Path, data_only: bool) -> Iterator[tuple[Any, ...]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=data_only)
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, EOFError) as fault:
        raise KamError(
            "sources.not_what_its_name_says", where=path.name, expected="XLSX"
        ) from fault
    try:
        if form.sheet not in book.sheetnames:
            sheets = ", ".join(book.sheetnames)
            raise KamError("sources.no_sheet", where=path.name, sheet=form.sheet, sheets=sheets)
        sheet = book[form.sheet]
        sheet.reset_dimensions()  # the declared size of a sheet may lie
        yield from sheet.iter_rows(values_only=True)
    except (zipfile.BadZipFile, KeyError, EOFError, SyntaxError) as fault:
        raise KamError("sources.truncated", where=path.name) from fault
    finally:
        book.close()


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<f[ >/]", archive.read(name)) for name in sheets)


def _values(form: XlsxFormat, path: Path) -> Iterator[tuple[Any, ...]]:
    """Cell values; a formula that was saved without its value stands as its own text."""
    cached = _sheet_rows(form, path, data_only=True)
    first = next(cached, ())
    if not _has_formulas(path):
        yield first
        yield from cached
        return
    written = _sheet_rows(form, path, data_only=False)
    for values, formulas in zip((first, *cached), written, strict=True):
        yield tuple(f if v is None else v for v, f in zip(values, formulas, strict=True))


def _read_xlsx(form: XlsxFormat, path: Path) -> RawTable:
    columns: list[str] = []
    rows: list[list[str | None]] = []
    lines: list[int] = []
    broken: list[str | None] = []
    for number, values in enumerate(_values(form, path), 1):
        if number < form.header_row:
            continue
        cells = [cell_text(value) for value in values]
        while cells and cells[-1] is None:
            cells.pop()
        if number == form.header_row:
            columns = [cell or "" for cell in cells]
            _check_header(columns, path, number)
            continue
        if not cells:
            continue
        if form.totals_row is not None and cells[0] == form.totals_row:
            break
        is_broken = len(cells) > len(columns)
        broken.append(" | ".join(cell or "" for cell in cells) if is_broken else None)
        padded = [None] * len(columns) if is_broken else cells
        rows.append([*padded, *([None] * (len(columns) - len(padded)))])
        lines.append(number)
    if not columns:
        raise KamError("sources.no_header", where=f"{path.name}:{form.header_row}")
    arrays = [pa.array([row[i] for row in rows], pa.string()) for i in range(len(columns))]
    return _raw_table(columns, arrays, lines, broken)
