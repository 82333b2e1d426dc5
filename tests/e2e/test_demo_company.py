"""The demo company as a new user meets it: one run, its stories, a day later, no difference."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kam_kpi import PROJECT
from kam_kpi.demo.stories import stories
from kam_kpi.serving.hashes import table_hashes
from tests.demo.story_facts_in_warehouse import mismatches
from tests.e2e.conftest import Kam

DAYS = 5


@pytest.fixture(scope="module")
def later(demo: Kam, kam_at: Callable[[Path], Kam]) -> Kam:
    """The same company some days later, taken on from the first run."""
    kam = kam_at(PROJECT / "config")
    shutil.copytree(demo.home, kam.home, dirs_exist_ok=True, symlinks=True)
    kam("demo", "advance", "--days", str(DAYS))
    kam("run")
    return kam


@pytest.mark.parametrize("name", sorted(stories()))
def test_the_story_comes_out(demo: Kam, name: str) -> None:
    with duckdb.connect(str(demo.published), read_only=True) as connection:
        assert mismatches(connection, stories()[name]) == []


@pytest.mark.parametrize("name", sorted(stories()))
def test_the_story_comes_out_days_later(later: Kam, name: str) -> None:
    with duckdb.connect(str(later.published), read_only=True) as connection:
        assert mismatches(connection, stories()[name], DAYS) == []


def test_credit_of_all_owners_and_of_nobody_is_the_companys_revenue(demo: Kam) -> None:
    credited, company = demo.rows(
        """select (select sum(value) from kpi.fct_kam_kpi
            where kpi_code = 'revenue' and "window" = 'month')
        = (select sum(numerator) from kpi.fct_kpi_evidence
           where kpi_code = 'revenue' and credit_role = 'owner'), null"""
    )[0]
    assert (credited, company) == (True, None)


def test_the_next_run_takes_only_what_is_new(demo: Kam, later: Kam) -> None:
    def states(kam: Kam) -> dict[str, str]:
        paths = kam.home.glob("lake/_loads/*.json")
        return {path.stem: json.loads(path.read_text())["accepted_at"] for path in paths}

    first, second = states(demo), states(later)
    assert first.items() < second.items()
    files = len(list((later.home / "lake" / "raw").rglob("*.parquet")))
    assert files > len(list((demo.home / "lake" / "raw").rglob("*.parquet")))


def test_taking_days_as_they_come_equals_building_all_at_once(
    later: Kam, kam_at: Callable[[Path], Kam]
) -> None:
    fresh = kam_at(PROJECT / "config")
    shutil.copytree(later.home / "lake", fresh.home / "lake")
    shutil.copytree(later.home / "inbox", fresh.home / "inbox")
    fresh("run")
    assert table_hashes(fresh.published) == table_hashes(later.published)
    assert table_hashes(fresh.finance, ("bonus",)) == table_hashes(later.finance, ("bonus",))


def test_a_run_with_nothing_new_publishes_nothing(later: Kam) -> None:
    before = later.published.resolve()
    assert "nothing" in later("run").lower()
    assert later.published.resolve() == before


def test_the_month_is_shown_in_both_languages(demo: Kam) -> None:
    english = demo("--lang", "en", "kpi", "2026-10")
    russian = demo("--lang", "ru", "kpi", "2026-10")
    assert "revenue" in english and "выручка" in russian
    assert max(map(len, (english + russian).splitlines())) <= 100


def test_doctor_finds_everything_in_order(demo: Kam) -> None:
    assert "fail" not in demo("doctor").lower()
