from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kam_kpi.cli import app
from tests.cli.kpi_build import publish_kpis
from tests.conftest import SmallDeployment
from tests.serving.small_build import write_config

Kam = Callable[..., Result]


@pytest.fixture
def kam(deployment: SmallDeployment, home: Path, monkeypatch: pytest.MonkeyPatch) -> Kam:
    """Calls the command line on an empty deployment; `code` is the exit code expected."""
    monkeypatch.setenv("KAM_LANG", "en")
    monkeypatch.setenv("COLUMNS", "300")

    def call(*words: str, code: int = 0, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(words), input=stdin)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    return call


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A KAM_HOME with the small company published; tests only read it."""
    folder = tmp_path_factory.mktemp("published")
    write_config(folder / "config")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KAM_CONFIG", str(folder / "config"))
        environment.setenv("KAM_HOME", str(folder / "home"))
        publish_kpis(folder / "home")
    yield folder / "home"


@pytest.fixture
def published(kam: Kam, published_home: Path, monkeypatch: pytest.MonkeyPatch) -> Kam:
    """Calls the command line on the published small company."""
    monkeypatch.setenv("KAM_HOME", str(published_home))
    return kam
