"""The environment of a deployment's own Airflow: SQLite metadata under KAM_HOME, no phoning home.

Airflow reads its environment once, when it is first imported: call `prepare` before that.
"""

import json
import os
import secrets
import sys
from base64 import urlsafe_b64encode
from importlib.metadata import version
from pathlib import Path

from kam_kpi import PROJECT
from kam_kpi.errors import KamError
from kam_kpi.home import Home, config_dir

WRITER_POOL = "warehouse_writer"
"""The pool of one slot that holds every task which writes the build file."""

TELEMETRY_OFF = {
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "False",
    "RUNTIME__DLTHUB_TELEMETRY": "False",
    "SCARF_ANALYTICS": "false",
}
"""Payroll data does not phone home: every library's own switch."""


def variables(home: Home) -> dict[str, str]:
    """Environment variables of the deployment's Airflow; makes its secrets at the first call."""
    keys = _keys(home)
    port = os.environ.get("AIRFLOW__API__PORT", "8080")
    return {
        **TELEMETRY_OFF,
        "KAM_HOME": str(home.root),
        "KAM_CONFIG": str(config_dir()),
        "AIRFLOW_HOME": str(home.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet_key"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_database(home)}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.logs / "airflow"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
            home.logs / "airflow" / "dag_processor"
        ),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        # Tasks of a scheduler report to the API server here, whichever port it was given.
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__SECRET_KEY": keys["api_secret_key"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt_secret"],
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
    }


def prepare(home: Home) -> None:
    """Puts the environment in force and brings the metadata database up to date.

    Quick when there is nothing to do. Killed anywhere, it is simply called again.

    Raises:
        KamError: Airflow already runs in this process for another home.
    """
    wanted = variables(home)
    loaded = "airflow" in sys.modules
    if loaded and os.environ.get("AIRFLOW_HOME") != wanted["AIRFLOW_HOME"]:
        raise KamError("orchestration.other_home", where=os.environ.get("AIRFLOW_HOME", ""))
    os.environ.update(wanted)
    if _done(home) != version("apache-airflow"):
        _migrate(home)


def _migrate(home: Home) -> None:
    if _done(home) is None:
        # A first migration that was killed leaves a database that Airflow takes for an old one.
        _database(home).unlink(missing_ok=True)
    from airflow.models.pool import Pool
    from airflow.utils.db import upgradedb

    upgradedb()
    Pool.create_or_update_pool(WRITER_POOL, 1, "One writer of the build file", False)
    _database(home).chmod(0o600)
    _write_private(_marker(home), version("apache-airflow"))


def _keys(home: Home) -> dict[str, str]:
    path = home.airflow / "secrets.json"
    if not path.exists():
        home.airflow.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = {
            "fernet_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "api_secret_key": secrets.token_urlsafe(48),
            "jwt_secret": secrets.token_urlsafe(48),
        }
        _write_private(path, json.dumps(made), keep=True)
    keys: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return keys


def _write_private(path: Path, content: str, keep: bool = False) -> None:
    """Writes a whole file of mode 0600 or none; `keep` leaves one that came first."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    if keep and path.exists():
        temporary.unlink()
    else:
        temporary.replace(path)


def _database(home: Home) -> Path:
    return home.airflow / "airflow.db"


def _marker(home: Home) -> Path:
    return home.airflow / "migrated_to"


def _done(home: Home) -> str | None:
    """The Airflow version that the database was completely migrated to."""
    try:
        return _marker(home).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
