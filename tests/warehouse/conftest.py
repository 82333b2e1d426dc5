"""Every build of these tests starts from contract tables that are already there, and empty."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from kam_kpi.config import load_deployment
from kam_kpi.home import Home
from kam_kpi.warehouse.control import (
    forget_changed,
    remember_conformed,
    write_control,
    write_landed,
)
from kam_kpi.warehouse.dbt import run_dbt
from kam_kpi.warehouse.inputs import Inputs, conformed_from
from tests.conftest import SmallDeployment


@pytest.fixture(scope="session")
def empty_build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A build file whose contract tables exist and are empty."""
    root = tmp_path_factory.mktemp("empty")
    config = root / "config"
    config.mkdir()
    (config / "company.yml").write_text("{name: Test, currency: RUB, time_zone: Europe/Moscow}\n")
    (config / "policy.yml").write_text("versions: [{version: v1, valid_from: 2000-01-01}]\n")
    home = Home(root / "home")
    home.build_file.parent.mkdir(parents=True)
    inputs = Inputs(load_deployment(config), [], None, [])
    now = conformed_from(inputs)
    with duckdb.connect(str(home.build_file)) as connection:
        write_control(connection, inputs, "empty")
        write_landed(connection, inputs)
        changed = forget_changed(connection, now)
    run_dbt(home, ["run", "--select", "tag:conform"])
    with duckdb.connect(str(home.build_file)) as connection:
        remember_conformed(connection, changed)
    yield home.build_file


@pytest.fixture
def deployment(deployment: SmallDeployment, empty_build: Path) -> SmallDeployment:
    """An empty deployment over empty contract tables."""
    target = Home.current().build_file
    target.parent.mkdir(parents=True)
    shutil.copyfile(empty_build, target)
    return deployment
