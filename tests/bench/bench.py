"""`make bench`: the product against its floor and a pandas script, in one run on one machine.

Usage: python -m tests.bench.bench [LINES …]. Writes the figures into docs/benchmarks.md.
"""

import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duckdb
import psutil
from rich.console import Console

from kam_kpi import PROJECT
from tests.bench.landing_rates import landing_rates
from tests.bench.measure import Measured, measured
from tests.conftest import SHARED

HERE = Path(__file__).parent
PAGE = PROJECT / "docs" / "benchmarks.md"
BIN = Path(sys.executable).parent
USUAL = (1_000_000, 5_000_000, 20_000_000)
FEW = 1_000
"""Lines of a company whose run is all fixed cost."""
STAGES = {
    "extraction": r"land what is new|accept load",
    "gates": r"validate",
    "dbt": r"conform$|build marts",
    "publish": r"publish marts",
}
console = Console(stderr=True)


@dataclass(frozen=True)
class Run:
    """One `kam run`; `stages` in seconds, what no task took is Airflow's and the rest's."""

    measured: Measured
    stages: dict[str, float]


def kam_run(home: Path) -> Run:
    environment = {
        "KAM_HOME": str(home), "KAM_CONFIG": str(HERE / "config"), "KAM_LANG": "en",
        "COLUMNS": "100",
    }  # fmt: skip
    result = measured([str(BIN / "kam"), "run"], environment, PROJECT)
    stages = dict.fromkeys(STAGES, 0.0)
    for task, seconds in re.findall(r"^✓ .* · (.+?)  ([\d.]+) s$", result.output, re.M):
        for stage, pattern in STAGES.items():
            if re.search(pattern, task):
                stages[stage] += float(seconds)
    return Run(result, stages | {"Airflow, rest": result.seconds - sum(stages.values())})


def floor(lines: int, folder: Path) -> float:
    """Writes the files where they are absent; seconds of the floor, without writing them."""
    program = SHARED / "bench" / "floor.py"
    command = [sys.executable, str(program), str(lines), str(folder)]
    found = measured(command, {}, PROJECT)
    match = re.search(r"^floor +([\d.]+) s", found.output, re.M)
    if match is None:
        raise RuntimeError(f"no total in what the floor printed:\n{found.output}")
    return float(match[1])


def deliver(data: Path, inbox: Path) -> None:
    """The floor's files as a billing system sends them: a payment names its client."""
    inbox.mkdir(parents=True)
    for name in ("accounts", "assignments", "invoice_lines"):
        os.link(data / f"{name}.parquet", inbox / f"{name}.parquet")
    duckdb.sql(
        f"""
        copy (
            select payments.*, lines.account_id, lines.currency
            from '{data}/payments.parquet' as payments
            inner join '{data}/invoice_lines.parquet' as lines
                on payments.invoice_id = lines.invoice_id and lines.line_no = 1
        ) to '{inbox}/payments.parquet' (format parquet, compression zstd)
        """
    )
    months = [
        f"EUR,{year}-{month:02}-01,90" for year in (2023, 2024, 2025) for month in range(1, 13)
    ]
    (inbox / "rates.csv").write_text("\n".join(["currency,valid_on,rate", *months]) + "\n")


def more_lines(data: Path, inbox: Path, lines: int) -> None:
    """A thousandth of new lines, of documents of the last week."""
    target = inbox / "invoice_lines_more.parquet"
    duckdb.sql(
        f"""
        copy (
            select * replace (
                invoice_id + {lines} as invoice_id, date '2025-12-25' as issued_on,
                date '2026-01-24' as due_on
            ) from '{data}/invoice_lines.parquet' limit {lines // 1000}
        ) to '{target}.part' (format parquet)
        """
    )
    Path(f"{target}.part").rename(target)


def fixed_cost(work: Path) -> str:
    """Row of the table of a run with next to nothing to do."""
    say(FEW, "full build, which is the fixed cost")
    data, home = work / f"data-{FEW}", work / f"home-{FEW}"
    floor(FEW, data)
    deliver(data, home / "inbox")
    return _row(f"full build of {FEW:,} lines: the fixed cost", kam_run(home))


def bench(lines: int, work: Path) -> list[str]:
    """Rows of the table of one size."""
    data, home = work / f"data-{lines}", work / f"home-{lines}"
    say(lines, "the floor")
    bottom = floor(lines, data)
    say(lines, "the pandas script")
    pandas = measured([sys.executable, str(HERE / "pandas_script.py"), str(data)], {}, PROJECT)
    deliver(data, home / "inbox")
    say(lines, "full build")
    full = kam_run(home)
    more_lines(data, home / "inbox", lines)
    say(lines, "increment of 0.1 %")
    increment = kam_run(home)
    say(lines, "nothing new")
    nothing = kam_run(home)
    shutil.rmtree(home)
    shutil.rmtree(data)
    size = f"{lines / 1_000_000:g} M"
    return [
        f"| {size} | floor, hand-written SQL | {bottom:.1f} | – | – |",
        f"| | pandas script | {pandas.seconds:.1f} | {pandas.gib:.1f} | – |",
        _row("full build", full),
        _row("increment of 0.1 %", increment),
        _row("nothing new", nothing),
    ]


def _row(what: str, run: Run) -> str:
    shares = ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in run.stages.items())
    return f"| | {what} | {run.measured.seconds:.1f} | {run.measured.gib:.1f} | {shares} |"


def say(lines: int, what: str) -> None:
    console.print(f"{lines:>11,} lines: {what} …")


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "apache-airflow")
    )
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, {versions}, {date.today()}."
    )


def main() -> None:
    sizes = [int(text) for text in sys.argv[1:]] or list(USUAL)
    rows = ["| lines | what | s | peak GiB | of it, s |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory(prefix="kam-bench-") as work:
        rows.append(fixed_cost(Path(work)))
        for lines in sizes:
            rows += bench(lines, Path(work))
        rates = landing_rates(Path(work))
    figures = "\n".join([machine(), "", *rows, "", *rates])
    print(figures)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- figures -->\n")
    _, _, after = rest.partition("<!-- end -->")
    PAGE.write_text(f"{before}<!-- figures -->\n{figures}\n<!-- end -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
