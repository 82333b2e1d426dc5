"""What `kam run` says at its end. The runner itself is tested with the DAGs and end to end."""

from pathlib import Path
from typing import Any

import pytest

from kam_kpi.errors import KamError
from kam_kpi.orchestration import runner
from kam_kpi.orchestration.events import RunResult, TaskFault
from tests.cli.conftest import Kam


def ended(home: Path, **changes: Any) -> RunResult:
    logs = home / "logs"
    logs.mkdir(exist_ok=True)
    usual: dict[str, Any] = {
        "run_id": "r1",
        "outcome": "published",
        "version": 1,
        "accepted": ("L1", "L2"),
        "quarantined": (),
        "faults": (),
        "seconds": 12.4,
        "logs": logs,
    }
    return RunResult(**usual | changes)


@pytest.fixture
def run(published: Kam, published_home: Path, monkeypatch: pytest.MonkeyPatch) -> Kam:
    """Calls `kam run` with a runner that ends as `changes` say."""

    def call(*words: str, code: int = 0, **changes: Any) -> Any:
        given: dict[str, Any] = {}

        def fake(home: Any, as_of: Any, on_event: Any, *, force: bool = False) -> RunResult:
            given.update(home=home.root, as_of=as_of, force=force)
            return ended(published_home, **changes)

        monkeypatch.setattr(runner, "run", fake)
        result = published("run", *words, code=code)
        assert given["home"] == published_home
        return result, given

    return call


def test_it_ends_with_the_last_full_month_and_the_places(run: Kam, published_home: Path) -> None:
    result, given = run()
    assert given == {"home": published_home, "as_of": None, "force": False}
    lines = [line for line in result.stdout.splitlines() if line]
    assert lines[0] == "Published version 1: 2 new loads, 12 s"
    assert lines[1].strip() == "KAMs in 2026-10, amounts in RUB"
    assert lines[-2] == f"Database  {published_home}/serving/current/kam.duckdb"
    assert lines[-1] == f"Logs      {published_home}/logs"


def test_options_reach_the_runner(run: Kam) -> None:
    _, given = run("--as-of", "2026-09-30", "--force")
    assert (given["as_of"], given["force"]) == ("2026-09-30", True)


def test_nothing_new_is_well(run: Kam) -> None:
    result, _ = run(outcome="nothing_new", accepted=())
    assert "Nothing new: version 1 is up to date" in result.stdout
    assert "Company" in result.stdout


def test_a_load_quarantined_in_this_run_is_three(run: Kam) -> None:
    run(quarantined=("L3",), code=3)


def test_a_failed_source_is_named_and_the_rest_is_shown(run: Kam, published_home: Path) -> None:
    fault = TaskFault(
        "extract_crm",
        "land_files",
        str(KamError("serving.no_build", where="x.csv")),
        published_home / "logs/x.log",
    )
    result, _ = run(faults=(fault,), quarantined=("L3",), code=1)
    assert "Failed: extract_crm, land what is new" in result.stdout
    assert "where: x.csv" in result.stdout
    assert f"log: {published_home}/logs/x.log" in result.stdout
    assert "Company" in result.stdout


def test_before_anything_was_published(
    kam: Kam, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = ended(home, outcome="failed", version=None, faults=(_fault(home),))
    monkeypatch.setattr(runner, "run", lambda *_, **__: failed)
    output = kam("run", code=1).stdout
    assert "Nothing was published" in output
    assert "Database" not in output


def _fault(home: Path) -> TaskFault:
    return TaskFault("build_warehouse", "conform", "it broke", home / "logs/x.log")


def test_a_month_that_has_not_ended_is_not_shown(
    kam: Kam, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cli.kpi_build import publish_kpis

    publish_kpis(home, month="2026-11-01")
    monkeypatch.setattr(runner, "run", lambda *_, **__: ended(home))
    assert "There are no KPIs of a full month yet." in kam("run").stdout


def test_a_stopped_run_is_130(run: Kam, kam: Kam, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", stopped)
    kam("run", code=130)
