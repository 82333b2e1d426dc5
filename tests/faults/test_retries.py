"""Airflow tries again what may mend itself, and nothing that a person must mend."""

from pathlib import Path

from tests.dags.small_home import run_script, write_config

SCRIPT = """
import json
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.orchestration.environment import prepare
from kam_kpi.sources.connections import Connection
from kam_kpi.sources.database_faults import source_fault
prepare(Home.current())
from airflow.dag_processing.dagbag import DagBag
policy = DagBag().dags["extract_crm"].get_task("land_files").retry_policy
place = Connection("erp", "postgres")
faults = [source_fault(Exception(text), place) for text in (
    "could not connect to server", 'password authentication failed for user "kam"')]
print(json.dumps([policy.evaluate(fault, 1, 2).action.value for fault in (*faults, OSError())]))
"""


def test_a_server_that_is_away_is_tried_again_and_a_wrong_password_is_not(tmp_path: Path) -> None:
    home, config = tmp_path / "home", tmp_path / "config"
    home.mkdir()
    write_config(config, {"crm": {}})
    assert run_script(SCRIPT, home, config) == ["retry", "fail", "default"]
