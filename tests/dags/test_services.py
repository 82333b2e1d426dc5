"""Each service of docker-compose.yml is run by its own command, and is healthy."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.dags.services import PATIENCE, Services, postgres
from tests.dags.small_home import write_config
from tests.dags.test_compose import make_env, settings

KEEP_RUNNING = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """All of them, started in the order that `depends_on` asks for."""
    if shutil.which("redis-server") is None:
        pytest.skip("the services were not run: no redis-server (apt-get install redis-server)")
    folder = tmp_path_factory.mktemp("services")
    folder.chmod(0o711)  # PostgreSQL runs as a user of its own
    assert make_env(folder).returncode == 0
    write_config(folder / "config", {"crm": {}})
    company = folder / "config" / "company.yml"
    company.write_text(
        "{name: Test, currency: RUB, time_zone: Europe/Moscow, serving: {postgres: kam_postgres}}\n"
    )
    services = Services(folder, settings(folder / ".env"), folder / "config")
    inbox = services.home / "inbox" / "crm"
    inbox.mkdir(parents=True)
    (inbox / "accounts_2026-10-01.csv").write_text("id,name\na,Alpha\n")
    try:
        with postgres(services):
            services.start("redis")
            services.wait_for("redis")
            services.run("init")
            for name in KEEP_RUNNING:
                services.start(name)
            yield services
    finally:
        services.stop()


def test_every_service_is_healthy(services: Services) -> None:
    assert set(services.declared) == {"postgres", "redis", "init", *KEEP_RUNNING}
    for name in ("postgres", "redis", *KEEP_RUNNING):
        services.wait_for(name)


def test_a_worker_takes_a_file_to_both_stores(services: Services) -> None:
    def airflow(*arguments: str) -> str:
        done = subprocess.run(
            ["airflow", *arguments], env=services.environment("scheduler"),
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    services.wait_for("worker")
    airflow("dags", "trigger", "extract_crm")
    published = services.home / "serving" / "current" / "kam.duckdb"
    end = time.monotonic() + PATIENCE
    while not published.exists():
        assert time.monotonic() < end, logs(services.home)
        time.sleep(1)
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.execute("select name from core.dim_account where name = 'Alpha'")
        assert found.fetchall() == [("Alpha",)]
    assert "received" in services.log("worker").read_text()
    login = services.environment("postgres") | {"PGPASSWORD": services.secrets["KAM_BI_PASSWORD"]}
    read = subprocess.run(
        ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--host", "127.0.0.1",
         "--username", "kam_bi", "--dbname", "kam",
         "--command", "select name from core.dim_account where name = 'Alpha'"],
        env=login, capture_output=True, text=True,
    )  # fmt: skip
    assert (read.stdout.strip(), read.stderr) == ("Alpha", "")


def logs(home: Path) -> str:
    """The end of the newest task logs."""
    newest = sorted((home / "logs").rglob("attempt=*.log"), key=lambda path: path.stat().st_mtime)
    return "\n".join(f"{path}\n{path.read_text(errors='replace')[-2500:]}" for path in newest[-3:])
