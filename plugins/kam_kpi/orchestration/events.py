"""What the embedded runner tells while it runs, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["running", "success", "skipped", "failed", "upstream_failed"]
Outcome = Literal["published", "nothing_new", "failed"]

START = ("airflow", "start")
"""DAG and task of the events around the start of Airflow itself."""


@dataclass(frozen=True)
class TaskEvent:
    """A task changed state. `seconds` is how long it ran, None while it runs or if it never did."""

    dag_id: str
    task_id: str
    state: State
    seconds: float | None = None


OnEvent = Callable[[TaskEvent], None]
"""Receives every event in the order of the run, in the runner's thread."""


@dataclass(frozen=True)
class TaskFault:
    """A task that failed: the text for the user and the file with the whole story."""

    dag_id: str
    task_id: str
    message: str
    log: Path


@dataclass(frozen=True)
class RunResult:
    """One run, from extraction through publish.

    `outcome` says what became of the build: `published` (then `version` is its number),
    `nothing_new` (what is published is up to date) or `failed`. A source's failure is in `faults`
    and does not change the outcome of the others.
    """

    run_id: str
    outcome: Outcome
    version: int | None
    accepted: tuple[str, ...]
    quarantined: tuple[str, ...]
    faults: tuple[TaskFault, ...]
    seconds: float
    logs: Path

    @property
    def is_ok(self) -> bool:
        """Nothing failed."""
        return not self.faults
