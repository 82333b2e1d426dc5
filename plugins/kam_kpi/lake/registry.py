"""The register of loads: one JSON record per load under lake/_loads, and its way through the gate.

landed → accepted | quarantined → released. Only accepted and released loads are read downstream.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake.files import write_json

State = Literal["landed", "accepted", "quarantined", "released"]


@dataclass(frozen=True)
class LoadRecord:
    """One load: a file, or one sheet of it, as one feed. Dates are ISO text."""

    load_id: str
    source: str
    domain: str
    feed: str
    file: str
    sha256: str
    covers_to: str
    scope: str
    landed_at: str
    reading: str = ""
    """Fingerprint of how the file was read: a refused file is read again once this changes."""
    columns: list[str] = field(default_factory=list)
    parquet: list[str] = field(default_factory=list)
    rows_announced: int | None = None
    rows_seen: int = 0
    rows_landed: int = 0
    missing_columns: list[str] = field(default_factory=list)
    unreadable: str = ""
    state: State = "landed"
    reasons: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    """Kind of values of each column, where the source tells."""
    read_at: str = ""
    """Clock of the database when its snapshot was fixed; empty for a file."""
    cursor_to: str = ""
    """Greatest cursor of the feed that the database's clock had reached."""
    tail: str = ""
    """Digest of the rows within the overlap of cursor_to: they are read again and are no news."""
    keys: str = ""
    """Digest of the keys in the load, where a feed declares scope and key."""
    accepted_at: str = ""
    release_order: int = 0
    """Of one day the greatest wins: a person's later release, or a database's later snapshot."""
    released_by: str = ""

    @property
    def is_refused(self) -> bool:
        """Nothing of the file could be landed."""
        return bool(self.unreadable or self.missing_columns)


def load_id(source: str, feed: str, sha256: str, covers_to: str) -> str:
    """One load = same bytes and same last day, whatever the file is called or when it came."""
    digest = hashlib.sha256("\x1f".join((source, feed, sha256, covers_to)).encode()).hexdigest()
    return digest[:24]


def now() -> str:
    """This instant, UTC, ISO text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def save(record: LoadRecord) -> None:
    """Writes a record atomically."""
    write_json(Home.current().lake / "_loads" / f"{record.load_id}.json", asdict(record))


def loads(source: str | None = None, states: Iterable[State] | None = None) -> list[LoadRecord]:
    """Records by source, feed, last day and id: the same list in any order of arrival."""
    wanted = None if states is None else set(states)
    records = []
    for path in (Home.current().lake / "_loads").glob("*.json"):
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        record = LoadRecord(**raw)
        if (source is None or record.source == source) and (not wanted or record.state in wanted):
            records.append(record)
    return sorted(records, key=lambda r: (r.source, r.feed, r.covers_to, r.load_id))


def accepted_loads() -> list[LoadRecord]:
    """What downstream may read."""
    return loads(states=("accepted", "released"))


def get(load: str) -> LoadRecord:
    """The record whose id starts with `load`.

    Raises:
        KamError: no record, or more than one, has such an id.
    """
    found = [record for record in loads() if record.load_id.startswith(load)]
    if len(found) != 1:
        raise KamError("lake.unknown_load", load=load, count=len(found))
    return found[0]


def quarantine(load: str, reasons: list[str]) -> None:
    """Keeps a load out of everything downstream, with its reasons."""
    save(replace(get(load), state="quarantined", reasons=sorted(set(reasons))))


def accept_loads(source: str) -> dict[str, Any]:
    """Accepts the landed loads of a source: what the raw gate, run before, did not quarantine.

    Returns:
        accepted: ids accepted now; quarantined: ids of the source in quarantine; covers_to: the
        greatest last day among the accepted, ISO text or None.
    """
    accepted = loads(source, ("landed",))
    for record in accepted:
        save(replace(record, state="accepted", accepted_at=now()))
    return {
        "accepted": [record.load_id for record in accepted],
        "quarantined": [record.load_id for record in loads(source, ("quarantined",))],
        "covers_to": max((record.covers_to for record in accepted), default=None),
    }


def next_order() -> int:
    """An order that wins over every load there is."""
    return max((other.release_order for other in loads()), default=0) + 1


def release(load: str, by: str) -> LoadRecord:
    """Accepts a quarantined load by a person's decision; later releases win over earlier ones.

    Raises:
        KamError: the load is not quarantined, or nothing of it could be landed.
    """
    record = get(load)
    if record.state != "quarantined":
        raise KamError("lake.not_quarantined", load=record.load_id, state=record.state)
    if record.is_refused:
        raise KamError("lake.nothing_to_release", where=record.file, load=record.load_id)
    released = replace(
        record, state="released", accepted_at=now(), release_order=next_order(), released_by=by
    )
    save(released)
    return released


def ambiguous_ids(records: list[LoadRecord], scoped_feeds: set[tuple[str, str]]) -> set[str]:
    """Loads of one scope and last day whose content differs from one that came before.

    Args:
        records: the loads to judge together with what is accepted.
        scoped_feeds: (source, feed) pairs whose loads replace a scope.
    """
    firsts: dict[tuple[str, str, str, str], LoadRecord] = {}
    ambiguous = set()
    order = {"accepted": 0, "released": 0, "landed": 1}
    candidates = [r for r in records if r.state in order and not r.is_refused]
    for record in sorted(candidates, key=lambda r: (order[r.state], r.landed_at, r.load_id)):
        if (record.source, record.feed) not in scoped_feeds or record.read_at:
            continue  # the later snapshot of a database is the newer one
        key = (record.source, record.feed, record.scope, record.covers_to)
        first = firsts.setdefault(key, record)
        if first.sha256 != record.sha256 and record.state == "landed":
            ambiguous.add(record.load_id)
    return ambiguous


def greatest_covers_to(records: list[LoadRecord]) -> date | None:
    """The last day that any of the loads speaks for."""
    return max((date.fromisoformat(record.covers_to) for record in records), default=None)
