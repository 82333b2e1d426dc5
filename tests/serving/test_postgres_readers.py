"""Readers of PostgreSQL while versions are published: one whole version, never a wait."""

import os
import subprocess
import sys
import time
from pathlib import Path

from kam_kpi.serving.publish import publish
from tests.serving.postgres_server import Database
from tests.serving.small_build import ready_kpis

PUBLISHES = 50
SUMS = (
    "select sum(value)::text from kpi.fct_kam_kpi",
    "select sum(net)::text from core.fct_invoice_line",
)
"""A table that is cut by months and one that is not."""

READER = """
import os, sys, time
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from adbc_driver_postgresql import dbapi

os.nice(10)  # it never rests: leave the publisher room on a small machine
seen, slowest, reads = set(), 0.0, 0

def ask(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchall()[0][0]

while not Path(sys.argv[1]).exists():
    with closing(dbapi.connect(os.environ["READER_URI"])) as connection, connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        begun = time.monotonic()
        version = ask(cursor, "select max(version) from quality.dim_published_version")
        kpis = Decimal(ask(cursor, "select sum(value) from kpi.fct_kam_kpi"))
        time.sleep(0.02)
        evidence = Decimal(ask(cursor, "select sum(amount) from kpi.fct_kpi_evidence"))
        total = Decimal(ask(cursor, "select net from core.fct_invoice_line"))
        again = ask(cursor, "select max(version) from quality.dim_published_version")
        slowest = max(slowest, time.monotonic() - begun)
    # Version n: 7 n in a month that always changes, n // 5 in one that seldom does, and 10.
    assert version == again, (version, again)
    assert kpis == evidence == total == 7 * version + version // 5 + 10, (version, kpis, evidence, total)
    seen.add(version)
    reads += 1
print(len(seen), slowest, reads)
"""


def publish_number(home: Path, number: int) -> None:
    months = {"2026-01-01": 10, "2026-02-01": 7 * number, "2026-03-01": number // 5}
    ready_kpis(home, f"r{number}", months)
    assert publish(f"r{number}") == number


def test_readers_during_fifty_publishes(home: Path, postgres: Database) -> None:
    postgres.run(f"create role bi_{postgres.name} login in role kam_reader password 'p'")
    publish_number(home, 1)
    stop = home / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(stop)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"READER_URI": postgres.uri(f"bi_{postgres.name}", "p")},
        )
        for _ in range(2)
    ]
    slowest_publish = 0.0
    for number in range(2, PUBLISHES + 2):
        begun = time.monotonic()
        publish_number(home, number)
        slowest_publish = max(slowest_publish, time.monotonic() - begun)
    stop.touch()
    for reader in readers:
        output, _ = reader.communicate(timeout=30)
        assert reader.returncode == 0
        seen, slowest_read, _ = output.split()
        assert int(seen) > 5
        assert float(slowest_read) < 5
    assert slowest_publish < 10


def test_an_open_transaction_keeps_its_version_and_stops_nobody(
    home: Path, postgres: Database
) -> None:
    publish_number(home, 1)
    with postgres.session() as reader:
        reader.execute("set transaction isolation level repeatable read")
        for number in range(2, 5):
            for sql in SUMS:
                reader.execute(sql)
                assert reader.fetchall() == [("17.0000",)]
            publish_number(home, number)
    assert [postgres.ask(sql) for sql in SUMS] == [[("38.0000",)]] * 2
