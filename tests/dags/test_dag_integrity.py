from pathlib import Path
from typing import Any

import pytest

from kam_kpi import PROJECT
from kam_kpi.texts import catalogue
from tests.dags.small_home import run_script

DESCRIBE = """
import json
from kam_kpi.home import Home
from kam_kpi.orchestration.environment import prepare
prepare(Home.current())
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
print()
print(json.dumps({
    "errors": bag.import_errors,
    "dags": {
        dag.dag_id: {
            "order": [task.task_id for task in dag.topological_sort()],
            "upstream": {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks},
            "outlets": {
                task.task_id: [(asset.name, asset.uri) for asset in task.outlets]
                for task in dag.tasks
            },
            "pools": sorted({task.pool for task in dag.tasks}),
            "retries": sorted({task.retries for task in dag.tasks}),
            "timetable": type(dag.timetable).__name__,
            "schedule": str(getattr(dag.timetable, "expression", "")),
            "zone": str(getattr(dag.timetable, "timezone", "")),
            "assets": sorted(
                asset.uri
                for asset in getattr(getattr(dag.timetable, "asset_condition", None), "objects", ())
            ),
            "condition": type(getattr(dag.timetable, "asset_condition", None)).__name__,
            "max_active_runs": dag.max_active_runs,
            "catchup": dag.catchup,
            "doc": dag.doc_md,
            "tags": sorted(dag.tags),
        }
        for dag in bag.dags.values()
    },
}))
"""
EXTRACT = ["land_files", "validate_load", "accept_load"]
BUILD = ["conform", "validate_conformed", "build_marts", "validate_marts", "publish_marts"]


@pytest.fixture(scope="module")
def dags(two_sources: tuple[Path, Path]) -> dict[str, Any]:
    described = run_script(DESCRIBE, *two_sources)
    assert described["errors"] == {}
    found: dict[str, Any] = described["dags"]
    return found


def test_there_is_one_extract_dag_per_configured_source(dags: dict[str, Any]) -> None:
    assert sorted(dags) == ["build_warehouse", "extract_crm", "extract_shop"]


def test_tasks_run_in_the_documented_order(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        expected = BUILD if dag_id == "build_warehouse" else EXTRACT
        assert dag["order"] == expected
        befores = zip(expected, [[], *([task] for task in expected)], strict=False)
        assert dag["upstream"] == dict(befores)


def test_only_accepting_updates_the_asset_of_the_sources_domain(dags: dict[str, Any]) -> None:
    assert dags["extract_crm"]["outlets"] == {
        "land_files": [],
        "validate_load": [],
        "accept_load": [["crm", "kam://crm/"]],
    }
    assert dags["extract_shop"]["outlets"]["accept_load"] == [["billing", "kam://billing/"]]


def test_any_domain_starts_the_build(dags: dict[str, Any]) -> None:
    build = dags["build_warehouse"]
    assert build["condition"] == "AssetAny"
    assert build["assets"] == [
        f"kam://{domain}/" for domain in ("billing", "crm", "finance", "hr", "receivables")
    ]


def test_builds_never_overlap(dags: dict[str, Any]) -> None:
    assert dags["build_warehouse"]["max_active_runs"] == 1
    assert dags["build_warehouse"]["pools"] == ["warehouse_writer"]


def test_a_source_is_scheduled_in_the_companys_time_zone_or_not_at_all(
    dags: dict[str, Any],
) -> None:
    assert dags["extract_crm"]["timetable"] == "CronTriggerTimetable"
    assert dags["extract_crm"]["schedule"] == "30 6 * * *"
    assert dags["extract_crm"]["zone"] == "Europe/Moscow"
    assert dags["extract_shop"]["timetable"] == "NullTimetable"


def test_every_dag_says_what_when_and_what_on_failure(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for heading in ("**What**", "**When**", "**On failure**"):
            assert heading in dag["doc"]
        assert dag["tags"]
        assert dag["retries"] == [2]
        assert not dag["catchup"]


def test_dag_files_are_short_and_import_only_the_task_sdk() -> None:
    for path in (PROJECT / "dags").glob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 150
        imports = [line.strip() for line in lines if line.strip().startswith(("from ", "import "))]
        airflow = [line for line in imports if "airflow" in line]
        assert airflow
        assert all(line.startswith("from airflow.sdk") for line in airflow)


def test_every_step_has_a_name_in_both_languages() -> None:
    texts = catalogue("orchestration")
    for step in ("start", *EXTRACT, *BUILD):
        assert set(texts[step]) == {"en", "ru"}
