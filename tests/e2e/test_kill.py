"""`kam run` killed after every stage and at random moments: it is simply run again.

Two copies of the demo company get the same new day. The runs of one are killed again and again;
the other is never disturbed. Both must end with the same tables and the same loads, and whoever
reads meanwhile sees the old version or the new one, whole.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kam_kpi import PROJECT
from kam_kpi.home import Home
from kam_kpi.serving.hashes import table_hashes
from kam_kpi.serving.query import connect
from tests.e2e.conftest import KAM, Kam

FIGURES = """
    select
        (select max(as_of_date) from quality.dim_published_version),
        (select count(*) from core.fct_invoice_line),
        (select count(*) from kpi.fct_kpi_evidence),
        (select sum(value) from kpi.fct_kam_kpi
            where kpi_code = 'revenue' and "window" = 'month')
"""
"""Figures of several tables: a mixture of two versions would give a third row."""


@dataclass(frozen=True)
class Kill:
    """SIGKILL `delay` seconds after `kam run` showed the end of a step."""

    step: str
    delay: float = 0


def at_random(dice: random.Random, *steps: str) -> Kill:
    return Kill(dice.choice(steps), dice.uniform(0, 3))


DICE = random.Random(20261101)
KILLS = [
    at_random(DICE, "airflow · start", "demo_billing · land what is new"),
    Kill("demo_billing · land what is new"),
    Kill("demo_crm · validate load"),
    Kill("demo_crm · accept load"),
    Kill("build_warehouse · conform"),
    Kill("build_warehouse · validate conformed"),
    at_random(DICE, "build_warehouse · conform", "build_warehouse · validate conformed"),
    Kill("build_warehouse · build marts"),
    Kill("build_warehouse · validate marts"),
    Kill("build_warehouse · publish marts"),
]


def run_and_kill(kam: Kam, kill: Kill) -> None:
    environment = {
        **os.environ,
        "KAM_HOME": str(kam.home),
        "KAM_CONFIG": str(kam.config),
        "KAM_LANG": "en",
    }
    with subprocess.Popen(
        [str(KAM), "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        shown = []
        for line in process.stdout:
            shown.append(line)
            if kill.step in line:
                break
        if kill.delay:
            with suppress(subprocess.TimeoutExpired):
                process.wait(kill.delay)
        os.killpg(process.pid, signal.SIGKILL)
    assert kill.step in shown[-1], "".join(shown)
    assert process.returncode == -signal.SIGKILL


@contextmanager
def watched(kam: Kam) -> Iterator[set[tuple[Any, ...]]]:
    """Reads all the time; gives the set of everything seen."""
    seen: set[tuple[Any, ...]] = set()
    is_over = threading.Event()

    def read() -> None:
        while True:
            with connect(Home(kam.home)) as connection:
                seen.update(connection.execute(FIGURES).fetchall())
            if is_over.wait(0.25):
                return

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        try:
            yield seen
        finally:
            is_over.set()
        reader.result()


def loads(kam: Kam) -> list[tuple[str, ...]]:
    """What each load is of; ids of a database's loads have the moment of reading in them."""
    names = ("source", "feed", "scope", "covers_to", "sha256", "state", "rows_landed")
    records = [json.loads(path.read_text()) for path in kam.home.glob("lake/_loads/*.json")]
    return sorted(tuple(str(record[name]) for name in names) for record in records)


def test_a_killed_run_is_simply_run_again(demo: Kam, kam_at: Callable[[Path], Kam]) -> None:
    undisturbed, killed = kam_at(PROJECT / "config"), kam_at(PROJECT / "config")
    for kam in (undisturbed, killed):
        shutil.copytree(demo.home, kam.home, dirs_exist_ok=True, symlinks=True)
        kam("demo", "advance", "--days", "1")
    with ThreadPoolExecutor(1) as pool, watched(killed) as seen:
        reference = pool.submit(undisturbed, "run")
        for kill in KILLS:
            run_and_kill(killed, kill)
        killed("run")
        reference.result()

    before, after = demo.rows(FIGURES), undisturbed.rows(FIGURES)
    assert before != after
    assert seen == {*before, *after}
    assert table_hashes(killed.published) == table_hashes(undisturbed.published)
    assert loads(killed) == loads(undisturbed)
    assert killed.rows("select count(*) from quality.dim_published_version") == [(2,)]
