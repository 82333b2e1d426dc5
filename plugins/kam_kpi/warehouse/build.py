"""Builds the warehouse: the contract from the accepted loads, then the marts from the contract."""

import shutil
from pathlib import Path

import duckdb

from kam_kpi.duckdb_file import open_for_writing
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake.files import write_json
from kam_kpi.warehouse.control import (
    forget_changed,
    remember_conformed,
    write_control,
    write_landed,
)
from kam_kpi.warehouse.dbt import run_dbt
from kam_kpi.warehouse.inputs import (
    Inputs,
    code_version,
    conformed_from,
    inputs_fingerprint,
    read_inputs,
)
from kam_kpi.warehouse.lock import writer_lock

__all__ = ["build_marts", "check_run", "conform", "inputs_fingerprint"]


def run_folder(home: Home, run_id: str) -> Path:
    """Private folder of a run in the lake."""
    folder = home.lake / "_runs" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o700)
    folder.chmod(0o700)
    return folder


def _write_manifest(home: Home, inputs: Inputs, run_id: str) -> None:
    folder = run_folder(home, run_id)
    shutil.copytree(inputs.deployment.folder, folder / "config", dirs_exist_ok=True)
    manifest = {
        "run_id": run_id,
        "as_of_date": str(inputs.as_of),
        "inputs_fingerprint": inputs.fingerprint,
        "code_version": code_version(),
        "loads": [record.load_id for record in inputs.loads],
    }
    write_json(folder / "manifest.json", manifest)


def check_run(home: Home, run_id: str) -> None:
    """Makes sure that the build file is this run's.

    Raises:
        KamError: another run has begun to build since, or nothing was built.
    """
    owner = "nobody"
    if home.build_file.exists():
        with duckdb.connect(str(home.build_file), read_only=True) as connection:
            row = connection.execute("select run_id from control.run").fetchone()
            owner = str(row[0]) if row else owner
    if owner != run_id:
        raise KamError("warehouse.other_run", where=str(home.build_file), run=run_id, owner=owner)


def conform(run_id: str, as_of: str | None = None) -> None:
    """Stages what is new and rebuilds the contract tables from all accepted loads.

    Args:
        run_id: owner of the build from here on.
        as_of: ISO date; None takes the greatest covers_to of the accepted loads.

    Raises:
        KamError: nothing was ever accepted, a mapping does not fit, or a model fails.
    """
    home = Home.current()
    with writer_lock(home, run_id):
        inputs = read_inputs(as_of)
        if not inputs.loads:
            raise KamError("warehouse.nothing_accepted", where=str(home.lake))
        _write_manifest(home, inputs, run_id)
        home.build_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = conformed_from(inputs)
        with open_for_writing(home.build_file) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.begin()
            write_control(connection, inputs, run_id)
            write_landed(connection, inputs)
            changed = forget_changed(connection, now)
            connection.commit()
        home.build_file.chmod(0o600)
        if changed:
            selected = [f"stg_mapped__{entity}+1,tag:conform" for entity in changed]
            run_dbt(home, ["run", "--select", *selected])
            with open_for_writing(home.build_file) as connection:
                remember_conformed(connection, changed)


def build_marts(run_id: str) -> None:
    """Builds and tests the marts from the contract tables.

    Raises:
        KamError: the build file is another run's, or a model or test fails.
    """
    home = Home.current()
    with writer_lock(home, run_id):
        check_run(home, run_id)
        run_dbt(home, ["build", "--select", "tag:marts"])
