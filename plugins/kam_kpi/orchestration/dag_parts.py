"""What the DAG files share. Imports nothing heavy: the DAG processor loads it at every parse."""

import re
from datetime import timedelta
from typing import Any, get_args

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule

from kam_kpi.errors import KamError
from kam_kpi.orchestration.environment import WRITER_POOL
from kam_kpi.sources.mapping import Domain

__all__ = ["DEFAULT_ARGS", "DOMAINS", "WRITER_POOL", "domain_asset", "kam_run_id", "run_as_of"]

DOMAINS: tuple[str, ...] = get_args(Domain)
"""Every domain that a source can belong to."""

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "data",
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(
                exception=KamError,
                action=RetryAction.FAIL,
                reason="a person must mend this: trying again changes nothing",
            )
        ]
    ),
}
"""A killed worker or a lost disk is tried again; a fault that a person must mend is not."""


def domain_asset(domain: str) -> Asset:
    """The asset that a domain's accepted loads update."""
    return Asset(name=domain, uri=f"kam://{domain}")


def kam_run_id(dag_run: Any) -> str:
    """The run's id as a folder name: given by `kam run`, else made from the DAG run's own."""
    given = (dag_run.conf or {}).get("run_id")
    return str(given or re.sub(r"[^A-Za-z0-9_.-]+", "_", f"{dag_run.dag_id}__{dag_run.run_id}"))


def run_as_of(dag_run: Any) -> str | None:
    """The date that the build was asked to speak for, if any: ISO text."""
    given = (dag_run.conf or {}).get("as_of")
    return str(given) if given else None
