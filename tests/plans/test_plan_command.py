"""`kam plan check` and its page."""

import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kam_kpi import PROJECT
from kam_kpi.cli import app
from kam_kpi.demo.world import Company, world
from kam_kpi.plans.load import load_plans
from kam_kpi.plans.rows import FILES, choices, columns
from tests.conftest import SmallDeployment
from tests.plans.plan_files import good, write

PAGE = (PROJECT / "docs" / "plans.md").read_text(encoding="utf-8")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plan", "check", *arguments])
    return result.exit_code, " ".join(result.output.split())


def test_versions_are_listed(deployment: SmallDeployment, tmp_path: Path) -> None:
    write(deployment.config / "plans", good())
    code, printed = run()
    assert code == 0
    assert "kam 1 2025-01-01 — active 4 3 1 1" in printed
    elsewhere = write(tmp_path / "other", good())
    assert f"The plans in {elsewhere} are in order" in run(str(elsewhere))[1]


def test_faults_are_a_wrong_configuration(
    deployment: SmallDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = good()
    files["bonus_plan"][0]["author"] = ""
    write(deployment.config / "plans", files)
    code, printed = run()
    assert code == 2
    assert "bonus_plan.csv line 2, column author: is empty; write a text" in printed
    monkeypatch.setenv("KAM_LANG", "ru")
    assert "bonus_plan.csv, строка 2, столбец author: пусто; нужно текст" in run()[1]


def test_without_plans_it_says_where_they_would_be(deployment: SmallDeployment) -> None:
    code, printed = run()
    assert code == 0 and "There are no bonus plans in" in printed


@pytest.mark.parametrize("name", FILES)
def test_the_page_explains_every_column_and_word(name: str) -> None:
    part = PAGE.split(f"## `{name}.csv`")[1].split("\n## ")[0]
    rows = [line.split("|") for line in part.splitlines() if line.startswith("| `")]
    found = [column for row in rows for column in re.findall(r"`(\w+)`", row[1])]
    assert found == list(columns(FILES[name]))
    told = " ".join(row[2] for row in rows)
    words = {word for info in columns(FILES[name]).values() for word in choices(info)}
    assert {word for word in words if f"`{word}`" not in told} - {"<", "<=", ">="} == set()


def test_the_demo_companys_people_have_the_plan_of_their_grade() -> None:
    begins = date(2025, 1, 1)
    facts = world(Company())
    numbers = {row.employee_id: row.personnel_no for row in facts.employees}
    held = {
        (numbers[row.employee_id], row.grade, max(row.valid_from, begins), row.valid_to)
        for row in facts.positions
        if row.valid_to is None or row.valid_to > begins
    }
    plans = load_plans(PROJECT / "config" / "plans", "RUB")
    rows = [placed.row for placed in plans.assignments]
    assert {(a.employee, a.plan_code, a.valid_from, a.valid_to) for a in rows} == held
