"""The bonus models, compiled once for all tests of this folder."""

import pytest

from tests.bonus.engine import Engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Compiled bonus models on an in-memory database."""
    return Engine(tmp_path_factory.mktemp("bonus"))
