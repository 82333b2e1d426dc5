"""Gates run on real DuckDB files in a home of their own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from kam_kpi.home import Home
from tests.quality.small_marts import fill_marts
from tests.quality.small_warehouse import write_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty build file, made once."""
    path = tmp_path_factory.mktemp("template") / "warehouse.duckdb"
    write_template(path)
    return path


@pytest.fixture(scope="session")
def filled_template(template: Path) -> Path:
    """A build file whose marts agree, made once."""
    path = template.with_name("filled.duckdb")
    shutil.copyfile(template, path)
    with duckdb.connect(str(path)) as connection:
        fill_marts(connection)
    return path


def _build_file(template: Path) -> Path:
    path = Home.current().build_file
    path.parent.mkdir(parents=True)
    shutil.copyfile(template, path)
    return path


@pytest.fixture
def warehouse(home: Path, template: Path) -> Path:
    """The home's build file of run-1, empty."""
    return _build_file(template)


@pytest.fixture
def filled(home: Path, filled_template: Path) -> Path:
    """The home's build file of run-1 with marts that agree."""
    return _build_file(filled_template)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A DuckDB file with one table shop.orders of three rows."""
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema shop")
        connection.execute(
            "create table shop.orders (id integer, state varchar, amount decimal(18, 4))"
        )
        connection.execute(
            "insert into shop.orders values (1, 'new', 10), (2, 'paid', 20.5), (3, 'paid', 30)"
        )
    yield path
