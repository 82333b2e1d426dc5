"""`kam demo`: the demo company's deliveries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from kam_kpi.demo import generate
from kam_kpi.demo.generate import Progress
from kam_kpi.demo.stories import stories
from kam_kpi.demo.world import Company
from kam_kpi.home import Home
from kam_kpi.texts import text

demo_app = typer.Typer(
    no_args_is_help=True,
    help="The demo company: write its deliveries, let days pass, list its planted stories.",
)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Shows on a terminal which file was written last; nothing elsewhere."""
    console = Console(stderr=True)
    with console.status(text("demo.writing", file="")) as status:
        yield lambda name: status.update(text("demo.writing", file=name))


def _report(written: list[str], nothing: str) -> None:
    home = Home.current()
    state = generate.state(home)
    day = state.day if state else ""
    key = "demo.written" if written else nothing
    typer.echo(text(key, count=len(written), folder=home.inbox, day=day))


def _run(write: Callable[[Progress], list[str]], nothing: str) -> None:
    with _progress() as progress:
        written = write(progress)
    _report(written, nothing)


@demo_app.command(
    epilog="Examples: `kam demo init` · `kam demo init --seed 11 --size 300` in a fresh KAM_HOME"
)
def init(
    seed: Annotated[
        int | None, typer.Option(help="Another seed is another company with the same stories.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Accounts at the first delivery.")] = None,
) -> None:
    """Write the first delivery (36 months to 2026-10-31) into KAM_HOME/inbox, if absent."""
    usual = Company()
    wanted = None
    if seed is not None or size is not None:
        wanted = Company(usual.seed if seed is None else seed, usual.size if size is None else size)
    _run(lambda progress: generate.ensure(Home.current(), wanted, progress), "demo.present")


@demo_app.command(epilog="Examples: `kam demo advance` · `kam demo advance --days 30`")
def advance(
    days: Annotated[int, typer.Option(min=1, help="Days to let pass.")] = 1,
) -> None:
    """Let days pass: new CRM exports, the accounting database moves on, registers come."""
    _run(lambda progress: generate.advance(Home.current(), days, progress), "demo.present")


@demo_app.command("stories", epilog="Example: `kam demo stories`")
def list_stories() -> None:
    """List the planted stories: name, accounts, what happens."""
    table = Table(Column("story", no_wrap=True), "accounts", "what")
    for story in stories().values():
        table.add_row(story.name, ", ".join(story.account_ids), story.what)
    Console().print(table)
