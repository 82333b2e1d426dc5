"""Reads plan files: rows that are well each, and the faults of the others."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kam_kpi.plans.plans import Placed, Plans
from kam_kpi.plans.problems import Problem, problem
from kam_kpi.plans.rows import FILES, REQUIRED_FILES, allowed, choices, columns
from kam_kpi.sources.mapping import Strict
from kam_kpi.texts import text

Record = tuple[int, list[str]]
"""Line and cells."""
COMMENT = "#"
"""A line that begins so is for people."""


@dataclass
class Reading:
    """What the files hold. `broken` has plan code and version, as written, of refused rows."""

    rows: dict[str, list[Placed[Any]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[tuple[str, str]] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)

    @property
    def plans(self) -> Plans:
        """The rows that are well."""
        return Plans(*(tuple(self.rows.get(name, ())) for name in FILES))


def read_files(folder: Path) -> Reading:
    """Reads every plan file of a folder."""
    reading = Reading()
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in FILES:
            names = ", ".join(f"{name}.csv" for name in FILES)
            reading.problems.append(problem(path.stem, 0, "", "unknown_file", files=names))
    for name, model in FILES.items():
        path = folder / f"{name}.csv"
        if path.exists():
            _read_file(path, model, reading)
        elif name in REQUIRED_FILES:
            reading.problems.append(problem(name, 0, "", "no_file"))
            reading.absent.add(name)
    return reading


def _read_file(path: Path, model: type[Strict], reading: Reading) -> None:
    name = path.stem
    reading.rows[name] = []
    try:
        records = list(_records(path))
    except UnicodeDecodeError:
        reading.problems.append(problem(name, 0, "", "not_utf8"))
        reading.absent.add(name)
        return
    except csv.Error as fault:
        reading.problems.append(problem(name, 0, "", "not_csv", fault=fault))
        reading.absent.add(name)
        return
    header_line, header = records[0] if records else (1, [])
    faults = list(_header_faults(name, header_line, header, model))
    reading.problems += faults
    if faults:
        reading.absent.add(name)
        return
    for line, cells in records[1:]:
        _read_row(name, model, line, header, cells, reading)


def _records(path: Path) -> Iterator[Record]:
    """Lines with cells, trimmed, without comments and empty lines."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, strict=True)
        line = 1
        for cells in reader:
            trimmed = [cell.strip() for cell in cells]
            if any(trimmed) and not trimmed[0].startswith(COMMENT):
                yield line, trimmed
            line = reader.line_num + 1


def _header_faults(
    name: str, line: int, header: list[str], model: type[Strict]
) -> Iterator[Problem]:
    known = columns(model)
    if len(header) == 1 and ";" in header[0]:
        yield problem(name, line, "", "semicolons")
        return
    for column in header:
        if column not in known:
            yield problem(name, line, "", "unknown_column", name=column, columns=", ".join(known))
    for column in sorted({column for column in header if header.count(column) > 1}):
        yield problem(name, line, "", "column_twice", name=column)
    absent = [c for c, info in known.items() if info.is_required() and c not in header]
    if absent:
        yield problem(name, line, "", "no_column", columns=", ".join(absent))


def _read_row(
    name: str, model: type[Strict], line: int, header: list[str], cells: list[str], reading: Reading
) -> None:
    held = {column: cell for column, cell in zip(header, cells, strict=False) if cell}
    if len(cells) != len(header):
        found = problem(name, line, "", "cell_count", count=len(cells), columns=len(header))
        reading.problems.append(found)
    else:
        try:
            reading.rows[name].append(Placed(line, model.model_validate(held)))
            return
        except ValidationError as fault:
            reading.problems += [_cell_fault(name, line, model, error) for error in fault.errors()]
    reading.broken.add((held.get("plan_code", ""), held.get("version", "")))


def _cell_fault(name: str, line: int, model: type[Strict], error: Any) -> Problem:
    column = str(error["loc"][0])
    info = columns(model)[column]
    words = choices(info)
    may = ", ".join(words) if words else text(f"plans.allowed_{allowed(info)}")
    if error["type"] == "missing":
        return problem(name, line, column, "missing", allowed=may)
    return problem(name, line, column, "wrong", value=error["input"], allowed=may)
