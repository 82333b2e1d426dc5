"""The three gates as the DAGs call them.

Great Expectations takes seconds to import, so every import of it here waits for a gate to run.
"""

import logging
import sys
import time
from typing import TYPE_CHECKING

import duckdb

from kam_kpi import PROJECT
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.quality.checks import CheckRow, Stage, raw_part, read_checks, write_checks
from kam_kpi.texts import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from kam_kpi.quality.suite import RelationSuite

logger = logging.getLogger(__name__)


def validate_loads(source: str, run_id: str) -> None:
    """Judges the loads of a source that wait for the raw gate and quarantines those that fail.

    A quarantined load is a verdict, not a failure of the run: the source's other loads go on. A
    gate that was killed among its verdicts runs again on the loads still waiting and keeps the
    results of the others.

    Raises:
        KamError: the engine is broken or could not judge a rule; no verdict is written then.
    """
    from kam_kpi.lake import registry
    from kam_kpi.lake.profile import load_profiles

    profiles = load_profiles(source)
    if not profiles:
        return
    started = time.monotonic()
    _prepare()
    from expectations import raw
    from kam_kpi.quality import data_docs
    from kam_kpi.quality.raw_verdicts import condemned, judge_loads

    validated, rows = judge_loads(raw.suite(source), profiles, run_id)
    judged = {profile.load_id for profile in profiles}
    earlier = [
        row for row in read_checks(run_id, raw_part(source)) if row.load_id not in {None, *judged}
    ]
    write_checks(run_id, raw_part(source), [*earlier, *rows])
    data_docs.keep(raw_part(source), validated, run_id)
    _summarise("raw", rows, started)
    if any(row.engine_failed for row in rows):
        data_docs.build()
        raise _failure("raw", rows)
    verdicts = condemned(raw.suite(source), rows)
    for load_id, reasons in verdicts.items():
        logger.warning(
            text("quality.quarantined_line", load_id=load_id, reasons=", ".join(reasons))
        )
        registry.quarantine(load_id, reasons)
    if verdicts:
        data_docs.build()


def validate_conformed(run_id: str) -> None:
    """Judges the contract tables of this run's build.

    Raises:
        KamError: a rule of severity error is broken, or could not be judged.
    """
    _prepare()
    from expectations import conformed
    from kam_kpi.contract import load_contract

    _judge_build("conformed", run_id, lambda _: conformed.suites(load_contract()))


def validate_marts(run_id: str) -> None:
    """Judges the marts of this run's build and builds Data Docs of everything judged last.

    Raises:
        KamError: a rule of severity error is broken, or could not be judged.
    """
    _prepare()
    from expectations import marts

    _judge_build("marts", run_id, marts.suites)


def _prepare() -> None:
    """Makes the checkout's `expectations` importable and proves the engine."""
    if str(PROJECT) not in sys.path:
        sys.path.append(str(PROJECT))
    from kam_kpi.quality.selftest import prove_engine

    prove_engine()


def _judge_build(
    stage: Stage, run_id: str, suites: "Callable[[dict[str, date]], Iterable[RelationSuite]]"
) -> None:
    from kam_kpi.quality import data_docs
    from kam_kpi.quality.duckdb_datasource import open_duckdb
    from kam_kpi.quality.presence import presence
    from kam_kpi.quality.validate import check_rows, validate
    from kam_kpi.warehouse.build import check_run
    from kam_kpi.warehouse.changes import read_changes

    started = time.monotonic()
    home = Home.current()
    check_run(home, run_id)
    with duckdb.connect(str(home.build_file), read_only=True) as connection:
        specs = list(suites(read_changes(connection)))
    with open_duckdb(home.build_file) as session:
        validated = validate(session, presence(session, stage, specs))
    rows = check_rows(run_id, stage, validated)
    write_checks(run_id, stage, rows)
    data_docs.keep(stage, validated, run_id)
    _summarise(stage, rows, started)
    is_blocked = any(row.blocks for row in rows)
    if is_blocked or stage == "marts":
        data_docs.build()
    if is_blocked:
        raise _failure(stage, rows)


def _summarise(stage: Stage, rows: list[CheckRow], started: float) -> None:
    warnings = [row for row in rows if not row.is_success and not row.blocks]
    for row in warnings:
        logger.warning(
            text(
                "quality.warned_line",
                relation=row.relation,
                check=row.expectation,
                count=row.unexpected_count,
                total=row.element_count,
                description=row.description,
                sample=row.sample or "",
            ).rstrip()
        )
    logger.info(
        text(
            "quality.summary",
            stage=stage,
            checks=len(rows),
            warnings=len(warnings),
            failures=sum(row.blocks for row in rows),
            seconds=f"{time.monotonic() - started:.1f}",
        )
    )


def _failure(stage: Stage, rows: list[CheckRow]) -> KamError:
    """One error for everything that blocks: what could not be judged first."""
    unjudged = [row for row in rows if row.engine_failed]
    broken = [row for row in rows if row.blocks and not row.engine_failed]
    lines = [
        text(
            "quality.unjudged_line", relation=row.relation, check=row.expectation, cause=row.sample
        )
        for row in unjudged
    ] + [
        text(
            "quality.failed_line",
            relation=row.relation,
            check=row.expectation,
            count=row.unexpected_count,
            total=row.element_count,
            description=row.description,
        )
        for row in broken
    ]
    first = (unjudged or broken)[0]
    return KamError(
        "quality.engine_failed" if unjudged else "quality.gate_failed",
        where=f"{first.relation}: {first.expectation}",
        stage=stage,
        count=len(unjudged) or len(broken),
        lines="\n".join(lines),
        docs=Home.current().data_docs / "index.html",
    )
