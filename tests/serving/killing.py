"""Kills a process before each of its steps, one after another."""

import os
import signal
import sys
from collections.abc import Callable, Set
from types import FrameType
from typing import Any

STEPS = {"chmod", "executemany", "fsync", "mkdir", "replace", "rmdir", "symlink", "unlink"}
"""Calls that change the disk or the DuckDB file."""
BETWEEN_STORES = {"adbc_ingest", "commit", "replace", "symlink"}
"""Each COPY and commit of PostgreSQL's driver, and what makes a version or the pointer appear."""


def killed_at(step: int, action: Callable[[], object], steps: Set[str] = STEPS) -> bool:
    """Runs `action` in a child that kills itself before its step-th change; False: it ended."""
    pid = os.fork()
    if pid == 0:
        left = step

        def count(frame: FrameType, event: str, function: Any) -> None:
            nonlocal left
            is_text = isinstance(getattr(function, "__self__", None), str)  # str.replace
            is_step = event == "c_call" and function.__name__ in steps and not is_text
            code = frame.f_code
            is_sent = event == "call" and code.co_name in steps
            if is_step or (is_sent and "adbc" in code.co_filename):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(count)
        exit_code = 1
        try:
            action()
            exit_code = 0
        finally:
            os._exit(exit_code)
    status = os.waitpid(pid, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status != 0
