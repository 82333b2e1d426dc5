"""`kam plan new` and `kam plan diff`."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kam_kpi.cli import app
from kam_kpi.errors import KamError
from kam_kpi.plans.diff import differences
from kam_kpi.plans.load import load_plans
from kam_kpi.plans.new import first_plans, new_version
from tests.conftest import SmallDeployment
from tests.plans.plan_files import good, write


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["plan", *arguments])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def test_a_new_version_is_the_last_one_from_its_day_on(tmp_path: Path) -> None:
    folder = write(tmp_path / "plans", good())
    (folder / "bonus_plan.csv").write_text(
        "# Who wrote what.\n" + (folder / "bonus_plan.csv").read_text("utf-8"), "utf-8"
    )
    before = load_plans(folder, "RUB")
    assert new_version(folder, before, "kam", date(2027, 1, 1)) == 2
    after = load_plans(folder, "RUB")
    assert (folder / "bonus_plan.csv").read_text("utf-8").startswith("# Who wrote what.\n")
    old, new = after.versions()
    assert (old.plan.row.valid_to, new.plan.row.valid_from) == (date(2027, 1, 1),) * 2
    for part in ("components", "tiers", "gates"):
        copied = [held.row.model_dump(exclude={"version"}) for held in getattr(new, part)]
        assert copied == [held.row.model_dump(exclude={"version"}) for held in getattr(old, part)]
        assert copied
    kinds = {(change.file, change.kind) for change in differences(before, after)}
    assert ("bonus_plan", "changed") in kinds and ("bonus_tier", "added") in kinds
    assert not {kind for _, kind in kinds} & {"removed"}


@pytest.mark.parametrize("day", [date(2025, 1, 1), date(2024, 12, 1), date(2027, 1, 2)])
def test_a_version_begins_with_a_month_after_the_last_one(tmp_path: Path, day: date) -> None:
    folder = write(tmp_path / "plans", good())
    files = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(KamError, match="cannot begin on"):
        new_version(folder, load_plans(folder, "RUB"), "kam", day)
    with pytest.raises(KamError, match="There is no plan nobody"):
        new_version(folder, load_plans(folder, "RUB"), "nobody", date(2027, 1, 1))
    assert {path: path.read_bytes() for path in folder.iterdir()} == files


def test_the_first_plans_pass_the_check_in_any_currency(tmp_path: Path) -> None:
    first_plans(tmp_path / "plans", "EUR")
    plans = load_plans(tmp_path / "plans", "EUR")
    assert {held.row.currency for held in plans.plans} == {"EUR"}
    assert plans.components and not plans.assignments


def test_the_commands_say_what_they_did(deployment: SmallDeployment, tmp_path: Path) -> None:
    assert "Plans to begin with are in" in run("new")
    assert "are in order" in run("check")
    assert "There is a folder of plans already" in run("new", code=1)
    other = write(tmp_path / "other", good())
    assert "bonus_plan.csv" in run("diff", str(other))
    assert run("diff", str(deployment.config / "plans")) == "The plans are the same."
    assert "Version 2 of middle begins on 2027-01-01" in run(
        "new", "middle", "--from", "2027-01-01"
    )
    assert "are in order" in run("check")
    assert "needs PLAN and --from" in run("new", "middle", code=2)
