"""The same company gives the same bytes, however its days are delivered and whatever kills it."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kam_kpi.demo import generate
from kam_kpi.demo.csv_files import EXPORTS
from kam_kpi.demo.delivery import Post
from kam_kpi.demo.world import Company, world
from kam_kpi.errors import KamError
from kam_kpi.home import Home

SMALL = Company(seed=7, size=70)


class KilledError(Exception):
    """Stands for a kill between two files."""


def killer(after: int) -> Callable[[str], None]:
    """A progress callback that raises once `after` files are written."""
    left = [after]

    def count(_: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError

    return count


def digests(home: Home) -> dict[str, str]:
    """SHA-256 of every file of the inbox, by path."""
    return {
        str(path.relative_to(home.inbox)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.inbox.rglob("*"))
        if path.is_file()
    }


def journal_rows(home: Home) -> dict[str, list[str]]:
    """Lines of all files of each journal together, headers once."""
    return {
        export.feed: sorted(
            {
                line
                for path in (home.inbox / export.folder).glob(f"{export.feed}_2*.csv")
                for line in path.read_text(export.encoding).splitlines()
            }
        )
        for export in EXPORTS
        if export.is_journal
    }


def newest(home: Home) -> dict[str, bytes]:
    """The database, and the newest file of each snapshot and of each register's period."""
    journals = {export.feed for export in EXPORTS if export.is_journal}
    result = {"billing": (home.inbox / "billing.db").read_bytes()}
    for path in sorted(home.inbox.rglob("*_*")):
        scope = path.name.rpartition("_")[0]
        if path.suffix in (".csv", ".xlsx") and scope not in journals:
            result[scope] = path.read_bytes()
    return result


CompanyAfter = Callable[..., Home]


@pytest.fixture(scope="module")
def first_delivery(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("first") / "home")
    generate.write_initial(home, SMALL)
    return home


@pytest.fixture
def company_after(first_delivery: Home, tmp_path: Path) -> CompanyAfter:
    """Makes homes in which the given days were let pass one after the other."""

    def make(*steps: int) -> Home:
        home = Home(tmp_path / "-".join(map(str, ("after", *steps))))
        shutil.copytree(first_delivery.root, home.root)
        for days in steps:
            generate.advance(home, days)
        return home

    return make


def test_the_same_seed_writes_the_same_bytes(first_delivery: Home) -> None:
    once = digests(first_delivery)
    again = dict(Post(world(Company(seed=7, size=70))).first())
    assert once == {name: hashlib.sha256(again[name]).hexdigest() for name in sorted(again)}
    assert len([name for name in once if name.endswith(".xlsx")]) == 29 + 2  # copy, correction


def test_another_seed_is_another_company() -> None:
    assert world(SMALL).accounts != world(Company(seed=8, size=70)).accounts


def test_two_days_at_once_and_one_by_one_are_the_same_days(company_after: CompanyAfter) -> None:
    one_by_one, at_once = company_after(1, 1), company_after(2)
    assert journal_rows(one_by_one) == journal_rows(at_once)
    assert newest(one_by_one) == newest(at_once)
    assert journal_rows(at_once) != journal_rows(company_after(1))


def test_days_over_two_month_ends_are_the_same_in_any_portions(company_after: CompanyAfter) -> None:
    portions = company_after(20, 10, 1, 30, 19)
    whole = company_after(80)
    assert journal_rows(portions) == journal_rows(whole)
    assert newest(portions) == newest(whole)
    names = digests(whole)
    assert "branch/register_2026-11_2026-11-30.xlsx" in names
    assert "branch/register_2026-12_2026-12-31.xlsx" in names
    assert "branch/register_2027-01_2027-01-19.xlsx" in names


@pytest.mark.parametrize("files", [0, 15, 60])
def test_a_first_delivery_cut_off_is_simply_run_again(
    tmp_path: Path, first_delivery: Home, files: int
) -> None:
    home = Home(tmp_path / "cut")
    with pytest.raises(KilledError):
        generate.ensure(home, SMALL, killer(files))
    assert generate.state(home) is None
    generate.ensure(home, SMALL)
    assert digests(home) == digests(first_delivery)


@pytest.mark.parametrize("files", [0, 7, 12])
def test_a_later_delivery_cut_off_is_finished_before_the_next(
    company_after: CompanyAfter, files: int
) -> None:
    home = company_after()
    with pytest.raises(KilledError):
        generate.advance(home, 3, killer(files))
    generate.advance(home, 2)
    assert digests(home) == digests(company_after(3, 2))


def test_ensure_writes_once_and_refuses_another_company(first_delivery: Home) -> None:
    home = first_delivery
    assert generate.ensure(home) == []
    assert generate.ensure(home, SMALL) == []
    with pytest.raises(KamError, match="seed 7"):
        generate.ensure(home, Company(seed=8, size=70))


def test_advance_needs_a_company_and_stays_in_its_calendar(
    tmp_path: Path, first_delivery: Home
) -> None:
    home = first_delivery
    with pytest.raises(KamError, match="no demo company"):
        generate.advance(Home(tmp_path), 1)
    with pytest.raises(KamError, match="426 days are left"):
        generate.advance(home, 427)
    assert generate.state(home) == generate.State(7, 70, "2026-10-31", "2026-10-31")


def test_a_company_too_small_for_its_stories_is_refused() -> None:
    with pytest.raises(KamError, match="59 accounts"):
        world(Company(size=59))
