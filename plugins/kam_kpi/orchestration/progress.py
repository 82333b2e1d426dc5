"""Shows a run on the terminal: a line per task, a running clock while it works."""

import os
import sys
from contextlib import ExitStack
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from kam_kpi.orchestration.events import TaskEvent
from kam_kpi.texts import text

_MARKS = {
    "success": ("✓", "green"),
    "skipped": ("–", "dim"),
    "failed": ("✗", "bold red"),
    "upstream_failed": ("·", "dim"),
}


class RunProgress:
    """Renders the events of `runner.run`: pass `on_event` to it.

    Enter it before the run begins: it writes to a copy of the output made then, because the run
    sends everything else that is printed to its log files. Without a terminal it prints one line
    per finished task and no spinner.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._given = console
        self._shown: TaskID | None = None

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._console = self._given or Console(file=self._own_output())
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        if self._console.is_terminal:
            self._stack.enter_context(self._live)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def on_event(self, event: TaskEvent) -> None:
        """Shows one event."""
        if self._shown is not None:
            self._live.remove_task(self._shown)
            self._shown = None
        name = f"{_group(event.dag_id)} · {text(f'orchestration.{event.task_id}')}"
        if event.state == "running":
            self._shown = self._live.add_task(name, total=None)
            return
        mark, style = _MARKS[event.state]
        note = "" if event.seconds is None else f"{event.seconds:.1f} s"
        if event.state in ("skipped", "upstream_failed"):
            note = text(f"orchestration.{event.state}")
        self._console.print(Text.assemble((f"{mark} ", style), f"{name}  ", (note, "dim")))

    def _own_output(self) -> TextIO:
        try:
            copy = os.dup(sys.stdout.fileno())
        except (OSError, ValueError):
            return sys.stdout
        return self._stack.enter_context(os.fdopen(copy, "w", encoding="utf-8"))


def _group(dag_id: str) -> str:
    return dag_id.removeprefix("extract_") if dag_id.startswith("extract_") else dag_id
