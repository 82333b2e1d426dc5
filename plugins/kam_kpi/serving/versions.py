"""serving/versions/<number>/ with its databases, and `serving/current`, the atomic pointer to one.

Everything that changes the folder runs under the writer lock. A name in versions/ that starts with
a dot is work in progress: whoever holds the lock next removes it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kam_kpi.home import Home

FILE = "kam.duckdb"
"""The constant file name, so that every version is the same DuckDB catalog, `kam`."""
FINANCE_FILE = "finance.duckdb"
"""Bonuses, in a file of their own that only the deployment's own account may read."""
FOLDER_MODE = 0o750
MODES = {FILE: 0o640, FINANCE_FILE: 0o600}


def versions(home: Home) -> list[int]:
    """Numbers of the versions on disk, oldest first."""
    folder = home.serving / "versions"
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())


def version_file(home: Home, version: int) -> Path:
    """The database of a version."""
    return home.serving / "versions" / f"{version:06d}" / FILE


def finance_file(home: Home, version: int) -> Path:
    """The bonuses of a version."""
    return version_file(home, version).with_name(FINANCE_FILE)


def current_version(home: Home) -> int | None:
    """The version readers see; None before the first publish."""
    try:
        name = (home.serving / "current").readlink().name
    except FileNotFoundError:
        return None
    is_whole = name.isdigit() and version_file(home, int(name)).exists()
    return int(name) if is_whole else None


def point_to(home: Home, version: int) -> None:
    """Moves the pointer in one step."""
    pointer = home.serving / "current"
    temporary = home.serving / ".current"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(Path("versions") / f"{version:06d}")
    temporary.replace(pointer)
    sync(home.serving)


@contextmanager
def new_version(home: Home, version: int) -> Iterator[Path]:
    """A folder to write the version into; it appears whole, on disk, when the block ends well."""
    folder = home.serving / "versions"
    temporary = folder / f".{version:06d}"
    home.root.mkdir(parents=True, exist_ok=True)
    for path in (home.serving, folder, temporary):
        if not path.is_dir():
            path.mkdir()
            path.chmod(FOLDER_MODE)
    yield temporary
    for name, mode in MODES.items():
        (temporary / name).chmod(mode)
        sync(temporary / name)
    sync(temporary)
    temporary.replace(folder / f"{version:06d}")
    sync(folder)


def remove_leftovers(home: Home) -> None:
    """Removes what killed publishers left half done."""
    for path in (home.serving / "versions").glob(".*"):
        shutil.rmtree(path)


def prune(home: Home, keep: int) -> None:
    """Keeps the last `keep` versions and the current one.

    A reader that has a removed version open keeps it until it closes the file.
    """
    current = current_version(home)
    for version in versions(home)[: -max(keep, 1)]:
        if version != current:
            folder = version_file(home, version).parent
            doomed = folder.with_name(f".{folder.name}")
            folder.replace(doomed)
            shutil.rmtree(doomed)


def sync(path: Path) -> None:
    """Forces a file or a folder's entries to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
