"""One writer, across processes, released by whatever ends it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.warehouse.lock import Holder, lock_holder, writer_lock

HOLD = """
import sys, time
from kam_kpi.home import Home
from kam_kpi.warehouse.lock import writer_lock
with writer_lock(Home.current(), "other-run"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def hold() -> subprocess.Popen[str]:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    return other


def test_a_busy_lock_names_its_holder(home: Path) -> None:
    other = hold()
    message = rf"Process {other.pid} \(run other-run\) is writing the warehouse; waited 0.2 s"
    with pytest.raises(KamError, match=message), writer_lock(Home(home), "mine", timeout=0.2):
        pass
    assert lock_holder(Home(home)) == Holder(other.pid, "other-run")
    other.communicate("\n", timeout=10)
    assert lock_holder(Home(home)) is None


def test_the_lock_dies_with_its_holder(home: Path) -> None:
    other = hold()
    os.kill(other.pid, signal.SIGKILL)
    other.wait(timeout=10)
    with writer_lock(Home(home), "mine", timeout=0):
        assert lock_holder(Home(home)) == Holder(os.getpid(), "mine")
    other.communicate()


def test_it_waits_for_the_other_one(home: Path) -> None:
    other = hold()
    subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -9 {other.pid}"])
    begun = time.monotonic()
    with writer_lock(Home(home), "mine", timeout=20):
        assert time.monotonic() - begun >= 0.3
    other.communicate()


def test_a_run_may_hold_it_around_its_own_tasks(home: Path) -> None:
    with writer_lock(Home(home), "mine"):
        with writer_lock(Home(home), "mine", timeout=0):
            pass
        assert lock_holder(Home(home)) == Holder(os.getpid(), "mine")
        with pytest.raises(KamError, match="run mine"):
            writer_lock(Home(home), "another", timeout=0).__enter__()
    assert lock_holder(Home(home)) is None


def test_a_fault_inside_releases_it(home: Path) -> None:
    with pytest.raises(ValueError, match="inside"), writer_lock(Home(home), "mine"):
        raise ValueError("inside")
    assert lock_holder(Home(home)) is None


def test_a_free_lock_has_no_holder(home: Path) -> None:
    assert lock_holder(Home(home)) is None
