"""Tables stay within 100 columns on any screen, in both languages, whatever the data."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from kam_kpi.lake.landing import land
from kam_kpi.lake.registry import quarantine
from kam_kpi.quality import selftest
from tests.cli.conftest import Kam
from tests.cli.kpi_build import ROWS, publish_kpis
from tests.cli.test_cli_sources import PRODUCTS
from tests.conftest import SmallDeployment

LONG = "very_long_" * 6
REASONS = ["unreadable_file", "header_changed", "incomplete", "ambiguous_version"]
HUGE = [("e1", "revenue", "-98765432109876.54", None, "-98765432109876.54", None), *ROWS[1:]]
COMMANDS = [
    ["kpi", "2026-10"],
    ["query"],
    ["query", f"select '{LONG}' as a, '{LONG}' as b, repeat('x', 500) as c, 1 as d"],
    ["query", f"select 1 as {LONG}"],
    ["doctor"],
    ["sources", "list"],
    ["sources", "check", "shop"],
    ["quarantine", "list"],
    ["quarantine", "list", "--rows"],
]


@pytest.fixture
def crowded(kam: Kam, deployment: SmallDeployment, home: Path) -> Kam:
    """A deployment in which everything that can be long is long."""
    deployment.write_source("shop", {"products": PRODUCTS}, schedule="*/15 0-8,12-20 1-7 * 1-5")
    row = f"1,{LONG}{LONG},1.5\n2,{LONG},{LONG}\n"
    deployment.drop("shop", "products_2026-10-31.csv", "ID,Name,Cost\n" + row)
    [load_id] = land("shop", "r1")
    quarantine(load_id, REASONS)
    fault = (LONG, LONG, "deal", "L", f"{LONG}.csv", 1234567, LONG, LONG, "unparsable_decimal")
    publish_kpis(home, HUGE, quarantined=[fault])
    return kam


@pytest.mark.parametrize("language", ["en", "ru"])
def test_tables_fit_a_hundred_columns(
    crowded: Kam, home: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "prove_engine", lambda: None)
    for words in COMMANDS:
        code = 1 if words == ["doctor"] else 0  # its files are readable by all
        lines = crowded("--lang", language, *words, code=code).stdout.splitlines()
        # A line that is a path is never broken.
        wide = [line for line in lines if cell_len(line) > 100 and str(home.parent) not in line]
        assert wide == [], words


def test_a_narrow_terminal_is_respected(crowded: Kam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    lines = crowded("kpi", "2026-10").stdout.splitlines()
    assert max(map(cell_len, lines)) <= 90
    assert any("-98,765,432,109,876.54" in line for line in lines)
