"""Builds the warehouse from all accepted loads and publishes it."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, AssetAny, Param, task

from kam_kpi.orchestration.dag_parts import (
    DEFAULT_ARGS,
    DOMAINS,
    WRITER_POOL,
    domain_asset,
    kam_run_id,
    run_as_of,
)

DOC = """
**What** `conform` unites the accepted loads of all sources into the contract's tables;
`validate_conformed` judges them; `build_marts` makes facts and KPIs; `validate_marts` judges
those; `publish_marts` shows them to readers as one new version, in one step.

**When** A load of any domain was accepted (any of the assets {domains}), one run at a time.
Several loads that arrive meanwhile are built together. By hand with `as_of`, the warehouse speaks
for that day; otherwise for the last day that any accepted load covers.

**On failure** Readers keep the last published version. The task's log names the check or the
model that failed, and the rows. After mending data or mapping, trigger the DAG: it builds from
the lake again; clearing one task is not enough once another run has begun to build.
"""


@task
def conform(dag_run: Any = None) -> None:
    """Unites the accepted loads into the contract's tables."""
    from kam_kpi.warehouse import build

    build.conform(kam_run_id(dag_run), run_as_of(dag_run))


@task
def validate_conformed(dag_run: Any = None) -> None:
    """Judges the contract's tables."""
    from kam_kpi.quality import gates

    gates.validate_conformed(kam_run_id(dag_run))


@task
def build_marts(dag_run: Any = None) -> None:
    """Builds facts and KPIs."""
    from kam_kpi.warehouse import build

    build.build_marts(kam_run_id(dag_run))


@task
def validate_marts(dag_run: Any = None) -> None:
    """Judges facts and KPIs."""
    from kam_kpi.quality import gates

    gates.validate_marts(kam_run_id(dag_run))


@task
def publish_marts(dag_run: Any = None) -> int:
    """Publishes them; gives the version's number."""
    from kam_kpi.serving.publish import publish

    return publish(kam_run_id(dag_run))


with DAG(
    "build_warehouse",
    description="Lake → contract → marts → published version",
    schedule=AssetAny(*map(domain_asset, DOMAINS)),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={**DEFAULT_ARGS, "pool": WRITER_POOL},
    params={
        "as_of": Param(
            None,
            type=["null", "string"],
            format="date",
            description="The day to speak for; empty: the last day that accepted loads cover",
        )
    },
    doc_md=DOC.format(domains=", ".join(DOMAINS)),
    tags=["build"],
):
    conform() >> validate_conformed() >> build_marts() >> validate_marts() >> publish_marts()
