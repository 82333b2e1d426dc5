"""The pages of KPIs and policy are what their sources say, and say all of it."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from kam_kpi import PROJECT
from kam_kpi.docs.definitions import DEFINITIONS, SEED, Definition, definitions
from kam_kpi.docs.pages import FOLDER, INDEX, POLICY, pages, write_pages
from kam_kpi.parameters import parameters

RECORDS = PROJECT / "dbt_project/models/marts/kpi/records"
KPIS = definitions(PROJECT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What pages are made of, and the pages, to change."""
    for path in (DEFINITIONS, FOLDER):
        shutil.copytree(PROJECT / path, tmp_path / path)
    for path in (SEED, INDEX, POLICY):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, tmp_path / path)
    return tmp_path


def test_the_committed_pages_are_up_to_date() -> None:
    wanted = pages(PROJECT)
    differ = [
        str(path)
        for path, content in wanted.items()
        if not (PROJECT / path).exists() or (PROJECT / path).read_text(encoding="utf-8") != content
    ]
    assert differ == [], "run `make docs` and commit what it writes"
    assert {path.relative_to(PROJECT) for path in (PROJECT / FOLDER).glob("*.md")} <= set(wanted)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.code)
def test_a_page_has_everything(kpi: Definition) -> None:
    page = pages(PROJECT)[FOLDER / f"{kpi.code}.md"]
    assert page.startswith(f"# {kpi.name_en} · {kpi.name_ru}\n")
    for part in (kpi.definition, kpi.formula, kpi.credited, kpi.example):
        assert part in page
    for key in kpi.parameters:
        held = parameters()[key]
        assert f"| `{key}` | {held.description} | {held.default} |" in page
    for table in re.split(r"[ |]", " ".join(kpi.tables)):
        assert f"`{table}`" in page
    assert re.search(r"\d", kpi.example), "an example has numbers"


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.code)
def test_parameters_named_in_the_text_are_listed(kpi: Definition) -> None:
    text = " ".join((kpi.definition, kpi.credited, kpi.example))
    named = {key for key in re.findall(r"`([\w.]+)`", text) if key in parameters()}
    assert named <= set(kpi.parameters)


def test_every_parameter_is_one_of_a_kpi() -> None:
    used = {key for kpi in KPIS for key in kpi.parameters}
    # buckets are a column of the open items, and bonuses are no KPI
    others = {key for key in parameters() if key.startswith("bonus.")}
    assert set(parameters()) - used == {"aging.buckets"} | others
    policy = pages(PROJECT)[POLICY]
    assert all(f"| `{key}` |" in policy for key in parameters())


def test_the_index_links_every_page() -> None:
    index = pages(PROJECT)[INDEX]
    assert re.findall(r"\(kpis/(\w+)\.md\)", index) == [kpi.code for kpi in KPIS]


def test_dbt_describes_record_models_by_the_same_texts() -> None:
    models = yaml.safe_load((RECORDS / "records.yml").read_text(encoding="utf-8"))["models"]
    assert {m["name"] for m in models} == {path.stem for path in RECORDS.glob("*.sql")}
    named = [code for m in models for code in re.findall(r"doc\('(\w+)'\)", m["description"])]
    assert sorted(named) == sorted(kpi.code for kpi in KPIS)


def test_a_changed_definition_changes_its_page_and_the_index(copy: Path) -> None:
    assert write_pages(copy) == []
    path = copy / DEFINITIONS / "revenue.md"
    path.write_text(path.read_text(encoding="utf-8").replace("Formula: Σ net", "Formula: Σ nets"))
    assert write_pages(copy) == [FOLDER / "revenue.md", INDEX]
    assert "**Formula:** Σ nets" in (copy / FOLDER / "revenue.md").read_text(encoding="utf-8")
    assert write_pages(copy) == []


def test_what_people_wrote_stays(copy: Path) -> None:
    index = copy / INDEX
    index.write_text(index.read_text(encoding="utf-8") + "\nBy hand.\n", encoding="utf-8")
    (copy / FOLDER / "gone.md").write_text("a KPI that was dropped", encoding="utf-8")
    assert write_pages(copy) == [FOLDER / "gone.md"]
    assert index.read_text(encoding="utf-8").endswith("\nBy hand.\n")
    assert not (copy / FOLDER / "gone.md").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{% docs revenue %}", "{% docs income %}", "one block {% docs revenue %} is expected"),
        ("Example: ", "For instance, ", "Example is missing"),
        ("Parameters: none", "Parameters: renewal.grace", "no parameter renewal.grace"),
    ],
)
def test_a_definition_that_lacks_something_is_named(
    copy: Path, old: str, new: str, message: str
) -> None:
    path = copy / DEFINITIONS / "revenue.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=r"definitions/revenue\.md") as caught:
        pages(copy)
    assert message in str(caught.value)


def test_a_kpi_without_a_definition_is_named(copy: Path) -> None:
    (copy / DEFINITIONS / "nrr.md").unlink()
    with pytest.raises(ValueError, match="differ: nrr"):
        pages(copy)
