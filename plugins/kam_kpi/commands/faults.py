"""How a command ends when it does not end well."""

import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from kam_kpi.errors import KamError
from kam_kpi.texts import text

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_QUARANTINED = 3


def show_fault(fault: Exception) -> None:
    """Prints what happened, where and what to do; of an unexpected fault one line and its log."""
    if isinstance(fault, KamError):
        show_error(fault)
        return
    log = _log_path()
    log.write_text("".join(traceback.format_exception(fault)), encoding="utf-8")
    line = str(fault).strip().splitlines()[:1]
    _print(text("cli.unexpected", kind=type(fault).__name__, problem="".join(line)), "bold red")
    _print("  " + text("cli.see_log", log=log))
    _print("  " + text("cli.unexpected_fix"))


def show_error(error: KamError, console: Any = None) -> None:
    """Prints what happened, where and what to do; without a console, as an error."""
    _print(error.what, "bold red", console)
    if error.where:
        _print("  " + text("cli.where", where=error.where), console=console)
    _print("  " + text("cli.fix", fix=error.fix), console=console)


def show_usage_fault(message: str, command: str) -> None:
    """Prints what is wrong with the command line."""
    _print(message, "bold red")
    _print("  " + text("cli.usage_fix", command=command))


def _print(line: str, style: str = "", console: Any = None) -> None:
    from rich.console import Console

    console = console or Console(stderr=True, highlight=False)
    console.print(line, style=style, markup=False, soft_wrap=True)


def _log_path() -> Path:
    from kam_kpi.home import Home

    name = f"kam-{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}-{os.getpid()}.log"
    try:
        folder = Home.current().logs
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch(mode=0o600)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="kam-"))
    return folder / name


def leave(code: int) -> None:
    """Ends the command with an exit code."""
    raise typer.Exit(code)
