"""Keeps the two stores on one version: what a killed publish leaves apart is put right here."""

import duckdb

from kam_kpi.home import Home
from kam_kpi.serving import versions
from kam_kpi.serving.query import PublishedVersion, published_versions


def follow(home: Home, newest: PublishedVersion | None) -> bool:
    """Moves the pointer to the version that PostgreSQL has, if that is a later one on this disk.

    So it is after a publish that was killed between the commit and the pointer. Any other
    difference (a database restored from a backup, a lost folder) ends with the next publish.

    Args:
        home: the caller holds its writer lock.
        newest: what PostgreSQL has.

    Returns:
        Whether the pointer has moved.
    """
    if newest is None or newest.version <= (versions.current_version(home) or 0):
        return False
    if not is_on_disk(home, newest):
        return False
    versions.point_to(home, newest.version)
    return True


def is_on_disk(home: Home, wanted: PublishedVersion) -> bool:
    """Whether the folder of that number holds that publish, and can be read."""
    if not versions.version_file(home, wanted.version).exists():
        return False
    try:
        found = published_versions(home, wanted.version)[-1:]
    except duckdb.Error:
        return False
    return [same(row, wanted) for row in found] == [True]


def same(one: PublishedVersion, other: PublishedVersion) -> bool:
    """Whether both are the same publish."""
    return (one.version, one.run_id, one.fingerprint) == (
        other.version, other.run_id, other.fingerprint,
    )  # fmt: skip
