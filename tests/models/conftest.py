"""The marts, compiled once for all tests of this folder."""

from collections.abc import Callable

import pytest

from tests.models.company import Company
from tests.models.marts import Marts

NewCompany = Callable[..., Company]


@pytest.fixture(scope="session")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Marts:
    """Compiled marts on an in-memory database."""
    return Marts(tmp_path_factory.mktemp("marts"))


@pytest.fixture(scope="session")
def new_company(marts: Marts) -> NewCompany:
    """Makes an empty company; its tables replace those of the one before when it is built."""

    def make(as_of: str = "2026-12-31", **settings: str) -> Company:
        return Company(marts, as_of, **settings)

    return make
