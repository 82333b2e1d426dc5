"""Publishes the audited marts of a run as a new version, seen by readers in one step."""

import logging
from datetime import UTC, datetime

import duckdb

from kam_kpi.config import load_deployment
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.serving import versions
from kam_kpi.serving.checks import earlier_checks, run_checks
from kam_kpi.serving.hashes import content_hash, table_hashes
from kam_kpi.serving.query import PublishedVersion, published_versions
from kam_kpi.serving.snapshot import Run, read_run, write_snapshot
from kam_kpi.warehouse.lock import writer_lock

__all__ = ["content_hash", "publish", "published_fingerprint", "table_hashes"]


def publish(run_id: str) -> int:
    """Publishes the build file of `run_id`.

    Killed anywhere, it is simply called again: readers see the last version until the pointer
    moves, and one run with the same inputs is published once.

    Returns:
        The version's number.

    Raises:
        KamError: the build file is not this run's, the gates have not passed it, or another
            writer holds the lock.
    """
    home = Home.current()
    keep = load_deployment().company.serving.keep_versions
    checks = run_checks(home, run_id) + earlier_checks(home, run_id)
    with writer_lock(home, run_id):
        versions.remove_leftovers(home)
        run = read_run(home.build_file)
        if run.run_id != run_id:
            raise KamError(
                "serving.other_run", where=str(home.build_file), run_id=run_id, found=run.run_id
            )
        on_disk = versions.versions(home)
        newest = _history(home, on_disk[-1])[-1:] if on_disk else []
        if newest and (newest[0].run_id, newest[0].fingerprint) == (run_id, run.fingerprint):
            version = on_disk[-1]
        else:
            version = _write(home, run, checks)
        versions.point_to(home, version)
        versions.prune(home, keep)
    return version


def published_fingerprint() -> str | None:
    """Fingerprint of the inputs of the current version; None when nothing is published."""
    home = Home.current()
    current = versions.current_version(home)
    return None if current is None else published_versions(home, current)[-1].fingerprint


def _write(home: Home, run: Run, checks: list[dict[str, object]]) -> int:
    current = versions.current_version(home)
    history = [] if current is None else _history(home, current)
    version = 1 + max([*versions.versions(home), *(row.version for row in history)], default=0)
    now = datetime.now(UTC).replace(tzinfo=None)
    history.append(PublishedVersion(version, run.run_id, run.as_of_date, run.fingerprint, now))
    with versions.new_version(home, version) as file:
        write_snapshot(home.build_file, file, checks, history)
    return version


def _history(home: Home, version: int) -> list[PublishedVersion]:
    try:
        return published_versions(home, version)
    except duckdb.Error:
        # A damaged version must not stop the publish that replaces it.
        logging.getLogger(__name__).exception("version %s cannot be read", version)
        return []
