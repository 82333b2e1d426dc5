"""Rows a second into the lake: from Parquet, CSV and SQL."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import yaml

from tests.bench.measure import measured

ROWS = 5_000_000
COLUMNS = "id, account_id, day, amount, currency, note"
SELECT = f"""
    select i as id, i % 1000 as account_id, date '2023-01-01' + (i % 1000)::int as day,
        ((hash(i) % 1000000) / 100)::decimal(18, 4) as amount, 'RUB' as currency,
        'payment ' || i as note
    from range({ROWS}) t(i)
"""
LAND = """
import time
from kam_kpi.lake.landing import land
start = time.perf_counter()
land("rates", "bench")
print(f"landed in {time.perf_counter() - start:.3f} s")
"""


def landing_rates(work: Path) -> list[str]:
    """A Markdown table; each landing in a process and a home of its own."""
    rows = ["| landing from | rows/s |", "|---|---|"]
    for kind in ("parquet", "csv", "sqlite"):
        root = work / f"landing-{kind}"
        place = _deliver(kind, root)
        _configure(kind, root / "config", place)
        environment = {"KAM_HOME": str(root / "home"), "KAM_CONFIG": str(root / "config")}
        (root / "home").mkdir()
        found = measured([sys.executable, "-c", LAND], environment, root)
        seconds = float(found.output.split("landed in ")[1].split()[0])
        rows.append(f"| {kind} | {ROWS / seconds:,.0f} |")
    return rows


def _deliver(kind: str, root: Path) -> Path:
    inbox = root / "inbox"
    inbox.mkdir(parents=True)
    if kind == "sqlite":
        path = inbox / "rates.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"create table payment ({COLUMNS})")
            found = duckdb.sql(f"select columns(*)::varchar from ({SELECT})").fetchall()
            connection.executemany("insert into payment values (?, ?, ?, ?, ?, ?)", found)
            connection.commit()
        return path
    form = "parquet, compression zstd" if kind == "parquet" else "csv, header"
    duckdb.sql(f"copy ({SELECT}) to '{inbox}/payments.{kind}' (format {form})")
    return inbox


def _configure(kind: str, config: Path, place: Path) -> None:
    (config / "sources").mkdir(parents=True)
    (config / "company.yml").write_text("{name: Bench, currency: RUB, time_zone: UTC}\n")
    (config / "policy.yml").write_text("versions: [{version: v1, valid_from: 2000-01-01}]\n")
    read = {"table": "payment"} if kind == "sqlite" else {"pattern": rf"payments\.{kind}", kind: {}}
    columns = {
        "payment_id": "id", "account_id": "account_id", "received_on": "day", "amount": "amount",
        "currency": "currency",
    }  # fmt: skip
    feed = {
        **read,
        "covers_to": {"date": "2025-12-31"},
        "entities": {"payment": {"mode": "snapshot", "columns": columns}},
    }
    where = {"sqlite" if kind == "sqlite" else "path": str(place)}
    source = {"source": "rates", "domain": "receivables", **where, "feeds": {"payments": feed}}
    (config / "sources" / "rates.yml").write_text(yaml.safe_dump(source))
