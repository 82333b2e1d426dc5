"""Validates suites and turns Great Expectations' results into check rows."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from great_expectations import ExpectationSuite
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.expectations.expectation import Expectation

from kam_kpi.quality.checks import CheckRow, Stage
from kam_kpi.quality.duckdb_datasource import DuckDBSession
from kam_kpi.quality.suite import RelationSuite

SAMPLE = 10
"""Failing rows that a result shows of a check, at most."""
_COUNTS = (
    "element_count",
    "unexpected_count",
    "unexpected_percent",
    "missing_count",
    "missing_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
)


@dataclass(frozen=True)
class Validated:
    """One suite with its result: what Data Docs show and what check rows are made of."""

    spec: RelationSuite
    suite: ExpectationSuite
    result: ExpectationSuiteValidationResult


def validate(
    session: DuckDBSession,
    suites: Iterable[RelationSuite],
    result_format: Mapping[str, Any] | None = None,
) -> list[Validated]:
    """Validates every suite on the session's database. Whatever happens to one, the others run."""
    return [_validate(session, spec, result_format) for spec in suites]


def _validate(
    session: DuckDBSession, spec: RelationSuite, result_format: Mapping[str, Any] | None
) -> Validated:
    suite = ExpectationSuite(name=spec.suite, expectations=list(spec.expectations))
    shown = 0 if spec.is_personal else SAMPLE
    wanted = result_format or {"result_format": "BASIC", "partial_unexpected_count": shown}
    result = session.batch(spec.relation, spec.rows).validate(suite, result_format=dict(wanted))
    result.meta["description"] = spec.description
    for each in result.results:
        if spec.is_personal:
            _keep_counts(each)
    return Validated(spec, suite, result)


def _keep_counts(result: ExpectationValidationResult) -> None:
    """What leaves a pay or personal table is numbers of rows, whatever the expectation reports."""
    result.result = {name: result.result[name] for name in _COUNTS if name in result.result}
    if failure(result):
        result.exception_info = {
            "raised_exception": True,
            "exception_message": "not shown for a table with pay or personal data",
            "exception_traceback": None,
        }


def failure(result: ExpectationValidationResult) -> str | None:
    """Why the engine could not judge the expectation, or None when it could."""
    info = result.exception_info or {}
    each = [info] if "raised_exception" in info else list(info.values())
    raised = [one for one in each if isinstance(one, dict) and one.get("raised_exception")]
    if not raised:
        return None
    return str(raised[0].get("exception_message") or "no message").strip()


def blocks(result: ExpectationValidationResult) -> bool:
    """The run must not go on past this result."""
    is_error = result.expectation_config.meta["severity"] == "error"
    return failure(result) is not None or (is_error and not result.success)


def check_rows(run_id: str, stage: Stage, validated: Iterable[Validated]) -> list[CheckRow]:
    """One row per expectation, in the order of the suites."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        _check_row(run_id, stage, one.spec, result, now)
        for one in validated
        for result in in_order(one)
    ]


def in_order(one: Validated) -> list[ExpectationValidationResult]:
    """Results in the order of the suite's expectations, which the engine does not keep."""
    place = {_identity(each): index for index, each in enumerate(one.spec.expectations)}
    return sorted(one.result.results, key=lambda r: place[_result_identity(r)])


def _identity(expectation: Expectation) -> tuple[str, str]:
    column = getattr(expectation, "column", None) or expectation.meta.get("column", "")
    return expectation.meta["check"], column


def _result_identity(result: ExpectationValidationResult) -> tuple[str, str]:
    config = result.expectation_config
    column = config.kwargs.get("column") or config.meta.get("column", "")
    return config.meta["check"], column


def _check_row(
    run_id: str,
    stage: Stage,
    spec: RelationSuite,
    result: ExpectationValidationResult,
    now: str,
) -> CheckRow:
    check, column = _result_identity(result)
    cause = failure(result)
    counts = result.result if cause is None else {}
    return CheckRow(
        run_id=run_id,
        stage=stage,
        suite=spec.suite,
        relation=spec.relation,
        expectation=check,
        column_name=column or None,
        severity=result.expectation_config.meta["severity"],
        is_success=cause is None and bool(result.success),
        engine_failed=cause is not None,
        element_count=counts.get("element_count"),
        unexpected_count=counts.get("unexpected_count"),
        load_id=None,
        description=result.expectation_config.description,
        checked_at=now,
        sample=sample_text([cause] if cause else counts.get("partial_unexpected_list")),
    )


def sample_text(values: list[Any] | None) -> str | None:
    """A few values as JSON text, or None when there is nothing to show."""
    shown = [value for value in values or [] if value is not None]
    if not shown:
        return None
    return json.dumps(shown[:SAMPLE], ensure_ascii=False, default=str)
