from pathlib import Path

import pytest

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
