import subprocess
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from kam_kpi.orchestration.events import START, TaskEvent
from kam_kpi.orchestration.output import OutputToFiles
from kam_kpi.orchestration.progress import RunProgress


def test_what_tasks_and_their_children_print_goes_to_a_file_of_each_task(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with OutputToFiles(tmp_path / "logs") as output:
        print("between tasks")
        output.switch_to("crm.land_files")
        print("from Python")
        subprocess.run(["sh", "-c", "echo from a child; echo its error >&2"], check=True)
    print("on the screen again")
    assert output.path("airflow").read_text() == "between tasks\n"
    lines = output.path("crm.land_files").read_text().splitlines()
    assert lines == ["from Python", "from a child", "its error"]
    assert capfd.readouterr().out == "on the screen again\n"


def test_a_task_run_twice_appends_to_its_file(tmp_path: Path) -> None:
    for line in ("first", "second"):
        with OutputToFiles(tmp_path) as output:
            output.switch_to("task")
            print(line)
    assert output.path("task").read_text() == "first\nsecond\n"


def test_progress_reaches_the_screen_while_output_goes_to_files(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with RunProgress() as progress, OutputToFiles(tmp_path):
        progress.on_event(TaskEvent("extract_crm", "land_files", "running"))
        progress.on_event(TaskEvent("extract_crm", "land_files", "success", 1.25))
        print("noise")
    assert capfd.readouterr().out == "✓ crm · land what is new  1.2 s\n"


def test_every_state_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAM_LANG", "en")
    screen = StringIO()
    with RunProgress(Console(file=screen, width=80)) as progress:
        for event in (
            TaskEvent(*START, "running"),
            TaskEvent(*START, "success", 3.0),
            TaskEvent("extract_crm", "accept_load", "skipped", 0.1),
            TaskEvent("build_warehouse", "conform", "failed", 2.0),
            TaskEvent("build_warehouse", "validate_conformed", "upstream_failed"),
        ):
            progress.on_event(event)
    assert screen.getvalue().splitlines() == [
        "✓ airflow · start  3.0 s",
        "– crm · accept load  nothing new",
        "✗ build_warehouse · conform  2.0 s",
        "· build_warehouse · validate conformed  not run",
    ]


def test_progress_speaks_russian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAM_LANG", "ru")
    screen = StringIO()
    with RunProgress(Console(file=screen, width=80)) as progress:
        progress.on_event(TaskEvent("extract_crm", "land_files", "success", 1.0))
    assert screen.getvalue() == "✓ crm · приём данных  1.0 s\n"
