"""Random schedules of loads and builds end in the same tables as one build of everything."""

import random
import shutil
from pathlib import Path

import pytest

from kam_kpi import PROJECT
from kam_kpi.config import load_deployment
from kam_kpi.home import Home
from kam_kpi.lake.landing import land
from kam_kpi.lake.registry import accept_loads
from kam_kpi.quality.gates import validate_conformed, validate_loads, validate_marts
from kam_kpi.serving.hashes import table_hashes
from kam_kpi.serving.publish import publish
from kam_kpi.warehouse.build import build_marts, conform
from tests.e2e.conftest import Kam


def build_and_publish(run_id: str) -> None:
    """From here on the next build makes only those months again that have changed."""
    conform(run_id)
    validate_conformed(run_id)
    build_marts(run_id)
    validate_marts(run_id)
    publish(run_id)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_schedule_of_deliveries_gives_the_same_tables(
    demo: Kam, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAM_HOME", str(tmp_path))
    monkeypatch.setenv("KAM_CONFIG", str(PROJECT / "config"))
    dice = random.Random(seed)
    files = sorted(path for path in (demo.home / "inbox").rglob("*") if path.is_file())
    (tmp_path / "inbox").mkdir()
    shutil.copy(demo.home / "inbox" / "billing.db", tmp_path / "inbox")
    data = [path for path in files if path.suffix in (".csv", ".xlsx")]
    dice.shuffle(data)
    cuts = sorted(dice.sample(range(1, len(data)), 3))
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(data)], strict=True)):
        for path in data[start:end]:
            for name in (path.name, f"{path.name}.manifest.json"):
                if path.with_name(name).exists():
                    target = tmp_path / path.with_name(name).relative_to(demo.home)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path.with_name(name), target)
        for source in load_deployment().sources:
            land(source, f"part-{number}")
            validate_loads(source, f"part-{number}")
            accept_loads(source)
        build_and_publish(f"part-{number}")
    published = Home.current().serving / "current" / "kam.duckdb"
    assert table_hashes(published) == table_hashes(demo.published)
