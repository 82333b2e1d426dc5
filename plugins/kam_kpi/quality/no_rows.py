"""The expectation for rules that one column cannot tell: a query that must find nothing."""

from decimal import Decimal
from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core import UnexpectedRowsExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider

FETCHED = 20
"""Broken rows that one check brings out of the database, at most."""


class BrokenRows(QueryMetricProvider):  # type: ignore[misc]
    """How many rows a query over the batch finds, and the first of them, in one execution.

    Great Expectations' own metrics run the query once for the rows and once for their number.
    """

    metric_name = "broken_rows"
    value_keys = ("unexpected_rows_query",)
    query_param_name: ClassVar[str] = "unexpected_rows_query"

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(
        cls,  # noqa: N805 - the decorator hands the class over
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> dict[str, Any]:
        batch, _, _ = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        query = cls._get_substituted_batch_subquery_from_query_and_batch_selectable(
            query=cls._get_query_from_metric_value_kwargs(metric_value_kwargs),
            batch_selectable=batch,
            execution_engine=execution_engine,
        )
        counted = f"select count(*) over () as _broken, * from ({query}) limit {FETCHED}"
        rows = cls._get_sqlalchemy_records_from_substituted_batch_subquery(
            counted, execution_engine
        )
        count = rows[0]["_broken"] if rows else 0
        return {
            "count": count,
            "rows": [{k: _shown(v) for k, v in row.items() if k != "_broken"} for row in rows],
        }


def _shown(value: Any) -> Any:
    """Decimals as text: results are written as JSON, where they would become floats."""
    return str(value) if isinstance(value, Decimal) else value


class ExpectNoRows(UnexpectedRowsExpectation):  # type: ignore[misc]
    """A query over `{batch}` that returns the rows which break a rule.

    Beside the count that Great Expectations gives, the result has the number of rows judged and
    as many of the broken ones as the result format's `partial_unexpected_count` allows.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("broken_rows", "table.row_count")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: object = None,
    ) -> dict[str, Any]:
        broken, judged = metrics["broken_rows"], metrics["table.row_count"]
        shown = self._get_result_format(runtime_configuration)["partial_unexpected_count"]
        return {
            "success": broken["count"] == 0,
            "result": {
                "element_count": judged,
                "unexpected_count": broken["count"],
                "unexpected_percent": 100 * broken["count"] / judged if judged else None,
                "observed_value": broken["count"],
                "partial_unexpected_list": broken["rows"][:shown],
            },
        }
