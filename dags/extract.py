"""One DAG per configured source: lands what is new, judges it, accepts what passes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import (
    DAG,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    task,
)

from kam_kpi.config import Company, load_deployment
from kam_kpi.orchestration.dag_parts import DEFAULT_ARGS, domain_asset, kam_run_id
from kam_kpi.sources.database_faults import UnreachableError
from kam_kpi.sources.mapping import Source

DOC = """
**What** Takes what is new of source `{source}` ({place}, domain `{domain}`) into the lake.
`land_files` lands every row as Parquet; `validate_load` is the raw gate; `accept_load` accepts
what passed and updates asset `{domain}`, which starts `build_warehouse`.
Nothing new: `accept_load` is skipped and nothing is built.

**When** {schedule}

**On failure** Nothing is lost and nothing published changes. The task's log names the place
({named}) and what to do. A load in quarantine is no failure: see `kam quarantine list`. Mend the
source or the mapping and clear the failed task; what already landed is not landed twice.
"""
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=UnreachableError,
            action=RetryAction.RETRY,
            reason="a server that does not answer now may do so in a minute",
        ),
        *DEFAULT_ARGS["retry_policy"].rules,
    ]
)


def extract_dag(source: Source, company: Company) -> DAG:
    """The DAG `extract_<source>`."""
    asset = domain_asset(source.domain)
    zone = ZoneInfo(company.time_zone)

    @task(retry_policy=RETRY_POLICY)
    def land_files(dag_run: Any = None) -> list[str]:
        """Lands new files, or what is new in a database; gives the ids of the new loads."""
        from kam_kpi.lake.landing import land

        return land(source.name, kam_run_id(dag_run))

    @task
    def validate_load(dag_run: Any = None) -> None:
        """Judges the landed loads, each for itself."""
        from kam_kpi.quality.gates import validate_loads

        validate_loads(source.name, kam_run_id(dag_run))

    @task(outlets=[asset])
    def accept_load(outlet_events: Any = None) -> dict[str, Any]:
        """Accepts what passed and tells the build about it."""
        from airflow.sdk.exceptions import AirflowSkipException

        from kam_kpi.lake.registry import accept_loads

        result = accept_loads(source.name)
        if not result["accepted"]:
            raise AirflowSkipException(f"nothing new from {source.name}")
        outlet_events[asset].extra = {
            "source": source.name,
            "covers_to": result["covers_to"],
            "load_ids": result["accepted"],
        }
        return result

    schedule = f"At `{source.schedule}`, {company.time_zone}." if source.schedule else "By hand."
    with DAG(
        f"extract_{source.name}",
        description=f"{'Tables' if source.is_database else 'Files'} of {source.name} → lake",
        schedule=(
            CronTriggerTimetable(source.schedule, timezone=company.time_zone)
            if source.schedule
            else None
        ),
        start_date=datetime(2020, 1, 1, tzinfo=zone),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULT_ARGS,
        doc_md=DOC.format(
            source=source.name,
            domain=source.domain,
            schedule=schedule,
            place="a database" if source.is_database else "a folder of files",
            named="connection, table, column" if source.is_database else "file, line, column",
        ),
        tags=["extract", source.domain],
    ) as dag:
        land_files() >> validate_load() >> accept_load()
    return dag


deployment = load_deployment()
for configured in deployment.sources.values():
    extract_dag(configured, deployment.company)
