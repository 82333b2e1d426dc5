"""The embedded runner behind `kam run`: the real DAGs, one after another, in this process."""

import signal
import time
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from kam_kpi.config import load_deployment
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake import registry
from kam_kpi.orchestration.decision import needs_build
from kam_kpi.orchestration.environment import prepare
from kam_kpi.orchestration.events import START, OnEvent, RunResult, TaskEvent, TaskFault
from kam_kpi.orchestration.output import OutputToFiles
from kam_kpi.orchestration.quick_start import narrow_execution_api, paused_gc
from kam_kpi.serving.publish import published_fingerprint
from kam_kpi.serving.versions import current_version
from kam_kpi.warehouse.build import inputs_fingerprint
from kam_kpi.warehouse.lock import writer_lock

BUILD = "build_warehouse"


def new_run_id() -> str:
    """A run id that sorts by time and is safe as a folder name."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}-{token_hex(2)}"


def run(home: Home, as_of: str | None, on_event: OnEvent, *, force: bool = False) -> RunResult:
    """Extracts every source in declared order, then builds and publishes what is new.

    One source's failure stops neither the others nor the build. Prints nothing: what the tasks
    print goes to `home.logs/<run id>/<dag>.<task>.log`.

    Args:
        home: the deployment's state; must be the one that KAM_HOME names.
        as_of: ISO date to speak for; None takes the last day that accepted loads cover.
        on_event: told about every change of a task's state.
        force: build even when nothing is new.

    Raises:
        KamError: the configuration is wrong, another run is under way (names its pid), or
            Airflow cannot start. A task's failure is no exception: see `RunResult.faults`.
        KeyboardInterrupt: the user stopped the run.
    """
    run_id = new_run_id()
    sources = list(load_deployment().sources)
    with writer_lock(home, run_id, timeout=0), OutputToFiles(home.logs / run_id) as output:
        return _Run(home, run_id, as_of, on_event, output).through(sources, force)


class _Run:
    """One run while it is under way."""

    def __init__(
        self, home: Home, run_id: str, as_of: str | None, on_event: OnEvent, output: OutputToFiles
    ) -> None:
        self.home = home
        self.run_id = run_id
        self.as_of = as_of
        self.on_event = on_event
        self.output = output
        self.faults: list[TaskFault] = []
        self.is_interrupted = False
        self._on_terminate = signal.getsignal(signal.SIGTERM)
        self._started = 0.0

    def through(self, sources: list[str], force: bool) -> RunResult:
        begun = time.monotonic()
        signal.signal(signal.SIGINT, self._interrupt)
        known = {record.load_id: record.state for record in registry.loads()}
        dags = self._start_airflow()
        for source in sources:
            self._run_dag(dags[f"extract_{source}"])
        is_built = self._has_news(force) and self._run_dag(dags[BUILD])
        changed = [r for r in registry.loads() if known.get(r.load_id) != r.state]
        version = current_version(self.home)
        has_failed = any(fault.dag_id == BUILD or version is None for fault in self.faults)
        return RunResult(
            run_id=self.run_id,
            outcome="published" if is_built else "failed" if has_failed else "nothing_new",
            version=version,
            accepted=tuple(r.load_id for r in changed if r.state == "accepted"),
            quarantined=tuple(r.load_id for r in changed if r.state == "quarantined"),
            faults=tuple(self.faults),
            seconds=time.monotonic() - begun,
            logs=self.home.logs / self.run_id,
        )

    def _interrupt(self, number: int, frame: object) -> None:
        # Python drops an exception that a signal raises inside a finaliser: the flag stays.
        self.is_interrupted = True
        raise KeyboardInterrupt

    def _has_news(self, force: bool) -> bool:
        try:
            return needs_build(
                inputs_fingerprint(self.as_of),
                published_fingerprint(),
                nothing_accepted=not registry.accepted_loads() and bool(self.faults),
                force=force,
            )
        except KamError as fault:
            self._fault(BUILD, "conform", fault)
            return False

    def _start_airflow(self) -> dict[str, Any]:
        begun = time.monotonic()
        self.on_event(TaskEvent(*START, "running"))
        with paused_gc():
            prepare(self.home)
            narrow_execution_api()
            from airflow.dag_processing.dagbag import DagBag
            from airflow.sdk.execution_time.supervisor import in_process_api_server

            bag = DagBag()
            _ = in_process_api_server().transport
        _close_dead_runs()
        if bag.import_errors:
            path, problem = next(iter(bag.import_errors.items()))
            last_line = problem.strip().splitlines()[-1]
            raise KamError("orchestration.dag_broken", where=str(path), problem=last_line)
        self.on_event(TaskEvent(*START, "success", time.monotonic() - begun))
        return dict(bag.dags)

    def _run_dag(self, dag: Any) -> bool:
        """Runs a DAG; True when it ended well."""
        self._listen_to(dag)
        dag_run = dag.test(run_conf={"run_id": self.run_id, "as_of": self.as_of})
        self.output.switch_to("airflow")
        signal.signal(signal.SIGTERM, self._on_terminate)
        self._stop_if_interrupted()
        is_ok = bool(dag_run.state == "success")
        if not is_ok:
            self._tell_what_did_not_run(dag, dag_run)
        return is_ok

    def _stop_if_interrupted(self) -> None:
        if self.is_interrupted:
            raise KeyboardInterrupt

    def _listen_to(self, dag: Any) -> None:
        for task in dag.tasks:
            # A person waits in front of the screen and can simply run it again.
            task.retries = 0
            task.on_execute_callback = [self._task_begins]
            task.on_success_callback = [lambda context: self._task_ends(context, "success")]
            task.on_skipped_callback = [lambda context: self._task_ends(context, "skipped")]
            task.on_failure_callback = [self._task_fails]

    def _tell_what_did_not_run(self, dag: Any, dag_run: Any) -> None:
        states = {instance.task_id: instance.state for instance in dag_run.get_task_instances()}
        order = [task.task_id for task in dag.topological_sort()]
        if not any(fault.dag_id == dag.dag_id for fault in self.faults):
            # No task told of a failure: Airflow itself could not run one.
            lost = next((task_id for task_id in order if states[task_id] == "failed"), order[0])
            log = self.output.path("airflow")
            error = KamError("orchestration.task_lost", where=str(log), task=lost)
            self.faults.append(TaskFault(dag.dag_id, lost, str(error), log))
            self.on_event(TaskEvent(dag.dag_id, lost, "failed"))
        for task_id in order:
            if states[task_id] == "upstream_failed":
                self.on_event(TaskEvent(dag.dag_id, task_id, "upstream_failed"))

    def _task_begins(self, context: Any) -> None:
        # Airflow's handler swallows SIGTERM: the whole command must stay killable.
        signal.signal(signal.SIGTERM, self._on_terminate)
        self._stop_if_interrupted()
        dag_id, task_id = _names(context)
        self.output.switch_to(f"{dag_id}.{task_id}")
        self._started = time.monotonic()
        self.on_event(TaskEvent(dag_id, task_id, "running"))

    def _task_ends(self, context: Any, state: Any) -> None:
        seconds = time.monotonic() - self._started
        self.on_event(TaskEvent(*_names(context), state, seconds))
        self.output.switch_to("airflow")

    def _task_fails(self, context: Any) -> None:
        self._fault(*_names(context), context.get("exception"))
        self._task_ends(context, "failed")

    def _fault(self, dag_id: str, task_id: str, error: object) -> None:
        log = self.output.path(f"{dag_id}.{task_id}")
        if not isinstance(error, KamError):
            problem = f"{type(error).__name__}: {error}"
            error = KamError("orchestration.unexpected", where=str(log), problem=problem)
        self.faults.append(TaskFault(dag_id, task_id, str(error), log))


def _names(context: Any) -> tuple[str, str]:
    instance = context["ti"]
    return instance.dag_id, instance.task_id


def _close_dead_runs() -> None:
    """Marks what a killed run left as running, so that no scheduler takes it up later.

    The writer lock is held: no other embedded run is alive.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType
    from sqlalchemy import update

    dead = (DagRun.triggered_by == DagRunTriggeredByType.TEST, DagRun.state == "running")
    with create_session() as session:
        session.execute(update(DagRun).where(*dead).values(state="failed"))
