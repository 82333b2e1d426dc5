"""A real scheduler: files arrive, and assets drive extract → build → publish."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.dags.small_home import write_config
from tests.e2e.conftest import Kam

PATIENCE = 240
"""Seconds after which what was waited for is not coming; it takes a minute on two quiet cores."""
PUBLISHED = """select string_agg(source || ' ' || name, ', ' order by source, name)
    from core.dim_account where account_key <> 'UNMATCHED'"""


@pytest.fixture(scope="module")
def scheduled(kam_at: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kam]:
    """Two sources of two domains, delivered before `airflow standalone` starts."""
    root = tmp_path_factory.mktemp("scheduled")
    every_minute = {"schedule": "* * * * *"}
    write_config(
        root / "config", {"crm": every_minute, "shop": {**every_minute, "domain": "billing"}}
    )
    kam: Kam = kam_at(root / "config")
    drop(kam, "crm", "2026-10-01", "id,name\na,Alpha\n")
    drop(kam, "shop", "2026-10-01", "id,name\nb,Beta\n")
    with (root / "airflow.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "kam_kpi.orchestration", "standalone"],
            env=environment(kam), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield kam
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


def environment(kam: Kam) -> dict[str, str]:
    def free_port() -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return str(probe.getsockname()[1])

    return {
        **os.environ,
        "KAM_HOME": str(kam.home),
        "KAM_CONFIG": str(kam.config),
        "AIRFLOW__API__PORT": free_port(),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": free_port(),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": free_port(),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": free_port(),
    }


def drop(kam: Kam, source: str, day: str, content: str) -> None:
    """Delivers a file as a careful sender does: whole under its final name."""
    folder = kam.home / "inbox" / source
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".part").write_text(content)
    (folder / ".part").rename(folder / f"accounts_{day}.csv")


def wait_for_accounts(kam: Kam, expected: str) -> None:
    """Until the published version has these accounts."""
    found = None
    for _ in range(PATIENCE):
        if kam.published.exists():
            [(found,)] = kam.rows(PUBLISHED)
            if found == expected:
                return
        time.sleep(1)
    pytest.fail(f"published after {PATIENCE} s: {found}, not {expected}\n{story(kam)}")


def story(kam: Kam) -> str:
    """What Airflow did, and the end of the log of each task that failed."""
    lines = [str(run) for run in runs(kam)]
    for log in sorted((kam.home / "logs" / "airflow").rglob("attempt=*.log")):
        text = log.read_text(errors="replace")
        if '"level":"error"' in text:
            lines += [str(log.relative_to(kam.home)), text[-3000:]]
    return "\n".join(lines)


def runs(kam: Kam) -> list[tuple[str, str, str]]:
    """DAG, what started it and its state, of every DAG run, oldest first."""
    database = kam.home / "airflow" / "airflow.db"
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(
            "select dag_id, run_type, state from dag_run order by queued_at"
        ).fetchall()


def test_files_of_two_sources_reach_bi_and_a_bad_one_stops_only_itself(scheduled: Kam) -> None:
    wait_for_accounts(scheduled, "crm Alpha, shop Beta")
    assert {kind for dag, kind, _ in runs(scheduled) if dag.startswith("extract_")} == {"scheduled"}
    assert {kind for dag, kind, _ in runs(scheduled) if dag == "build_warehouse"} == {
        "asset_triggered"
    }

    drop(scheduled, "shop", "2026-10-02", "identity,name\nb,Beta renamed\n")
    drop(scheduled, "crm", "2026-10-02", "id,name\na,Alpha\nc,Gamma\n")
    wait_for_accounts(scheduled, "crm Alpha, crm Gamma, shop Beta")
    printed = scheduled("quarantine", "list")
    assert "accounts_2026-10-02.csv" in printed and "shop" in printed
    assert {state for _, _, state in runs(scheduled)} <= {"success", "running", "queued"}, story(
        scheduled
    )
