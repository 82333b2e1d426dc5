"""Publishes the audited marts of a run as a new version, seen by readers in one step."""

import logging
from datetime import UTC, datetime

import duckdb

from kam_kpi.config import load_deployment
from kam_kpi.duckdb_file import open_for_writing
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.serving import versions
from kam_kpi.serving.checks import earlier_checks, run_checks
from kam_kpi.serving.hashes import content_hash, table_hashes
from kam_kpi.serving.postgres import configured_connection
from kam_kpi.serving.postgres_publish import newest_version, send, sent_history
from kam_kpi.serving.postgres_repair import follow, same
from kam_kpi.serving.query import PublishedVersion, published_versions
from kam_kpi.serving.snapshot import Run, read_run, write_finance, write_snapshot
from kam_kpi.warehouse.changes import forget_changes
from kam_kpi.warehouse.lock import writer_lock

__all__ = ["content_hash", "publish", "published_fingerprint", "table_hashes"]


def publish(run_id: str) -> int:
    """Publishes the build file of `run_id`: DuckDB version, PostgreSQL if configured, pointer.

    Killed anywhere, it is simply called again: readers see the last version until the pointer
    moves, and one run with the same inputs is published once. When PostgreSQL refuses, the
    pointer stays.

    Returns:
        The version's number.

    Raises:
        KamError: the build file is not this run's, the gates have not passed it, another
            writer holds the lock, or PostgreSQL refuses.
    """
    home = Home.current()
    keep = load_deployment().company.serving.keep_versions
    database = configured_connection()
    checks = run_checks(home, run_id) + earlier_checks(home, run_id)
    with writer_lock(home, run_id):
        versions.remove_leftovers(home)
        run = read_run(home.build_file)
        if run.run_id != run_id:
            raise KamError(
                "serving.other_run", where=str(home.build_file), run_id=run_id, found=run.run_id
            )
        # Before the work of writing: an unreachable database is told at once.
        sent = [] if database is None else sent_history(database)
        follow(home, sent[-1] if sent else None)
        version = _written(home, run, sent) or _write(home, run, checks, sent)
        try:
            if database is not None:
                send(database, versions.version_file(home, version), version)
            versions.point_to(home, version)
            with open_for_writing(home.build_file) as connection:
                forget_changes(connection, run_id)
        finally:
            versions.prune(home, keep)
    return version


def published_fingerprint() -> str | None:
    """Fingerprint of the inputs of the current version.

    None when nothing is published, or when PostgreSQL has another version: a publish is due.

    Raises:
        KamError: PostgreSQL is configured and cannot be asked.
    """
    home = Home.current()
    current = versions.current_version(home)
    if current is None:
        return None
    last = published_versions(home, current)[-1]
    database = configured_connection()
    if database is not None:
        newest = newest_version(database)
        if newest is None or not same(newest, last):
            return None
    return last.fingerprint


def _written(home: Home, run: Run, sent: list[PublishedVersion]) -> int | None:
    """The newest version on disk, if it is this run's and PostgreSQL has no later one."""
    on_disk = versions.versions(home)
    newest = _history(home, on_disk[-1])[-1:] if on_disk else []
    if [(row.run_id, row.fingerprint) for row in newest] != [(run.run_id, run.fingerprint)]:
        return None
    return None if sent and sent[-1].version > on_disk[-1] else on_disk[-1]


def _write(
    home: Home, run: Run, checks: list[dict[str, object]], sent: list[PublishedVersion]
) -> int:
    current = versions.current_version(home)
    # Without a readable version here the history goes on from what PostgreSQL remembers.
    history = ([] if current is None else _history(home, current)) or list(sent)
    taken = [*versions.versions(home), *(row.version for row in [*history, *sent])]
    version = 1 + max(taken, default=0)
    now = datetime.now(UTC).replace(tzinfo=None)
    is_base = bool(history) and history[-1].run_id == run.published_run_id
    base = versions.version_file(home, current) if current is not None and is_base else None
    history.append(PublishedVersion(version, run.run_id, run.as_of_date, run.fingerprint, now))
    with versions.new_version(home, version) as folder:
        write_snapshot(home.build_file, folder / versions.FILE, checks, history, base)
        write_finance(home.build_file, folder / versions.FINANCE_FILE)
    return version


def _history(home: Home, version: int) -> list[PublishedVersion]:
    try:
        return published_versions(home, version)
    except duckdb.Error:
        # A damaged version must not stop the publish that replaces it.
        logging.getLogger(__name__).exception("version %s cannot be read", version)
        return []
