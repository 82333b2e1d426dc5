"""Readers while versions are published: never blocked, never a half, never an error."""

import subprocess
import sys
import time
from pathlib import Path

from kam_kpi.home import Home
from kam_kpi.serving import versions
from kam_kpi.serving.publish import publish
from kam_kpi.serving.query import connect
from tests.serving.small_build import ready

PUBLISHES = 50
LINES = 8

READER = """
import os, sys, time
from pathlib import Path
from kam_kpi.serving.query import connect

os.nice(10)  # it never rests: leave the publisher room on a small machine
seen, slowest = set(), 0.0
while not Path(sys.argv[1]).exists():
    begun = time.monotonic()
    with connect() as connection:
        # A whole version has 8 lines of one amount, and that amount is its number.
        lines = connection.execute(
            "select count(*), min(net), max(net), (select max(version) from "
            "quality.dim_published_version) from core.fct_invoice_line"
        ).fetchall()
    slowest = max(slowest, time.monotonic() - begun)
    [(count, least, greatest, version)] = lines
    assert (count, least, greatest) == (8, version, version), lines
    seen.add(version)
print(len(seen), slowest)
"""


def publish_number(home: Path, number: int) -> None:
    ready(home, f"r{number}", *((f"{line:03d}", number, None) for line in range(LINES)))
    assert publish(f"r{number}") == number


def test_readers_during_fifty_publishes(home: Path) -> None:
    publish_number(home, 1)
    stop = home / "stop"
    command = [sys.executable, "-c", READER, str(stop)]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    slowest_publish = 0.0
    for number in range(2, PUBLISHES + 2):
        begun = time.monotonic()
        publish_number(home, number)
        slowest_publish = max(slowest_publish, time.monotonic() - begun)
    stop.touch()
    output, _ = reader.communicate(timeout=30)
    assert reader.returncode == 0
    seen, slowest_read = output.split()
    assert int(seen) > 5
    assert float(slowest_read) < 5
    assert slowest_publish < 10


def test_an_open_reader_keeps_its_version_after_it_is_removed(home: Path) -> None:
    publish_number(home, 1)
    with connect() as reader:
        for number in range(2, 9):
            publish_number(home, number)
        assert versions.versions(Home(home)) == [4, 5, 6, 7, 8]
        assert reader.execute("select distinct net from core.fct_invoice_line").fetchall() == [(1,)]
    with connect() as reader:
        assert reader.execute("select distinct net from core.fct_invoice_line").fetchall() == [(8,)]
