"""Help, languages, exit codes, faults: what all commands share."""

import os
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from kam_kpi import PROJECT
from kam_kpi.cli import app
from kam_kpi.commands.doctor_checks import CHECKS
from kam_kpi.errors import KamError
from tests.cli.conftest import Kam

COMMANDS = [
    [],
    ["run"],
    ["kpi"],
    ["explain-kpi"],
    ["query"],
    ["doctor"],
    ["sources", "list"],
    ["sources", "check"],
    ["quarantine", "list"],
    ["quarantine", "release"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_examples_in_both_languages(kam: Kam, words: list[str]) -> None:
    english = kam(*words, "--help").stdout
    russian = kam("--lang", "ru", *words, "--help").stdout
    assert "Examples" in english
    assert "Примеры" in russian
    assert re.search("[а-яё]", russian, re.IGNORECASE)
    assert not re.search("[а-яё]", english, re.IGNORECASE)
    assert "cli." not in english + russian


def test_every_example_is_a_command_that_exists() -> None:
    texts = yaml.safe_load((PROJECT / "plugins/kam_kpi/texts/cli.yml").read_text(encoding="utf-8"))
    group = typer.main.get_command(app)
    lines = [
        line
        for key, entry in texts.items()
        if key.endswith("_examples")
        for line in entry["en"].splitlines()
    ]
    called = {m for line in lines for m in re.findall(r"\bkam (?:--\w+ \S+ )*([a-z-]+)", line)}
    assert called == set(group.commands)  # type: ignore[attr-defined]


def test_lang_after_run_is_the_same_as_before(kam: Kam) -> None:
    assert "Вызов:" in kam("run", "--lang", "ru", "--help").stdout


def test_both_languages_say_the_same() -> None:
    def places(side: object) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(str(side)) if name}

    for area in ("cli", "policy", "serving"):
        path = PROJECT / f"plugins/kam_kpi/texts/{area}.yml"
        for key, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            assert set(entry) == {"en", "ru"}, key
            assert places(entry["en"]) == places(entry["ru"]), key
            assert isinstance(entry["en"], dict) == isinstance(entry["ru"], dict), key


def test_every_text_that_the_commands_name_exists() -> None:
    texts = yaml.safe_load((PROJECT / "plugins/kam_kpi/texts/cli.yml").read_text(encoding="utf-8"))
    sources = [
        *(PROJECT / "plugins/kam_kpi/commands").glob("*.py"),
        PROJECT / "plugins/kam_kpi/cli.py",
    ]
    named = {
        key
        for path in sources
        for key in re.findall(r'"cli\.([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert named - set(texts) == set()
    assert {f"check_{name}" for name in CHECKS} - set(texts) == set()


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from kam_kpi.cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print(*{'duckdb', 'pydantic', 'pandas', 'pyarrow', 'airflow', 'dbt', 'great_expectations',"
        "'dlt', 'kam_kpi.demo'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "\n", done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope"], "There is no command nope."),
        (["run", "--nope"], "There is no option --nope."),
        (["run", "--as-of", "31.10.2026"], "“31.10.2026” is no day; YYYY-MM-DD is expected"),
        (["--lang", "de", "doctor"], "one of en, ru is expected"),
        (["--config", "/does/not/exist", "doctor"], "--config is not acceptable"),
        (["sources", "check"], "NAME is missing."),
    ],
)
def test_a_wrong_command_line_is_two(kam: Kam, words: list[str], message: str) -> None:
    error = kam(*words, code=2).stderr
    assert message in error
    assert "--help` shows how it is used." in error


def test_no_command_shows_the_help(kam: Kam) -> None:
    assert "Usage: kam" in kam(code=2).output.replace("root", "kam")


def test_a_fault_says_what_where_and_what_to_do(kam: Kam, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = KamError("serving.no_build", where="file.csv line 3 column [b]")
    monkeypatch.setattr("kam_kpi.serving.query.connect", lambda: _raise(fault))
    error = kam("query", "select 1", code=1).stderr
    assert error.splitlines() == [
        "There is no finished build of the warehouse",
        "  where: file.csv line 3 column [b]",
        "  fix: run `kam run`; if it stays so, delete this file: it is rebuilt from the lake",
    ]


def test_an_unexpected_fault_is_a_line_and_a_log(
    kam: Kam, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = RuntimeError("boom [red]\nsecond line")
    monkeypatch.setattr("kam_kpi.serving.query.connect", lambda: _raise(fault))
    lines = kam("query", "select 1", code=1).stderr.splitlines()
    assert lines[0] == "Unexpected error: RuntimeError: boom [red]"
    log = Path(lines[1].removeprefix("  log: "))
    assert log.parent == home / "logs"
    assert "RuntimeError: boom" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o077 == 0
    assert len(lines) == 3


def test_an_unexpected_fault_without_a_place_for_its_log(
    kam: Kam, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "logs").write_text("in the way", encoding="utf-8")
    monkeypatch.setattr("kam_kpi.serving.query.connect", lambda: _raise(RuntimeError("boom")))
    lines = kam("query", "select 1", code=1).stderr.splitlines()
    assert Path(lines[1].removeprefix("  log: ")).exists()


def _raise(fault: Exception) -> None:
    raise fault


def test_home_and_config_select_the_deployment(tmp_path: Path) -> None:
    environment = {**os.environ, "KAM_LANG": "en"}
    for name in ("KAM_HOME", "KAM_CONFIG"):
        environment.pop(name, None)
    kam = [str(Path(sys.executable).with_name("kam"))]
    done = subprocess.run(
        [*kam, "--home", "elsewhere", "query", "select 1"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert f"where: {tmp_path}/elsewhere/serving" in done.stderr
    (tmp_path / "mine").mkdir()
    done = subprocess.run(
        [*kam, "--config", "mine", "sources", "list"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert f"where: {tmp_path}/mine/company.yml" in done.stderr
    assert (done.returncode, done.stdout) == (2, "")


def test_a_closed_pipe_is_no_fault(published: Kam) -> None:
    program = Path(sys.executable).with_name("kam")
    script = f"'{program}' query 'from range(200000)' --format csv | head -1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert done.stdout == "range\n"
    assert done.stderr == ""
