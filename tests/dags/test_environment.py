import stat
from pathlib import Path

import pytest

from kam_kpi.home import Home
from kam_kpi.orchestration import environment
from tests.dags.small_home import run_script, write_config

SETTINGS = """
import json, sys
from kam_kpi.home import Home
from kam_kpi.orchestration.environment import prepare
prepare(Home.current())
is_quick = "airflow" not in sys.modules
from airflow.configuration import conf
from airflow.models.pool import Pool
pool = Pool.get_pool("warehouse_writer")
print()
print(json.dumps({
    "is_quick": is_quick,
    "conn": conf.get("database", "sql_alchemy_conn"),
    "dags": conf.get("core", "dags_folder"),
    "examples": conf.getboolean("core", "load_examples"),
    "logs": conf.get("logging", "base_log_folder"),
    "slots": pool.slots,
}))
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_library_is_told_not_to_phone_home(home: Path) -> None:
    found = environment.variables(Home(home))
    assert {key: found[key].lower() for key in environment.TELEMETRY_OFF} == {
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "SCARF_ANALYTICS": "false",
    }


def test_secrets_are_made_once_per_home_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = environment.variables(Home(tmp_path / "a"))
    again = environment.variables(Home(tmp_path / "a"))
    other = environment.variables(Home(tmp_path / "b"))
    for name in (
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
    ):
        assert first[name] == again[name] != other[name]
        assert len(first[name]) >= 43
    assert mode(tmp_path / "a/airflow/secrets.json") == 0o600
    assert mode(tmp_path / "a/airflow") == 0o700


def test_all_state_stays_under_home(home: Path) -> None:
    found = environment.variables(Home(home))
    for name in ("AIRFLOW_HOME", "AIRFLOW__LOGGING__BASE_LOG_FOLDER"):
        assert Path(found[name]).is_relative_to(home)
    assert found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{home}/airflow/airflow.db"
    assert found["AIRFLOW__API__HOST"] == "127.0.0.1"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("prepared")
    write_config(root / "config", {"crm": {}})
    # What a first migration leaves when it is killed: tables, but no mark that it ended.
    (root / "home/airflow").mkdir(parents=True)
    (root / "home/airflow/airflow.db").write_bytes(b"half a database")
    return root / "home", root / "config"


def test_a_killed_migration_is_begun_anew_and_a_finished_one_is_not_repeated(
    prepared: tuple[Path, Path],
) -> None:
    first = run_script(SETTINGS, *prepared)
    home = prepared[0]
    assert not first["is_quick"]
    assert first["slots"] == 1
    assert first["conn"] == f"sqlite:///{home}/airflow/airflow.db"
    assert first["dags"].endswith("/dags")
    assert first["examples"] is False
    assert first["logs"] == f"{home}/logs/airflow"
    assert mode(home / "airflow/airflow.db") == 0o600
    changed = (home / "airflow/airflow.db").stat().st_mtime_ns
    assert run_script(SETTINGS, *prepared) == {**first, "is_quick": True}
    assert (home / "airflow/airflow.db").stat().st_mtime_ns == changed


def test_one_process_serves_one_home(home: Path, tmp_path: Path) -> None:
    write_config(tmp_path / "config", {"crm": {}})
    refused = run_script(
        """
import json, os
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.orchestration.environment import prepare, variables
os.environ.update(variables(Home.current()))
import airflow
try:
    prepare(Home(Home.current().root / "other"))
    print(json.dumps("accepted"))
except KamError as error:
    print()
    print(json.dumps(error.key))
""",
        home,
        tmp_path / "config",
    )
    assert refused == "orchestration.other_home"
