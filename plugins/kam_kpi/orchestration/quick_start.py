"""Starts the part of Airflow that runs tasks in this process, in about half the usual time.

`dag.test()` talks to an execution API inside this process. Airflow builds that API once for each
of the protocol versions which remote workers may speak; a client in the same process speaks only
the newest one. Building just that one saves about five seconds of every `kam run`.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager

_DELETED = "_CADWYN_DELETED_ROUTE"


@contextmanager
def paused_gc() -> Iterator[None]:
    """No garbage collection while imports make only objects that stay: a fifth of the time.

    Afterwards it comes seldom: the tasks import much more, and one run ends with its process.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(100_000, 50, 50)
        gc.enable()


def narrow_execution_api() -> None:
    """Leaves only the newest version of the in-process execution API.

    Never fatal: on an Airflow that is built differently the full API is started, more slowly.
    """
    try:
        from airflow.api_fastapi.execution_api import versions
        from airflow.api_fastapi.execution_api.routes import execution_api_router
        from cadwyn import HeadVersion, Version, VersionBundle

        newest = versions.bundle.versions[0].value
        routes = execution_api_router.routes
        kept = [route for route in routes if _DELETED not in (getattr(route, "tags", None) or ())]
    except (ImportError, AttributeError, IndexError):
        logging.getLogger(__name__).exception("the execution API starts with all its versions")
        return
    execution_api_router.routes[:] = kept
    versions.bundle = VersionBundle(HeadVersion(), Version(newest))
