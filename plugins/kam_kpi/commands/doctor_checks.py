"""What `kam doctor` looks at: each check gives findings.

None changes anything, save that the pointer to the published version follows PostgreSQL.
"""

import os
import re
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from kam_kpi import PROJECT
from kam_kpi.config import Deployment, load_deployment
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.orchestration.environment import TELEMETRY_OFF
from kam_kpi.serving.postgres import configured_connection
from kam_kpi.serving.postgres_publish import newest_version
from kam_kpi.serving.postgres_repair import follow, same
from kam_kpi.serving.query import published_versions
from kam_kpi.serving.versions import FINANCE_FILE, current_version, versions
from kam_kpi.sources.connections import Connection
from kam_kpi.sources.databases import open_database
from kam_kpi.sources.read_database import connection_of
from kam_kpi.texts import text
from kam_kpi.warehouse.lock import lock_holder, writer_lock

State = Literal["ok", "warn", "fail"]
_MIN_PYTHON = (3, 11)
_GIB = 1024**3
_FAIL_BELOW, _WARN_BELOW = 1 * _GIB, 5 * _GIB


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table. `fix` is empty when all is well."""

    check: str
    state: State
    detail: str
    fix: str = ""


Check = Callable[[Home], Iterator[Finding]]


def examine(home: Home) -> Iterator[Finding]:
    """Runs every check; one that breaks is itself a finding."""
    for name, check in CHECKS.items():
        try:
            yield from check(home)
        except KamError as fault:
            yield _failed(name, fault)
        except Exception as fault:
            detail = f"{type(fault).__name__}: {fault}"
            yield Finding(name, "fail", detail, text("cli.unexpected_fix"))


def _failed(check: str, fault: KamError) -> Finding:
    where = f" ({fault.where})" if fault.where else ""
    return Finding(check, "fail", f"{fault.what}{where}", fault.fix)


def python(home: Home) -> Iterator[Finding]:
    """The interpreter is new enough."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _MIN_PYTHON:
        yield Finding("python", "ok", found)
    else:
        yield Finding("python", "fail", found, text("cli.fix_python"))


def packages(home: Home) -> Iterator[Finding]:
    """Every package is installed in its locked version."""
    from packaging.requirements import Requirement

    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    entries = [Requirement(m) for m in re.findall(r"^([a-z0-9][^\\\n#]*?)\s*\\?$", lock, re.M)]
    wanted = [entry for entry in entries if entry.marker is None or entry.marker.evaluate()]
    wrong = [entry for entry in wanted if _installed(entry.name) not in entry.specifier]
    if wrong:
        names = ", ".join(str(entry).split(";")[0] for entry in wrong[:5])
        detail = text("cli.doctor_packages_wrong", count=len(wrong), names=names)
        yield Finding("packages", "fail", detail, text("cli.fix_packages"))
    else:
        yield Finding("packages", "ok", text("cli.doctor_packages", count=len(wanted)))


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "0"


def disk(home: Home) -> Iterator[Finding]:
    """There is room to build and publish."""
    folder = home.root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state: State = "fail" if free < _FAIL_BELOW else "warn" if free < _WARN_BELOW else "ok"
    detail = text("cli.doctor_disk", free=f"{free / _GIB:.1f}", folder=folder)
    yield Finding("disk", state, detail, "" if state == "ok" else text("cli.fix_disk"))


def config(home: Home) -> Iterator[Finding]:
    """The configuration is valid."""
    deployment = load_deployment()
    count = len(deployment.sources)
    detail = text("cli.doctor_config", folder=deployment.folder, count=count)
    if count:
        yield Finding("config", "ok", detail)
    else:
        yield Finding("config", "warn", detail, text("cli.fix_no_sources"))


def sources(home: Home) -> Iterator[Finding]:
    """Every source can be read: its folder has files, its database answers."""
    deployment = load_deployment()
    for name in deployment.sources:
        try:
            yield _source(deployment, name)
        except KamError as fault:
            yield _failed("sources", fault)


def _source(deployment: Deployment, name: str) -> Finding:
    source = deployment.source(name)
    if source.is_database:
        place = connection_of(deployment, source)
        with open_database(place, source.time_zone):
            detail = text("cli.doctor_database", source=name, place=place.place)
            return Finding("sources", "ok", detail)
    folder = deployment.place_of(source)
    files = sum(path.is_file() for path in folder.rglob("*")) if folder.is_dir() else 0
    detail = text("cli.doctor_source", source=name, count=files, folder=folder)
    if files and os.access(folder, os.R_OK | os.X_OK):
        return Finding("sources", "ok", detail)
    return Finding("sources", "fail", detail, text("cli.fix_source"))


def airflow(home: Home) -> Iterator[Finding]:
    """The metadata database is whole and of the installed version."""
    database = home.airflow / "airflow.db"
    if not database.exists():
        yield Finding("airflow", "ok", text("cli.doctor_airflow_none"))
        return
    marker = home.airflow / "migrated_to"
    found = marker.read_text(encoding="utf-8").strip() if marker.exists() else "?"
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            [(health,)] = connection.execute("pragma quick_check(1)").fetchall()
    except sqlite3.Error as fault:
        health = str(fault)
    if health != "ok":
        fix = text("cli.fix_airflow_broken", path=database)
        yield Finding("airflow", "fail", str(health), fix)
    elif found != version("apache-airflow"):
        detail = text("cli.doctor_airflow_old", found=found, wanted=version("apache-airflow"))
        yield Finding("airflow", "warn", detail, text("cli.fix_airflow_old"))
    else:
        yield Finding("airflow", "ok", text("cli.doctor_airflow", version=found))


def lock(home: Home) -> Iterator[Finding]:
    """Nobody writes the warehouse now."""
    holder = lock_holder(home)
    if holder is None:
        yield Finding("lock", "ok", text("cli.doctor_lock_free"))
    else:
        detail = text("cli.doctor_lock_held", pid=holder.pid, run_id=holder.run_id)
        yield Finding("lock", "warn", detail, text("cli.fix_lock", pid=holder.pid))


def published(home: Home) -> Iterator[Finding]:
    """Something is published, in both stores, and it speaks for everything accepted."""
    try:
        if (database := configured_connection()) is not None:
            yield _in_postgres(home, database)
    except KamError as fault:
        yield _failed("published", fault)
    current = current_version(home)
    if current is None:
        lost = versions(home)
        fix = text("cli.fix_pointer" if lost else "cli.fix_unpublished")
        yield Finding("published", "warn", text("cli.doctor_unpublished"), fix)
        return
    last = published_versions(home, current)[-1]
    detail = text(
        "cli.doctor_published",
        version=current,
        day=last.as_of_date,
        at=f"{last.published_at:%Y-%m-%d %H:%M}",
    )
    covered = registry.greatest_covers_to(registry.accepted_loads())
    if covered is not None and covered > last.as_of_date:
        days = (covered - last.as_of_date).days
        detail += "; " + text("cli.doctor_behind", day=covered, days=days)
        yield Finding("published", "warn", detail, text("cli.fix_unpublished"))
    else:
        yield Finding("published", "ok", detail)


def _in_postgres(home: Home, database: Connection) -> Finding:
    if lock_holder(home) is not None:  # a publish may be between the two stores
        return Finding("published", "ok", database.place)
    with writer_lock(home, "doctor", timeout=0):
        newest = newest_version(database)
        has_followed = follow(home, newest)
        current = current_version(home)
    last = None if current is None else published_versions(home, current)[-1]
    if (newest is None and last is None) or (newest and last and same(newest, last)):
        key = "serving.postgres_followed" if has_followed else "serving.postgres_same"
        return Finding("published", "ok", text(key, version=current or "-"))
    detail = text(
        "serving.postgres_differs",
        found=newest.version if newest else "-",
        current=current or "-",
    )
    return Finding("published", "warn", detail, text("serving.postgres_differs_fix"))


def telemetry(home: Home) -> Iterator[Finding]:
    """No variable of the environment turns a library's telemetry on."""
    on = [
        name
        for name, off in TELEMETRY_OFF.items()
        if _is_true(os.environ.get(name, off)) != _is_true(off)
    ]
    if on:
        detail = text("cli.doctor_telemetry_on", names=", ".join(on))
        yield Finding("telemetry", "warn", detail, text("cli.fix_telemetry", names=" ".join(on)))
    else:
        yield Finding("telemetry", "ok", text("cli.doctor_telemetry", count=len(TELEMETRY_OFF)))


def _is_true(value: str) -> bool:
    return value.strip().lower() not in ("", "0", "false", "no", "off")


def modes(home: Home) -> Iterator[Finding]:
    """Nobody else can read what is private, nor write what is published."""
    private = [home.airflow, home.airflow / "secrets.json", home.airflow / "airflow.db"]
    private += [home.build_file, home.lake / "_runs", *home.serving.rglob(FINANCE_FILE)]
    open_wide = [path for path in private if _mode(path) & 0o077]
    open_wide += [path for path in home.serving.rglob("*") if _mode(path) & 0o027]
    if open_wide:
        shown = ", ".join(f"{path} {_mode(path):o}" for path in open_wide[:3])
        fix = text("cli.fix_modes", paths=" ".join(str(path) for path in open_wide[:3]))
        yield Finding("modes", "fail", shown, fix)
    else:
        yield Finding("modes", "ok", text("cli.doctor_modes"))


def _mode(path: Path) -> int:
    is_there = path.exists() and not path.is_symlink()
    return stat.S_IMODE(path.stat().st_mode) if is_there else 0


def gates(home: Home) -> Iterator[Finding]:
    """The engine of the gates finds planted bad rows."""
    from kam_kpi.quality.selftest import prove_engine

    prove_engine()
    yield Finding("gates", "ok", text("cli.doctor_gates"))


CHECKS: dict[str, Check] = {
    "python": python,
    "packages": packages,
    "disk": disk,
    "config": config,
    "sources": sources,
    "airflow": airflow,
    "lock": lock,
    "published": published,
    "telemetry": telemetry,
    "modes": modes,
    "gates": gates,
}
