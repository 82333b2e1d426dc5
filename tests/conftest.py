"""What all tests share: a private KAM_HOME, a small deployment on disk, the shared data."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kam_kpi import PROJECT

SHARED = PROJECT.parent / "shared"


def shared(*parts: str) -> Path:
    """A path of the shared data; skips, or fails under KAM_REQUIRE_SHARED=1, when it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        message = f"../shared/{'/'.join(parts)} is absent"
        if os.environ.get("KAM_REQUIRE_SHARED") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return path


@dataclass(frozen=True)
class SmallDeployment:
    """A configuration folder and an inbox that a test writes."""

    config: Path
    inbox: Path

    def write_source(self, name: str, feeds: dict[str, Any], **settings: Any) -> None:
        """`<config>/sources/<name>.yml` over the folder inbox/<name>."""
        (self.inbox / name).mkdir(parents=True, exist_ok=True)
        content = {"source": name, "domain": "crm", "path": str(self.inbox / name), **settings}
        path = self.config / "sources" / f"{name}.yml"
        path.write_text(yaml.safe_dump({**content, "feeds": feeds}, allow_unicode=True))

    def drop(self, source: str, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        """Delivers a file to the inbox of a source."""
        data = content.encode(encoding) if isinstance(content, str) else content
        path = self.inbox / source / name
        path.write_bytes(data)
        return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A KAM_HOME of its own."""
    root = tmp_path / "home"
    root.mkdir()
    monkeypatch.setenv("KAM_HOME", str(root))
    yield root


@pytest.fixture
def deployment(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> SmallDeployment:
    """An empty deployment: a company, the default policy, no sources yet."""
    config = tmp_path / "config"
    (config / "sources").mkdir(parents=True)
    (config / "company.yml").write_text("{name: Test, currency: RUB, time_zone: Europe/Moscow}\n")
    (config / "policy.yml").write_text("versions: [{version: v1, valid_from: 2000-01-01}]\n")
    monkeypatch.setenv("KAM_CONFIG", str(config))
    return SmallDeployment(config, tmp_path / "inbox")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the longest tests first, so that no worker waits for the other at the end."""
    slow = ("e2e", "dags", "faults")
    items.sort(key=lambda item: item.path.parent.name not in slow)
