"""The product as its user runs it: the command `kam` in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kam_kpi import PROJECT
from kam_kpi.home import Home
from kam_kpi.warehouse.lock import writer_lock

KAM = Path(sys.executable).with_name("kam")


@dataclass(frozen=True)
class Kam:
    """The command line of one deployment."""

    home: Path
    config: Path

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Runs `kam ARGUMENTS`, expects the exit code, gives what it printed."""
        environment = {
            **os.environ,
            "KAM_HOME": str(self.home),
            "KAM_CONFIG": str(self.config),
            "KAM_LANG": "en",
            "COLUMNS": "100",
        }
        done = subprocess.run(
            [str(KAM), *arguments], capture_output=True, text=True, env=environment, check=False
        )
        printed = done.stdout + done.stderr
        assert done.returncode == code, printed
        return printed

    @property
    def published(self) -> Path:
        """The database that BI reads."""
        return self.home / "serving" / "current" / "kam.duckdb"

    @property
    def finance(self) -> Path:
        """The bonuses beside it."""
        return self.published.with_name("finance.duckdb")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the published database."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="session")
def kam_at(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Kam]:
    """Makes the command line of a configuration with a KAM_HOME of its own."""

    def make(config: Path) -> Kam:
        return Kam(tmp_path_factory.mktemp("home"), config)

    return make


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Kam:
    """The demo company after its first `kam run`: one for all test processes, only to be read."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    root = tmp_path_factory.getbasetemp().parent / f"demo-{session}"
    root.mkdir(exist_ok=True)
    kam = Kam(root / "home", PROJECT / "config")
    with writer_lock(Home(root), "the first run of the demo"):
        if not (root / "ready").exists():
            kam("demo", "init")
            kam("run")
            (root / "ready").touch()
    return kam
