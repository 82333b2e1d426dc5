"""docker-compose.yml is checked as far as is possible without a Docker engine."""

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kam_kpi import PROJECT
from kam_kpi.orchestration.environment import TELEMETRY_OFF, WRITER_POOL

MAKE_ENV = PROJECT / "deploy" / "make_env.py"
TEXT = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(TEXT)["services"]
    return found


def make_env(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(MAKE_ENV), "--output", str(folder / ".env")]
    return subprocess.run(
        [*command, "--home", str(folder / "home")], capture_output=True, text=True
    )


def settings(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    return dict(line.split("=", maxsplit=1) for line in lines)


def test_every_port_is_bound_to_this_machine(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_images_are_pinned(services: dict[str, Any]) -> None:
    base = (PROJECT / "deploy/Dockerfile").read_text().split("FROM ")[1].split()[0]
    for image in (*(service["image"] for service in services.values()), base):
        assert re.search(r":\d+\.\d+", image), image
    locked = re.search(r"^apache-airflow==(\S+)", (PROJECT / "requirements.lock").read_text(), re.M)
    assert locked is not None
    assert services["scheduler"]["image"].endswith(f":{locked[1]}")


def test_everything_that_keeps_running_reports_its_health(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"init"}
    assert set(services) == {
        "postgres",
        "redis",
        "init",
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
        "worker",
    }


def test_airflow_waits_for_its_database_and_its_migration(services: dict[str, Any]) -> None:
    for name in ("api-server", "scheduler", "dag-processor", "triggerer", "worker"):
        assert services[name]["depends_on"] == {
            "init": {"condition": "service_completed_successfully"},
            "postgres": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
        }
        assert services[name]["cap_drop"] == ["ALL"]


def test_no_secret_has_a_value_or_a_default(services: dict[str, Any]) -> None:
    for service in services.values():
        for name, value in service["environment"].items():
            if re.search("PASSWORD$|SECRET|KEY$|CONN|BROKER|BACKEND", name):
                assert re.search(r"\$\{\w+:\?", value), name
    assert not re.search(r"\$\{\w+(:?-|\})", TEXT)


def test_nothing_phones_home(services: dict[str, Any]) -> None:
    for name in ("scheduler", "init", "api-server", "dag-processor", "triggerer", "worker"):
        environment = services[name]["environment"]
        assert {key: environment[key] for key in TELEMETRY_OFF} == TELEMETRY_OFF


def test_the_writer_pool_is_made_before_anything_runs(services: dict[str, Any]) -> None:
    assert f"airflow pools set {WRITER_POOL} 1 " in services["init"]["command"][0]


def test_the_generator_writes_all_that_compose_asks_for_once(tmp_path: Path) -> None:
    assert make_env(tmp_path).returncode == 0
    path = tmp_path / ".env"
    written = settings(path)
    assert set(written) == set(re.findall(r"\$\{(\w+):\?", TEXT))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets = [
        value for name, value in written.items() if name not in ("KAM_HOME_DIR", "AIRFLOW_UID")
    ]
    assert len(set(secrets)) == len(secrets) == 9
    assert all(len(value) >= 43 for value in secrets)
    refused = make_env(tmp_path)
    assert refused.returncode == 1
    assert "stays as it is" in refused.stderr
    assert settings(path) == written


def test_two_deployments_share_no_secret(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        make_env(tmp_path / name)
        found.append(settings(tmp_path / name / ".env"))
    for name in set(found[0]) - {"AIRFLOW_UID"}:
        assert found[0][name] != found[1][name]
