"""The embedded runner with the real DAGs and the real functions behind them."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kam_kpi.home import Home
from kam_kpi.warehouse.lock import writer_lock
from tests.dags.small_home import run_script, write_config

STEP = """
import json
from dataclasses import asdict
from kam_kpi.home import Home
from kam_kpi.orchestration.runner import run

def step(**options):
    events = []
    result = run(Home.current(), None, events.append, **options)
    return {
        "result": json.loads(json.dumps(asdict(result), default=str)),
        "events": [(event.dag_id, event.task_id, event.state) for event in events],
        "seconds": [event.seconds for event in events],
    }
"""
TWO_RUNS = (
    STEP
    + """
home = Home.current().root
first = step()
(home / "inbox/shop").mkdir()
(home / "inbox/shop/accounts_2024-01-31.csv").write_text("id,name\\n7,C\\n")
(home / "lake/raw/shop/accounts").write_text("in the way")
print(json.dumps([first, step()]))
"""
)
ONE_RUN = STEP + "print(json.dumps(step()))"
LOCKED = (
    STEP
    + """
from kam_kpi.errors import KamError
try:
    step()
except KamError as error:
    print(json.dumps([error.key, str(error)]))
"""
)
SIGNALLED = (
    STEP
    + """
import os, signal, sys

def strike(event):
    if (event.task_id, event.state) == ("validate_load", "running"):
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))

try:
    run(Home.current(), None, strike)
except KeyboardInterrupt:
    print(json.dumps("interrupted"))
"""
)
BUILD = ["conform", "validate_conformed", "build_marts", "validate_marts", "publish_marts"]


def deliver(home: Path) -> None:
    (home / "inbox/crm").mkdir(parents=True)
    (home / "inbox/crm/accounts_2024-01-31.csv").write_text("id,name\n1,A\n2,B\n")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Three runs: `shop` delivers no folder at first, then something unforeseen stops it."""
    root = tmp_path_factory.mktemp("three_runs")
    write_config(root / "config", {"crm": {}, "shop": {"domain": "billing"}})
    deliver(root / "home")
    found: list[dict[str, Any]] = run_script(TWO_RUNS, root / "home", root / "config")
    company = root / "config/company.yml"
    company.write_text(company.read_text().replace("Test", "Renamed"))
    return [*found, run_script(ONE_RUN, root / "home", root / "config")]


def test_tasks_run_in_declared_order_and_a_failed_source_stops_nothing_else(
    runs: list[dict[str, Any]],
) -> None:
    ended = [event for event in runs[0]["events"] if event[2] != "running"]
    assert ended == [
        ["airflow", "start", "success"],
        *(["extract_crm", t, "success"] for t in ("land_files", "validate_load", "accept_load")),
        ["extract_shop", "land_files", "failed"],
        ["extract_shop", "validate_load", "upstream_failed"],
        ["extract_shop", "accept_load", "upstream_failed"],
        *(["build_warehouse", task, "success"] for task in BUILD),
    ]
    result = runs[0]["result"]
    assert (result["outcome"], result["version"]) == ("published", 1)
    assert len(result["accepted"]) == 1


def test_a_fault_is_told_in_the_users_words_with_the_log_beside_it(
    runs: list[dict[str, Any]],
) -> None:
    fault = runs[0]["result"]["faults"][0]
    assert (fault["dag_id"], fault["task_id"]) == ("extract_shop", "land_files")
    assert "inbox/shop" in fault["message"]
    assert "Traceback" not in fault["message"]
    log = Path(fault["log"])
    assert log.name == "extract_shop.land_files.log"
    assert "Traceback" in log.read_text()
    assert log.parent == Path(runs[0]["result"]["logs"])


def test_a_run_with_nothing_new_builds_nothing(runs: list[dict[str, Any]]) -> None:
    result = runs[1]["result"]
    assert (result["outcome"], result["version"]) == ("nothing_new", 1)
    assert result["accepted"] == []
    assert ["extract_crm", "accept_load", "skipped"] in runs[1]["events"]
    assert not [event for event in runs[1]["events"] if event[0] == "build_warehouse"]


def test_an_unforeseen_error_names_its_log(runs: list[dict[str, Any]]) -> None:
    fault = runs[1]["result"]["faults"][0]
    assert fault["dag_id"] == "extract_shop"
    assert fault["log"] in fault["message"]
    assert "Traceback" in Path(fault["log"]).read_text()


def test_a_changed_configuration_is_built_without_new_loads(runs: list[dict[str, Any]]) -> None:
    result = runs[2]["result"]
    assert result["accepted"] == []
    assert (result["outcome"], result["version"]) == ("published", 2)


def test_a_second_run_is_refused_at_once_and_told_who_runs(tmp_path: Path) -> None:
    write_config(tmp_path / "config", {"crm": {}})
    deliver(tmp_path / "home")
    with writer_lock(Home(tmp_path / "home"), "the-first"):
        key, message = run_script(LOCKED, tmp_path / "home", tmp_path / "config")
    assert key == "serving.writer_busy"
    assert str(os.getpid()) in message
    assert "the-first" in message
    assert not (tmp_path / "home/airflow").exists()


def test_signals_stop_the_run_and_leave_nothing_running(tmp_path: Path) -> None:
    # Airflow installs a SIGTERM handler that does nothing for a task in this process.
    write_config(tmp_path / "config", {"crm": {}})
    deliver(tmp_path / "home")
    environment = {
        **os.environ,
        "KAM_HOME": str(tmp_path / "home"),
        "KAM_CONFIG": str(tmp_path / "config"),
    }

    def struck_by(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", SIGNALLED, name]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def states() -> list[str]:
        with sqlite3.connect(tmp_path / "home/airflow/airflow.db") as metadata:
            return [row[0] for row in metadata.execute("select state from dag_run order by id")]

    assert struck_by("SIGTERM").returncode == -signal.SIGTERM
    assert states() == ["running"]
    interrupted = struck_by("SIGINT")
    assert interrupted.stdout == '"interrupted"\n', interrupted.stderr
    assert states() == ["failed", "failed"]
