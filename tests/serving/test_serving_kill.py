"""A publisher killed at every step: readers see a whole version, the next try publishes once."""

from pathlib import Path
from typing import Any

import pytest

from kam_kpi.home import Home
from kam_kpi.serving import versions
from kam_kpi.serving.publish import publish
from kam_kpi.serving.query import connect
from kam_kpi.warehouse.lock import lock_holder
from tests.serving.killing import killed_at
from tests.serving.small_build import ready


def rows() -> list[tuple[Any, ...]]:
    with connect() as connection:
        return connection.execute("from core.fct_invoice_line").fetchall()


def published(run_id: str) -> int:
    with connect() as connection:
        return len(
            connection.execute(
                "from quality.dim_published_version where run_id = ?", [run_id]
            ).fetchall()
        )


@pytest.mark.parametrize("another_run_follows", [False, True])
def test_killed_at_every_step(home: Path, another_run_follows: bool) -> None:
    for number in range(5):
        ready(home, f"r{number}")
        publish(f"r{number}")
    before: list[tuple[Any, ...]] = []
    was_killed, step = True, 0
    while was_killed:
        run = f"killed {step}"
        ready(home, run, (run, 1, None))
        was_killed = killed_at(step, lambda run=run: publish(run))
        assert rows() in (before, [(run, 1, None)])
        assert lock_holder(Home(home)) is None
        if another_run_follows:
            run = f"after {step}"
            ready(home, run, (run, 2, None))
        number = publish(run)
        assert versions.current_version(Home(home)) == versions.versions(Home(home))[-1] == number
        assert len(versions.versions(Home(home))) == 5
        assert not list((home / "serving").rglob(".*"))
        assert published(run) == 1
        before = rows()
        assert [row[0] for row in before] == [run]
        step += 1
    assert step > 10
