"""Plans to begin with, and a new version of a plan: the last one, copied, to be edited."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from kam_kpi import PROJECT
from kam_kpi.errors import KamError
from kam_kpi.lake.files import write_atomic
from kam_kpi.plans.files import COMMENT
from kam_kpi.plans.plans import Placed, Plans, PlanVersion
from kam_kpi.plans.rows import PlanRow

EXAMPLES = PROJECT / "config" / "plans"
"""Plans per grade, with a comment at each rule."""
_FILES = ("bonus_plan", "bonus_component", "bonus_tier", "bonus_gate")


def new_version(folder: Path, plans: Plans, code: str, begins: date) -> int:
    """Ends the last version of a plan on a day and appends a copy of it that begins there.

    Lines that are there stay as they are, but for the end of the last version.

    Args:
        folder: of the plan files, which have passed the check as `plans`.
        plans: what the files hold.
        code: of the plan.
        begins: first day of a month, after the last version's own.

    Returns:
        The number of the new version.

    Raises:
        KamError: there is no such plan, or the day is not after its last version's first one.
    """
    last = _last(plans, code)
    row = last.plan.row
    if begins.day != 1 or begins <= row.valid_from:
        raise KamError("bonus.no_new_version", plan=code, first=row.valid_from, day=begins)
    number = row.version + 1
    copied: dict[str, Sequence[Placed[Any]]] = {
        "bonus_plan": [last.plan],
        "bonus_component": last.components,
        "bonus_tier": last.tiers,
        "bonus_gate": last.gates,
    }
    contents = {}
    for name in _FILES:
        path = folder / f"{name}.csv"
        if copied[name]:
            contents[path] = _with_copies(path, name, copied[name], number, last.plan, begins)
    for path, content in contents.items():
        write_atomic(path, content.encode())
    return number


def _last(plans: Plans, code: str) -> PlanVersion:
    versions = [found for found in plans.versions() if found.key[0] == code]
    if not versions:
        codes = ", ".join(sorted({key.key[0] for key in plans.versions()}))
        raise KamError("bonus.no_such_plan", plan=code, plans=codes)
    return max(versions, key=lambda found: found.key[1])


def _with_copies(
    path: Path,
    name: str,
    rows: Sequence[Placed[Any]],
    number: int,
    plan: Placed[PlanRow],
    begins: date,
) -> str:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    header = next(_cells(line) for line in lines if line and not line.startswith(COMMENT))
    copies = []
    for held in rows:
        cells = dict(zip(header, _cells(lines[held.line - 1]), strict=True))
        cells["version"] = str(number)
        if name == "bonus_plan":
            cells |= {"valid_from": f"{begins}", "valid_to": ""}
        copies.append(_line(cells.values()))
    if name == "bonus_plan":
        cells = dict(zip(header, _cells(lines[plan.line - 1]), strict=True))
        lines[plan.line - 1] = _line((cells | {"valid_to": f"{begins}"}).values())
    return "\n".join([*lines, *copies]) + "\n"


def _cells(line: str) -> list[str]:
    return next(csv.reader([line]))


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()


def first_plans(folder: Path, currency: str) -> list[str]:
    """Writes plans to begin with, one per grade, and an empty list of whose they are.

    Args:
        folder: of the plan files, which must not exist yet.
        currency: of the company.

    Returns:
        Names of the files.

    Raises:
        KamError: the folder exists: plans are never overwritten.
    """
    if folder.exists():
        raise KamError("bonus.folder_exists", where=str(folder))
    folder.mkdir(parents=True)
    names = []
    for path in sorted(EXAMPLES.glob("*.csv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        if path.stem == "bonus_assignment":
            lines = lines[:1]
        elif path.stem == "bonus_plan":
            lines = [line.replace(",RUB,", f",{currency},") for line in lines]
        write_atomic(folder / path.name, ("\n".join(lines) + "\n").encode())
        names.append(path.name)
    return names
