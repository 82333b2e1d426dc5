"""One writer: whoever writes the build file or publishes from it holds `KAM_HOME/.writer.lock`.

The lock is an `flock` on the file, so the operating system releases it when its process dies,
however it dies. The file's content (pid and run) only serves messages.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kam_kpi.errors import KamError
from kam_kpi.home import Home

TIMEOUT = 600.0
"""Seconds a writer waits for another one before it gives up."""
_POLL = 0.1


@dataclass(frozen=True)
class Holder:
    """Who holds the lock, as far as the file tells."""

    pid: int
    run_id: str


@dataclass
class _Held:
    descriptor: int
    run_id: str
    depth: int


_held: dict[Path, _Held] = {}


@contextmanager
def writer_lock(home: Home, run_id: str, timeout: float = TIMEOUT) -> Iterator[None]:
    """Hold the writer lock of `home` for `run_id`.

    Reentrant for the same run in the same process and in its forked children, so that
    `kam run` can hold it around tasks which take it themselves.

    Args:
        home: the deployment's state.
        run_id: written into the lock file for others to read.
        timeout: seconds to wait for another holder; 0 tries once.

    Raises:
        KamError: another writer still holds it after `timeout`; names its pid and run.
    """
    path = home.writer_lock
    held = _held.get(path)
    if held is None or held.run_id != run_id:
        held = _Held(_acquire(path, run_id, timeout), run_id, 0)
        _held[path] = held
    held.depth += 1
    try:
        yield
    finally:
        held.depth -= 1
        if held.depth == 0:
            del _held[path]
            os.close(held.descriptor)


def lock_holder(home: Home) -> Holder | None:
    """The process that holds the writer lock now, or None when it is free."""
    try:
        descriptor = os.open(home.writer_lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _try(descriptor, fcntl.LOCK_SH):
            return None
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _acquire(path: Path, run_id: str, timeout: float) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    deadline = time.monotonic() + timeout
    try:
        while not _try(descriptor, fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                holder = _read(descriptor)
                raise KamError(
                    "serving.writer_busy",
                    where=str(path),
                    pid=holder.pid or "?",
                    run_id=holder.run_id or "?",
                    seconds=f"{timeout:g}",
                )
            time.sleep(_POLL)
        content = f"{os.getpid()} {run_id}\n".encode()
        os.pwrite(descriptor, content, 0)
        os.ftruncate(descriptor, len(content))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _try(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> Holder:
    pid, _, run_id = os.pread(descriptor, 4096, 0).decode(errors="replace").strip().partition(" ")
    return Holder(int(pid) if pid.isdigit() else 0, run_id)
