"""The raw gate's judgement: which loads break which rule."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from great_expectations.core import ExpectationValidationResult

from kam_kpi.errors import KamError
from kam_kpi.lake.profile import LoadProfile
from kam_kpi.quality.checks import CheckRow
from kam_kpi.quality.duckdb_datasource import open_duckdb
from kam_kpi.quality.load_profile import write_profile
from kam_kpi.quality.suite import RelationSuite
from kam_kpi.quality.validate import Validated, check_rows, in_order, sample_text, validate


def judge_loads(
    spec: RelationSuite, profiles: Sequence[LoadProfile], run_id: str
) -> tuple[list[Validated], list[CheckRow]]:
    """Validates the suite over the profiles.

    Returns:
        the validated suite, and check rows: one per rule that every load keeps, else one per rule
        and load that breaks it.

    Raises:
        KamError: the engine counts more failing loads than it names.
    """
    # even a COMPLETE result names no more than partial_unexpected_count rows; the relation has one
    # row per load, so that all of them are few
    every_load = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["load_id"],
        "return_unexpected_index_query": False,
        "partial_unexpected_count": len(profiles),
    }
    with open_duckdb() as session:
        write_profile(session, profiles)
        validated = validate(session, [spec], every_load)
    rows = []
    for row, result in zip(
        check_rows(run_id, "raw", validated), in_order(validated[0]), strict=True
    ):
        rows += [row] if row.is_success or row.engine_failed else _per_load(row, result)
    return validated, rows


def _per_load(row: CheckRow, result: ExpectationValidationResult) -> list[CheckRow]:
    failing: list[dict[str, Any]] = result.result["unexpected_index_list"]
    if len(failing) != row.unexpected_count:
        cause = f"{row.expectation}: {row.unexpected_count} loads fail, {len(failing)} are named"
        raise KamError("quality.engine_broken", cause=cause)
    return [
        replace(
            row,
            load_id=each["load_id"],
            element_count=1,
            unexpected_count=1,
            sample=sample_text([each[row.column_name or ""]]),
        )
        for each in sorted(failing, key=lambda each: str(each["load_id"]))
    ]


def condemned(spec: RelationSuite, rows: Sequence[CheckRow]) -> dict[str, list[str]]:
    """Load ids with the reasons why they are quarantined."""
    reasons = {each.meta["check"]: each.meta.get("reason") for each in spec.expectations}
    verdicts: dict[str, list[str]] = {}
    for row in rows:
        reason = reasons[row.expectation]
        if row.load_id and row.blocks and reason:
            verdicts.setdefault(row.load_id, []).append(reason)
    return verdicts
