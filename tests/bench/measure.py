"""Runs a command and tells its time, its peak memory over all its processes, and what it printed."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Measured:
    """Wall time in seconds, peak of the resident memory of the process tree in bytes, output."""

    seconds: float
    peak: int
    output: str

    @property
    def gib(self) -> float:
        return self.peak / 2**30


def measured(command: list[str], environment: dict[str, str], cwd: Path) -> Measured:
    """Runs the command to its end.

    Raises:
        RuntimeError: it failed; has what it printed.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        start = time.perf_counter()
        process = psutil.Popen(
            command, env=os.environ | environment, cwd=cwd, stdout=output, stderr=subprocess.STDOUT
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process))
            time.sleep(0.1)
        seconds = time.perf_counter() - start
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{printed}")
    return Measured(seconds, peak, printed)


def _resident(process: psutil.Process) -> int:
    """Shared pages count once per process: an upper bound."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for each in family:
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
