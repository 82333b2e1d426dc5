"""A deployment that the tests of this folder share."""

from pathlib import Path

import pytest

from tests.dags.small_home import write_config


@pytest.fixture(scope="session")
def two_sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Home and configuration of a deployment with one scheduled and one manual source."""
    root = tmp_path_factory.mktemp("two_sources")
    write_config(
        root / "config",
        {"crm": {"schedule": "30 6 * * *"}, "shop": {"domain": "billing"}},
    )
    (root / "home").mkdir()
    return root / "home", root / "config"
