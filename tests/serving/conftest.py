from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.postgres_server import CONN_ID, Database, Server, running
from tests.serving.small_build import write_config


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty KAM_HOME with a configuration beside it."""
    write_config(tmp_path / "config")
    monkeypatch.setenv("KAM_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("KAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAM_LANG", "en")
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real PostgreSQL."""
    with running() as server:
        yield server


@pytest.fixture
def postgres(home: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A prepared database that the deployment of `home` publishes to."""
    database = postgres_server.new_database()
    write_config(home.parent / "config", postgres=CONN_ID)
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", database.publisher)
    return database
