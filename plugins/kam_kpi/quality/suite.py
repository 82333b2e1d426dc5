"""What suite builders are made of: expectations that carry a name, a severity and a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from kam_kpi.quality.checks import Severity
from kam_kpi.quality.no_rows import ExpectNoRows

_GX_SEVERITY = {"error": "critical", "warn": "warning"}


@dataclass(frozen=True)
class RelationSuite:
    """Every check of one relation.

    `relation` is `schema.table`; on pay and personal tables (`is_personal`) results are counts
    only. `name` is the suite's name where it is not the relation's. `rows` is a condition on what
    is judged of it; empty: all.
    """

    relation: str
    description: str
    expectations: tuple[Expectation, ...]
    is_personal: bool = False
    name: str = ""
    rows: str = ""

    @property
    def suite(self) -> str:
        """The name the suite goes by in results and Data Docs."""
        return self.name or self.relation


def about(
    check: str, description: str, severity: Severity = "error", *, reason: str = ""
) -> dict[str, Any]:
    """Arguments common to all expectations.

    Args:
        check: the rule's name, a phrase that is true when the check passes.
        description: one sentence for Data Docs, without `$`.
        severity: an `error` stops the run (or quarantines the load), a `warn` is only shown.
        reason: why a load is quarantined when it fails; raw gate only.
    """
    meta = {"check": check, "severity": severity}
    if reason:
        meta["reason"] = reason
    return {"description": description, "severity": _GX_SEVERITY[severity], "meta": meta}


def key_is_unique(columns: Sequence[str]) -> Expectation:
    """No two rows share the key; broken rows are counted once per key.

    As a query this costs a third of what the built-in expectation takes on a small table.
    """
    names = ", ".join(columns)
    return no_rows(
        "key_is_unique",
        f"One row per {names}.",
        groups_that(columns, "count(*) > 1", shown="count(*) as copies"),
    )


def groups_that(columns: Sequence[str], condition: str, *, shown: str, where: str = "true") -> str:
    """A query for the groups of `{batch}` whose aggregates fulfil a condition.

    Groups by a hash of the columns first, and by the columns themselves what that finds: on
    millions of rows half the time and a fraction of the memory.
    """
    names = ", ".join(columns)
    return f"""
        select {names}, {shown} from {{batch}}
        where {where} and hash({names}) in (
            select hash({names}) from {{batch}} where {where}
            group by hash({names}) having {condition}
        )
        group by {names} having {condition}
    """


def is_filled(column: str) -> Expectation:
    """The column is never NULL."""
    return gxe.ExpectColumnValuesToNotBeNull(
        column=column, **about("is_filled", f"{column} is never empty.")
    )


def key_is_filled(columns: Sequence[str]) -> Expectation:
    """No part of the key is NULL; one query for all of them."""
    if len(columns) == 1:
        return is_filled(columns[0])
    empty = " or ".join(f"{column} is null" for column in columns)
    return no_rows(
        "key_is_filled",
        f"No part of the key is empty: {', '.join(columns)}.",
        f"select {', '.join(columns)} from {{batch}} where {empty}",
    )


def key(*columns: str) -> list[Expectation]:
    """The key is unique and every part of it is filled."""
    return [key_is_unique(columns), key_is_filled(columns)]


def is_known_value(column: str, values: Sequence[str]) -> Expectation:
    """The column holds one of a closed list of values, or NULL."""
    return gxe.ExpectColumnValuesToBeInSet(
        column=column,
        value_set=list(values),
        **about("is_known_value", f"{column} is one of: {', '.join(values)}."),
    )


def no_rows(
    check: str,
    description: str,
    query: str,
    severity: Severity = "error",
    *,
    column: str | None = None,
) -> Expectation:
    """The query over `{batch}` finds nothing. `column` is the one the rule is about, if any."""
    common = about(check, description, severity)
    if column:
        common["meta"]["column"] = column
    return ExpectNoRows(unexpected_rows_query=query, **common)


def judged_from(rule: Expectation, day: date, note: str) -> Expectation:
    """The rule with `{since}` replaced by the day, and its description followed by the note."""
    changes = {"description": f"{rule.description} {note}".strip()}
    if isinstance(rule, ExpectNoRows):
        changes["unexpected_rows_query"] = rule.unexpected_rows_query.replace(
            "{since}", f"date '{day}'"
        )
    return rule.copy(update=changes)
