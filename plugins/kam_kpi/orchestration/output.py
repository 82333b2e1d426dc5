"""Keeps Airflow, dbt and everything else off the user's screen and in the run's log files."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self


class OutputToFiles:
    """While entered, all that this process and its children print goes to files of one folder.

    Works on the descriptors, so that native code and child processes are caught too. Whoever
    wants to reach the user meanwhile writes to a copy of the descriptor made before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _flush()
        self._saved = (os.dup(1), os.dup(2), sys.stdout, sys.stderr)
        self.switch_to("airflow")
        stream = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)
        sys.stdout = sys.stderr = stream
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _flush()
        out, err, sys.stdout, sys.stderr = self._saved
        for saved, target in ((out, 1), (err, 2)):
            os.dup2(saved, target)
            os.close(saved)

    def path(self, name: str) -> Path:
        """The file of one task."""
        return self._folder / f"{name}.log"

    def switch_to(self, name: str) -> None:
        """From now on into the file `name`."""
        _flush()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self.path(name), flags, 0o600)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.close(descriptor)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
