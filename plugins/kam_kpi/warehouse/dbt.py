"""Runs dbt in process on the build file."""

import os
from pathlib import Path
from typing import Any

from kam_kpi import PROJECT
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.warehouse.inputs import dbt_version

DBT_PROJECT = PROJECT / "dbt_project"
_manifests: dict[str, Any] = {}


def _arguments(home: Home, command: list[str]) -> list[str]:
    return [
        *command,
        "--project-dir", str(DBT_PROJECT),
        "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(home.root / "dbt" / "target"),
        "--log-path", str(home.logs / "dbt"),
        "--no-use-colors",
        "--log-level", "none",
        "--log-level-file", "info",
    ]  # fmt: skip


def _reason(message: str) -> str:
    return " ".join(message.split("> in macro")[0].split())


def _failures(result: Any) -> list[str]:
    if result.exception:
        return [str(result.exception)]
    return [
        f"{node.node.name}: {_reason(str(node.message))}"
        for node in getattr(result.result, "results", [])
        if str(node.status) in ("error", "fail", "runtime error")
    ]


def _stopped(home: Home, result: Any) -> KamError:
    log = home.logs / "dbt" / "dbt.log"
    failures = "\n    ".join(_failures(result))
    return KamError("warehouse.dbt_failed", where=str(log), failures=failures)


def _manifest(home: Home) -> Any:
    """The parsed project, once per process: parsing takes longer than most stages."""
    from dbt.cli.main import dbtRunner

    version = dbt_version()
    if version not in _manifests:
        result = dbtRunner().invoke(_arguments(home, ["parse"]))
        if not result.success:
            raise _stopped(home, result)
        _manifests[version] = result.result
    return _manifests[version].deepcopy()  # a run leaves its compiled ephemeral models in it


def run_dbt(home: Home, command: list[str], build_file: Path | None = None) -> None:
    """Runs one dbt command on the build file and closes it again.

    Args:
        home: the deployment's state.
        command: e.g. `["build", "--select", "tag:marts"]`.
        build_file: another file than the deployment's own, of the same name.

    Raises:
        KamError: names each model or test that failed, with the engine's message.
    """
    os.environ["KAM_BUILD_FILE"] = str(build_file or home.build_file)
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    try:
        result = dbtRunner(manifest=_manifest(home)).invoke(_arguments(home, command))
    finally:
        DuckDBConnectionManager.close_all_connections()
    if not result.success:
        raise _stopped(home, result)
