"""Proof, before a gate is believed, that the engine tells a bad row from a good one."""

from great_expectations.core import ExpectationValidationResult

from kam_kpi.errors import KamError
from kam_kpi.quality.duckdb_datasource import open_duckdb
from kam_kpi.quality.suite import (
    RelationSuite,
    is_filled,
    is_known_value,
    key_is_unique,
    no_rows,
)
from kam_kpi.quality.validate import failure, validate

_TABLES = """
create schema selftest;
create table selftest.good as
    select * from (values (1, 'a', 1.00), (2, 'b', 2.00)) as rows(id, kind, amount);
create table selftest.bad as
    select * from (values
        (1, 'a', 1.00), (1, 'a', 1.00), (null, 'b', 2.00), (3, 'x', 3.00), (4, 'b', -4.00)
    ) as rows(id, kind, amount)
"""
_EXPECTATIONS = {
    "key_is_unique": (key_is_unique(["id", "kind"]), 1),
    "is_filled": (is_filled("id"), 1),
    "is_known_value": (is_known_value("kind", ["a", "b"]), 1),
    "is_positive": (
        no_rows("is_positive", "Rows.", "select id, amount from {batch} where amount < 0"),
        1,
    ),
}
"""Every kind of expectation the gates use, and how many rows of the bad table break it."""


def prove_engine() -> None:
    """Judges a good and a bad table in memory by each kind of expectation.

    Raises:
        KamError: a good row fails, a bad one passes or is miscounted, or the engine stumbles. No
            result of such an engine means anything.
    """
    expectations = tuple(expectation for expectation, _ in _EXPECTATIONS.values())
    suites = [
        RelationSuite(f"selftest.{table}", "Self-test.", expectations) for table in ("good", "bad")
    ]
    faults: list[str] = []
    try:
        with open_duckdb() as session:
            for statement in _TABLES.split(";"):
                session.execute(statement)
            good, bad = validate(session, suites)
    except Exception as error:
        raise KamError("quality.engine_broken", cause=f"{type(error).__name__}: {error}") from error
    faults += [_fault(result, 0) for result in good.result.results]
    for result in bad.result.results:
        faults.append(_fault(result, _EXPECTATIONS[result.expectation_config.meta["check"]][1]))
    faults = [fault for fault in faults if fault]
    if faults or len(good.result.results) + len(bad.result.results) != 2 * len(expectations):
        raise KamError("quality.engine_broken", cause="; ".join(faults) or "no results")


def _fault(result: ExpectationValidationResult, expected: int) -> str:
    check = result.expectation_config.meta["check"]
    cause = failure(result)
    if cause is not None:
        return f"{check}: {cause}"
    found = result.result.get("unexpected_count")
    if found != expected or result.success != (expected == 0):
        return f"{check}: {expected} bad rows planted, {found} found"
    return ""
