"""The files that a source delivers: which feed they are of, and which day they speak for."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from kam_kpi.errors import KamError
from kam_kpi.sources import parse_sql
from kam_kpi.sources.mapping import CoversToColumn, CoversToDate, Feed, Source
from kam_kpi.sources.read_files import RawTable


@dataclass(frozen=True)
class Delivery:
    """One file that matches a feed."""

    feed_name: str
    feed: Feed
    path: Path
    groups: dict[str, str]

    @property
    def scope(self) -> str:
        """What a load replaces when its entity's mode is replace_by: the period, else the file."""
        return self.groups.get("scope") or self.path.name


def deliveries(source: Source, folder: Path) -> list[Delivery]:
    """Files of the folder that match a feed, by feed and name; hidden ones are still being written.

    Raises:
        KamError: the folder does not exist or is empty.
    """
    paths = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
    if not paths:
        raise KamError("sources.folder_missing", where=str(folder), source=source.source)
    found = []
    for name, feed in source.feeds.items():
        pattern = re.compile(feed.pattern)
        for path in paths:
            match = pattern.fullmatch(path.name)
            if match:
                groups = {key: value for key, value in match.groupdict().items() if value}
                found.append(Delivery(name, feed, path, groups))
    return found


def sha256_of(path: Path) -> str:
    """Digest of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def needed_columns(feed: Feed) -> list[str]:
    """Source columns that the mapping reads straight from the file (a `select` names its own)."""
    needed: set[str] = set()
    for entity in feed.entities.values():
        if entity.select is None:
            origins = [column.from_ for column in entity.columns.values()] + [entity.version]
            needed |= {name for name in origins if name and not name.startswith("_")}
    return sorted(needed)


def _manifest(path: Path) -> dict[str, Any]:
    manifest = path.with_name(f"{path.name}.manifest.json")
    if not manifest.exists():
        return {}
    try:
        content: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        rows = content.get("rows", {})
        if not isinstance(rows, dict) or not all(isinstance(n, int) for n in rows.values()):
            raise ValueError("rows is not a mapping of sheet or feed to number")
    except ValueError as fault:
        raise KamError("sources.bad_manifest", where=manifest.name, problem=str(fault)) from fault
    return content


def announced(delivery: Delivery) -> int | None:
    """Rows that the manifest announces for the sheet or feed; None where it says nothing."""
    rows = _manifest(delivery.path).get("rows", {})
    sheet = delivery.feed.xlsx.sheet if delivery.feed.xlsx else delivery.feed_name
    announced: int | None = rows.get(sheet)
    return announced


def _greatest_date(delivery: Delivery, raw: RawTable, column: str) -> str:
    if column not in raw.columns:
        return ""
    landed = raw.table
    patterns = [*delivery.feed.formats.date, *parse_sql.ISO_DATES]
    day = parse_sql.date(f"trim({parse_sql.identifier(column)})", patterns)
    with duckdb.connect() as connection:
        connection.register("landed", landed)
        row = connection.execute(f"select max({day}) from landed").fetchone()
    return str(row[0]) if row and row[0] else ""


def covers_to(delivery: Delivery, raw: RawTable | None) -> str:
    """The last day the file speaks for, ISO text; empty while a column must be read first.

    Raises:
        KamError: it is not where the feed declares it, or is no date.
    """
    how = delivery.feed.covers_to
    if isinstance(how, CoversToDate):
        return how.date.isoformat()
    if isinstance(how, CoversToColumn):
        if raw is None:
            return ""
        value, name = _greatest_date(delivery, raw, how.column), f"column {how.column}"
    elif how == "manifest":
        value, name = str(_manifest(delivery.path).get("covers_to", "")), "manifest"
    else:
        value, name = delivery.groups.get("covers_to", ""), "file_name"
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as fault:
        where = delivery.path.name
        raise KamError("sources.bad_covers_to", where=where, value=value, how=name) from fault


def declared_day(delivery: Delivery) -> str:
    """The last day if it stands outside the file's content, else empty: the content decides."""
    try:
        return covers_to(delivery, None)
    except KamError:
        return ""
