"""A company delivered bit by bit, built and published each time, is the company built at once."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.lake.landing import land
from kam_kpi.quality.gates import validate_conformed, validate_marts
from kam_kpi.serving.hashes import table_hashes
from kam_kpi.serving.publish import publish
from kam_kpi.warehouse.build import build_marts, conform
from kam_kpi.warehouse.changes import read_changes
from tests.warehouse.random_deliveries import Deliveries, deliveries, source

POLICY = """
versions:
  - version: v1
    valid_from: 2000-01-01
    receivables: {{credits: {credits}}}
    cross_sell: {{lookback_months: 3, min_tenure_days: 10}}
"""


def _home(root: Path, found: Deliveries, credits: str, patch: pytest.MonkeyPatch) -> Path:
    inbox, config = root / "inbox", root / "config"
    inbox.mkdir(parents=True)
    (config / "sources").mkdir(parents=True)
    (config / "company.yml").write_text("{name: Test, currency: RUB, time_zone: UTC}\n")
    (config / "policy.yml").write_text(POLICY.format(credits=credits))
    content = source(sorted({entity for entity, _ in found.rows}), str(inbox))
    (config / "sources" / "s.yml").write_text(yaml.safe_dump(content))
    patch.setenv("KAM_HOME", str(root / "home"))
    patch.setenv("KAM_CONFIG", str(config))
    return inbox


def _run(run_id: str) -> date:
    """Builds and publishes; gives the first day from which evidence was made again."""
    land("s", run_id)
    registry.accept_loads("s")
    conform(run_id)
    validate_conformed(run_id)
    build_marts(run_id)
    validate_marts(run_id)
    with duckdb.connect(str(Home.current().build_file), read_only=True) as connection:
        day = read_changes(connection)["fct_kpi_evidence"]
    publish(run_id)
    return day


def _published() -> dict[str, str]:
    return table_hashes(Home.current().serving / "current" / "kam.duckdb")


@pytest.mark.parametrize(("seed", "credits"), [(1, "oldest_first")])
def test_months_built_again_are_those_of_one_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, credits: str
) -> None:
    found = deliveries(seed)
    inbox = _home(tmp_path / "bit by bit", found, credits, monkeypatch)
    again = []
    for place in range(len(found.cuts)):
        for name, content in found.files(place).items():
            (inbox / name).write_text(content)
        again.append(_run(f"run-{place}"))
    # so few months that one made wrongly, or not at all, would show
    assert again[-1] >= date(2025, 1, 1)
    taken = _published()
    inbox = _home(tmp_path / "at once", found, credits, monkeypatch)
    for place in range(len(found.cuts)):
        for name, content in found.files(place).items():
            (inbox / name).write_text(content)
    _run("at once")
    at_once = _published()
    assert {name for name in at_once if at_once[name] != taken.get(name)} == set()
