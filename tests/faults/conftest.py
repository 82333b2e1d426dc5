"""Servers that live for the session."""

from collections.abc import Iterator

import pytest

from tests.sources import servers
from tests.sources.servers import Server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    with servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    with servers.mariadb() as server:
        yield server
