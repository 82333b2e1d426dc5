"""Results of gates as rows, one per check, kept in lake/_runs/<run>/checks_<part>.json."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Literal

from kam_kpi.home import Home
from kam_kpi.lake.files import write_json

Stage = Literal["raw", "conformed", "marts"]
Severity = Literal["error", "warn"]


@dataclass(frozen=True)
class CheckRow:
    """What one check found. `checked_at` is ISO text in UTC.

    element_count is the number of rows judged, unexpected_count of those that failed; both are
    NULL when the engine failed. `sample` is JSON text of a few failing rows, never for pay and
    personal data. `load_id` is set on the rows of the raw gate that condemn a load.
    """

    run_id: str
    stage: Stage
    suite: str
    relation: str
    expectation: str
    column_name: str | None
    severity: Severity
    is_success: bool
    engine_failed: bool
    element_count: int | None
    unexpected_count: int | None
    load_id: str | None
    description: str
    checked_at: str
    sample: str | None = None

    @property
    def blocks(self) -> bool:
        """The run must not go on past this check."""
        return not self.is_success and (self.severity == "error" or self.engine_failed)


def write_checks(run_id: str, part: str, rows: Iterable[CheckRow]) -> None:
    """Replaces the results of one part of a run: `conformed`, `marts` or `raw.<source>`."""
    folder = Home.current().lake / "_runs" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    for private in (folder.parent, folder):
        private.chmod(0o700)
    write_json(folder / f"checks_{part}.json", [asdict(row) for row in rows])


def read_checks(run_id: str, part: str = "*") -> list[CheckRow]:
    """Results of a run, of one part or of all in the order of their names."""
    known = {field.name for field in fields(CheckRow)}
    rows = []
    for path in sorted((Home.current().lake / "_runs" / run_id).glob(f"checks_{part}.json")):
        for raw in json.loads(path.read_text(encoding="utf-8")):
            rows.append(CheckRow(**{name: raw[name] for name in known & raw.keys()}))
    return rows


def raw_part(source: str) -> str:
    """The part of the raw gate that judged one source: sources are judged side by side."""
    return f"raw.{source}"
