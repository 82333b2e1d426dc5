from collections.abc import Iterator

import duckdb
import pytest

from tests.explain.explained_company import small_company
from tests.models.marts import Marts


@pytest.fixture(scope="session")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of the explained company, as the real models make them."""
    marts = Marts(tmp_path_factory.mktemp("marts"))
    wanted = (name for name, mart in marts.marts.items() if "quality" not in mart.relation)
    small_company(marts).build(*wanted)
    marts.connection.execute(
        "create schema quality; create table quality.fct_freshness (entity varchar, covers_to date)"
    )
    yield marts.connection
