"""The verdicts of the gates: read from lake/_runs, and required before anything is published."""

import json
import logging
from pathlib import Path
from typing import Any

from kam_kpi.errors import KamError
from kam_kpi.home import Home

MAX_RUNS = 50
"""Runs whose checks are published."""
COLUMNS = {
    "run_id": "varchar not null",
    "stage": "varchar not null",
    "suite": "varchar",
    "relation": "varchar",
    "expectation": "varchar",
    "column_name": "varchar",
    "severity": "varchar not null",
    "is_success": "boolean not null",
    "engine_failed": "boolean",
    "element_count": "bigint",
    "unexpected_count": "bigint",
    "load_id": "varchar",
    "description": "varchar",
    "checked_at": "timestamp",
}
"""Columns of quality.fct_quality_check; instants are UTC."""
_AUDITED_STAGES = ("conformed", "marts")

Check = dict[str, Any]


def run_checks(home: Home, run_id: str) -> list[Check]:
    """Checks of this run, required to have passed.

    Raises:
        KamError: a stage was not judged, a check of severity error failed, or the file of
            verdicts cannot be read.
    """
    checks = []
    for path in _check_files(home.lake / "_runs" / run_id):
        try:
            checks += _read(path)
        except (ValueError, OSError) as fault:
            raise KamError("serving.checks_unreadable", where=str(path)) from fault
    for stage in _AUDITED_STAGES:
        verdicts = [check for check in checks if check["stage"] == stage]
        failed = [c for c in verdicts if c["severity"] == "error" and not c["is_success"]]
        if not verdicts:
            raise KamError("serving.not_audited", where=f"run {run_id}", stage=stage)
        if failed:
            raise KamError(
                "serving.checks_failed",
                where=str(failed[0]["relation"]),
                count=len(failed),
                stage=stage,
                check=failed[0]["description"] or failed[0]["expectation"],
            )
    return checks


def earlier_checks(home: Home, run_id: str) -> list[Check]:
    """Checks of the last runs before this one; a file that cannot be read is left out."""
    newest: dict[Path, float] = {}
    for path in (home.lake / "_runs").glob("*/checks_*.json"):
        if path.parent.name != run_id:
            newest[path.parent] = max(newest.get(path.parent, 0.0), path.stat().st_mtime)
    runs = sorted(newest, key=lambda folder: (newest[folder], folder.name))
    checks = []
    for folder in runs[-(MAX_RUNS - 1) :]:
        for path in _check_files(folder):
            try:
                checks += _read(path)
            except (ValueError, OSError):
                logging.getLogger(__name__).warning("left out, cannot be read: %s", path)
    return checks


def _check_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("checks_*.json"))


def _read(path: Path) -> list[Check]:
    rows = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rows, list):
        raise ValueError(f"a list of checks expected: {path}")
    return [{name: row.get(name) for name in COLUMNS} for row in rows]
