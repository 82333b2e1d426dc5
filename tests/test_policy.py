"""What a user reads when `<config>/policy.yml` is wrong, and that every bound holds."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from kam_kpi.cli import app
from kam_kpi.config import load_deployment
from kam_kpi.errors import KamError
from kam_kpi.parameters import Parameter, parameters
from kam_kpi.warehouse.control import TABLES
from tests.conftest import SmallDeployment

RANGES = [parameter for parameter in parameters().values() if parameter.high is not None]
CHOICES = [parameter for parameter in parameters().values() if parameter.choices]
VERSION: dict[str, Any] = {"version": "2020-01", "valid_from": "2020-01-01"}


def version_with(key: str, value: object) -> dict[str, Any]:
    section, _, name = key.rpartition(".")
    return VERSION | ({section: {name: value}} if section else {name: value})


def write(deployment: SmallDeployment, content: object) -> Path:
    path = deployment.config / "policy.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def held(deployment: SmallDeployment, content: object) -> dict[str, Any]:
    """The first version as it is handed to the models."""
    write(deployment, content)
    return load_deployment().policy.rows()[0]


def refused(deployment: SmallDeployment, content: object) -> list[str]:
    """The lines under “The policy is refused”, which names the file."""
    path = write(deployment, content)
    with pytest.raises(KamError) as caught:
        load_deployment()
    assert caught.value.where == str(path)
    first, *lines = caught.value.what.splitlines()
    assert first in ("The policy is refused:", "Политика не принята:")
    return [line.strip() for line in lines]


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAM_LANG", "en")


@pytest.mark.parametrize("parameter", RANGES, ids=lambda parameter: parameter.key)
def test_each_range_holds_at_its_bounds(deployment: SmallDeployment, parameter: Parameter) -> None:
    assert parameter.low is not None and parameter.high is not None
    column = parameter.key.replace(".", "_")
    for value in (parameter.low, parameter.low + 1, parameter.high - 1, parameter.high):
        content = {"versions": [version_with(parameter.key, value)]}
        assert held(deployment, content)[column] == value
    for value in (parameter.low - 1, parameter.high + 1, 2.5, "many", None):
        [line] = refused(deployment, {"versions": [version_with(parameter.key, value)]})
        assert line.startswith(f"version 2020-01, {parameter.key}: ")
        assert line.endswith(f"whole numbers from {parameter.low} to {parameter.high}")


@pytest.mark.parametrize("parameter", CHOICES, ids=lambda parameter: parameter.key)
def test_each_choice_is_one_of_those_named(
    deployment: SmallDeployment, parameter: Parameter
) -> None:
    assert parameter.default == parameter.choices[0]
    for choice in parameter.choices:
        content = {"versions": [version_with(parameter.key, choice)]}
        assert held(deployment, content)[parameter.key.replace(".", "_")] == choice
    [line] = refused(deployment, {"versions": [version_with(parameter.key, "nope")]})
    names = ", ".join(parameter.choices)
    assert line == f'version 2020-01, {parameter.key}: "nope" is not known; allowed are {names}'


def test_thirty_days_may_be_written_as_a_number(deployment: SmallDeployment) -> None:
    assert (
        held(deployment, {"versions": [version_with("dso.days_basis", 30)]})["dso_days_basis"]
        == "30"
    )


@pytest.mark.parametrize(
    ("buckets", "is_fine"),
    [
        ([0], True),
        ([-1], False),
        ([0, 1], True),
        ([0, 0], False),
        ([30, 29], False),
        ([30, 60], True),
        (list(range(12)), True),
        (list(range(13)), False),
        ([], False),
        (30, False),
        ([1.5], False),
    ],
)
def test_aging_buckets_ascend_from_zero(
    deployment: SmallDeployment, buckets: object, is_fine: bool
) -> None:
    content = {"versions": [version_with("aging.buckets", buckets)]}
    if is_fine:
        assert held(deployment, content)["aging_buckets"] == buckets
    else:
        [line] = refused(deployment, content)
        assert line.startswith("version 2020-01, aging.buckets: ")
        assert f"{buckets} is not possible; allowed are 1 to 12" in line or buckets == [1.5]


def test_every_parameter_is_a_column_the_models_read() -> None:
    columns = {part.split()[0] for part in TABLES["policy"].split(", ")}
    keys = {key.replace(".", "_") for key in parameters()}
    assert columns - {"policy_version", "valid_from", "valid_to"} == keys
    assert {p.key for p in parameters().values() if not p.choices and p.high is None} == {
        "aging.buckets", "bonus.unpaid_absences",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"grein": "account"},
            "grein: there is no such key; there are version, valid_from, grain,",
        ),
        (
            {"renewal": {"grace": 30}},
            "renewal.grace: there is no such key; there are grace_days, min_term_months, due_by,",
        ),
        (
            {"renewal": {"grace_days": True}},
            "renewal.grace_days: true is out of range",
        ),
        ({"renewal": None}, "renewal: null is no group of keys; there are grace_days,"),
        ({"churn": 3}, "churn: 3 is no group of keys; there are inactivity_months,"),
        ({"valid_from": "soon"}, 'valid_from: "soon" is no day; write YYYY-MM-01'),
        (
            {"valid_from": "2020-01-02"},
            "valid_from: 2020-01-02 is no first day of a month; a version begins with a month",
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_there_is(
    deployment: SmallDeployment, change: dict[str, Any], message: str
) -> None:
    [line] = refused(deployment, {"versions": [VERSION | change]})
    assert line.startswith(f"version 2020-01, {message}")


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ({"valid_from": "2020-01-01"}, "version no. 1, version: is missing"),
        ({"version": "v"}, "version v, valid_from: is missing"),
        (
            {"version": 2020, "valid_from": "2020-01-01"},
            "version 2020, version: 2020 is no name; write a text, a number in quotes",
        ),
        (
            "v",
            'version no. 1, the version: "v" is no group of keys; there are version, valid_from,',
        ),
    ],
)
def test_a_version_needs_a_name_and_a_start(
    deployment: SmallDeployment, version: object, message: str
) -> None:
    [line] = refused(deployment, {"versions": [version]})
    assert line.startswith(message)


@pytest.mark.parametrize("content", [None, {}, [], {"versions": []}, {"versions": 1}, {"x": 1}])
def test_a_file_without_versions_says_so(deployment: SmallDeployment, content: object) -> None:
    lines = refused(deployment, content)
    assert lines == ["there is no list `versions` with at least one version"]


def test_all_problems_are_told_at_once(deployment: SmallDeployment) -> None:
    second = {"version": "2021-01", "valid_from": "2021-01-01", "churn": {"recognise": "later"}}
    lines = refused(
        deployment, {"versions": [version_with("renewal.grace_days", 400), second]}
    )  # fmt: skip
    assert lines == [
        "version 2020-01, renewal.grace_days: 400 is out of range; allowed are whole numbers from"
        " 0 to 366",
        'version 2021-01, churn.recognise: "later" is not known; allowed are end_of_service, notice',
    ]


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (
            "2019-12-01",
            "version 2020-02, valid_from: 2019-12-01 is before the start of version 2020-01 above"
            " it, 2020-01-01: they overlap; list versions oldest first",
        ),
        (
            "2020-01-01",
            "version 2020-02, valid_from: 2020-01-01 is also the start of version 2020-01: they"
            " overlap; each version begins on a day of its own",
        ),
        ("2020-02-01", None),
    ],
)
def test_versions_follow_each_other(
    deployment: SmallDeployment, start: str, message: str | None
) -> None:
    content = {"versions": [VERSION, {"version": "2020-02", "valid_from": start}]}
    if message is None:
        assert str(held(deployment, content)["valid_to"]) == "2020-02-01"
    else:
        assert refused(deployment, content) == [message]


def test_it_is_told_in_russian(
    deployment: SmallDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAM_LANG", "ru")
    assert refused(deployment, {"versions": [version_with("renewal.grace_days", 367)]}) == [
        "версия 2020-01, renewal.grace_days: 367 вне границ; допустимы целые числа от 0 до 366"
    ]
    assert refused(deployment, {"versions": [version_with("renewal.grace", 30)]})[0].startswith(
        "версия 2020-01, renewal.grace: такого ключа нет; есть grace_days, min_term_months,"
    )
    assert refused(deployment, {"versions": [VERSION, VERSION]}) == [
        "версия 2020-01, version: так названы две версии; именем версии помечаются результаты,"
        " поэтому у каждой должно быть своё",
        "версия 2020-01, valid_from: 2020-01-01 уже начинает версию 2020-01: они пересекаются;"
        " у каждой версии своё начало",
    ]


def test_kam_run_ends_with_two_before_anything_starts(
    deployment: SmallDeployment, home: Path
) -> None:
    path = write(deployment, {"versions": [version_with("cross_sell.by", "phone")]})
    result = CliRunner().invoke(app, ["run"])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "The policy is refused:",
        '  version 2020-01, cross_sell.by: "phone" is not known; allowed are invoice_line, won_deal',
        f"  where: {path}",
        "  fix: Correct it; docs/policy.md lists every parameter with its range.",
    ]
    assert list(home.iterdir()) == []


def test_two_versions_of_one_name_are_refused(deployment: SmallDeployment) -> None:
    versions = [VERSION, VERSION | {"valid_from": "2021-01-01"}]
    [line] = refused(deployment, {"versions": versions})
    assert line.startswith("version 2020-01, version: two versions have this name")
