import os
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from kam_kpi.commands import doctor_checks
from kam_kpi.commands.doctor_checks import Finding, examine
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake.landing import land
from kam_kpi.lake.registry import accept_loads
from kam_kpi.quality import selftest
from kam_kpi.warehouse.lock import writer_lock
from tests.cli.conftest import Kam
from tests.cli.kpi_build import publish_kpis
from tests.cli.test_cli_sources import GOOD, PRODUCTS
from tests.conftest import SmallDeployment


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The self-test of the gates has tests of its own and takes seconds."""
    monkeypatch.setattr(selftest, "prove_engine", lambda: None)


@pytest.fixture
def shop(deployment: SmallDeployment) -> SmallDeployment:
    deployment.write_source("shop", {"products": PRODUCTS})
    deployment.drop("shop", "products_2026-10-31.csv", GOOD)
    return deployment


def found(home: Path, check: str) -> Finding:
    [finding] = doctor_checks.CHECKS[check](Home(home))
    return finding


def test_all_is_well_after_a_publish(kam: Kam, shop: SmallDeployment, home: Path) -> None:
    publish_kpis(home)
    (home / "build").chmod(0o700)
    (home / "build/warehouse.duckdb").chmod(0o600)
    (home / "lake/_runs").chmod(0o700)
    findings = list(examine(Home(home)))
    assert {finding.check for finding in findings} == set(doctor_checks.CHECKS)
    assert [finding for finding in findings if finding.state == "fail"] == []
    output = kam("doctor").stdout
    assert "1, speaks for 2026-11-01" in output


def test_a_fault_ends_with_one_and_says_what_to_do(kam: Kam, deployment: SmallDeployment) -> None:
    deployment.write_source("shop", {"products": PRODUCTS})
    output = " ".join(kam("doctor", code=1).stdout.split())
    assert "shop: 0 files in" in output
    assert "→ Deliver the files there" in output


def test_a_warning_is_no_failure(kam: Kam, shop: SmallDeployment) -> None:
    output = kam("doctor").stdout
    assert "nothing is published" in output
    assert "→ kam run" in output


def test_an_old_python(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = namedtuple("version", "major minor micro releaselevel serial")
    monkeypatch.setattr(sys, "version_info", version(3, 10, 14, "final", 0))
    assert found(home, "python").state == "fail"


def test_packages_are_compared_with_the_lock(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(home, "packages").state == "ok"
    real = doctor_checks._installed
    monkeypatch.setattr(doctor_checks, "_installed", lambda n: "0.1" if n == "duckdb" else real(n))
    finding = found(home, "packages")
    assert finding.state == "fail"
    assert "1 differ from requirements.lock: duckdb==" in finding.detail


GIB = 1024**3


@pytest.mark.parametrize(
    ("free", "state"),
    [
        (GIB - 1, "fail"),
        (GIB, "warn"),
        (5 * GIB - 1, "warn"),
        (5 * GIB, "ok"),
    ],
)
def test_disk(home: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor_checks.shutil, "disk_usage", lambda _: usage(0, 0, free))
    assert found(home / "not/made/yet", "disk").state == state


def test_a_wrong_configuration_names_the_file(kam: Kam, shop: SmallDeployment) -> None:
    (shop.config / "company.yml").write_text("{name: Test, currency: roubles}\n")
    output = "".join(kam("doctor", code=1).stdout.split())
    assert f"{shop.config}/company.yml".replace(" ", "") in output
    assert "currency" in output


def test_a_configuration_without_sources_is_a_warning(
    home: Path, deployment: SmallDeployment
) -> None:
    assert found(home, "config").state == "warn"


def test_a_damaged_airflow_database(home: Path) -> None:
    assert found(home, "airflow").state == "ok"
    (home / "airflow").mkdir()
    (home / "airflow/airflow.db").write_bytes(b"not a database, but long enough to be read" * 99)
    finding = found(home, "airflow")
    assert finding.state == "fail"
    assert "Delete" in finding.fix


def test_an_airflow_database_of_another_version(home: Path) -> None:
    (home / "airflow").mkdir()
    (home / "airflow/airflow.db").touch()
    (home / "airflow/migrated_to").write_text("3.0.0\n")
    finding = found(home, "airflow")
    assert (finding.state, finding.fix) == ("warn", "`kam run` brings it up to date.")


def test_a_held_lock_names_its_holder(home: Path) -> None:
    assert found(home, "lock").state == "ok"
    with writer_lock(Home(home), "r7"):
        finding = found(home, "lock")
    assert finding.detail == f"held by process {os.getpid()}, run r7"
    assert finding.state == "warn"


def test_accepted_loads_beyond_the_published_day(shop: SmallDeployment, home: Path) -> None:
    publish_kpis(home)  # speaks for 2026-11-01
    assert found(home, "published").state == "ok"
    shop.drop("shop", "products_2026-11-03.csv", GOOD)
    land("shop", "r1")
    accept_loads("shop")
    finding = found(home, "published")
    assert finding.state == "warn"
    assert "accepted loads reach 2026-11-03, 2 days later" in finding.detail


def test_a_lost_pointer(shop: SmallDeployment, home: Path) -> None:
    publish_kpis(home)
    (home / "serving/current").unlink()
    assert "kam run --force" in found(home, "published").fix


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("DBT_SEND_ANONYMOUS_USAGE_STATS", "True", "warn"),
        ("DBT_SEND_ANONYMOUS_USAGE_STATS", "1", "warn"),
        ("DBT_SEND_ANONYMOUS_USAGE_STATS", "0", "ok"),
        ("DO_NOT_TRACK", "true", "ok"),
        ("DO_NOT_TRACK", "0", "warn"),
    ],
)
def test_telemetry_turned_on_by_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, state: str
) -> None:
    monkeypatch.setenv(name, value)
    finding = found(home, "telemetry")
    assert finding.state == state
    assert (f"unset {name}" in finding.fix) == (state == "warn")


@pytest.mark.parametrize(
    ("path", "mode", "state"),
    [
        ("serving/versions/000001/finance.duckdb", 0o600, "ok"),
        ("serving/versions/000001/finance.duckdb", 0o640, "fail"),
        ("airflow/secrets.json", 0o600, "ok"),
        ("airflow/secrets.json", 0o640, "fail"),
        ("build/warehouse.duckdb", 0o640, "fail"),
        ("serving/versions/000001/kam.duckdb", 0o640, "ok"),
        ("serving/versions/000001/kam.duckdb", 0o644, "fail"),
        ("serving/versions/000001/kam.duckdb", 0o660, "fail"),
    ],
)
def test_file_modes(home: Path, path: str, mode: int, state: str) -> None:
    file = home / path
    file.parent.mkdir(parents=True)
    for folder in (home / "airflow", *(home / "serving").rglob("*")):
        if folder.is_dir():
            folder.chmod(0o700)
    file.touch()
    file.chmod(mode)
    finding = found(home, "modes")
    assert finding.state == state
    assert (str(file) in finding.fix) == (state == "fail")


def test_a_broken_engine_is_a_failure(
    kam: Kam, shop: SmallDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise KamError("quality.engine_broken", cause="is_filled: 1 bad rows planted, 0 found")

    monkeypatch.setattr(selftest, "prove_engine", broken)
    assert "0 found" in kam("doctor", code=1).stdout


def test_a_check_that_breaks_is_itself_a_finding(
    home: Path, shop: SmallDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(selftest, "prove_engine", broken)
    [finding] = [each for each in examine(Home(home)) if each.check == "gates"]
    assert (finding.state, finding.detail) == ("fail", "RuntimeError: boom")
