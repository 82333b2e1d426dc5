"""Data Docs: the last result of every suite as a static site in `Home.data_docs`.

Results wait in `.results` beside the site, one per suite, and replace each other, so that neither
grows with the number of runs. Pages are complete in themselves: they load nothing from elsewhere.
"""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import DataContextConfig
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

from kam_kpi.home import Home
from kam_kpi.quality.validate import Validated, blocks

_VIEWS = "kam_kpi.quality.views"


def keep(part: str, validated: Iterable[Validated], run_id: str) -> None:
    """Replaces what Data Docs know of one part of the gates.

    Args:
        part: `conformed`, `marts` or `raw.<source>`; the suites' names begin with it.
        validated: the part's suites with their results.
        run_id: shown as the run's name.
    """
    for store in ("suites", "validations"):
        shutil.rmtree(_results() / store / Path(*part.split(".")), ignore_errors=True)
    context = _context()
    run = RunIdentifier(run_name=run_id, run_time=datetime.now(UTC).replace(microsecond=0))
    for one in validated:
        suite_key = ExpectationSuiteIdentifier(name=one.suite.name)
        context.expectations_store.add_or_update(suite_key, one.suite)
        one.result.meta |= {"run_id": run, "validation_time": run.run_time}
        _show_severity(one.result)
        key = ValidationResultIdentifier(
            expectation_suite_identifier=suite_key,
            run_id=run,
            batch_identifier=one.spec.relation,
        )
        context.validation_results_store.set(key, one.result)


def _show_severity(result: ExpectationSuiteValidationResult) -> None:
    """Pages know only success: a suite succeeds when nothing blocks, and warnings say so."""
    for each in result.results:
        config = each.expectation_config
        if config.meta["severity"] == "warn":
            config.description = f"{config.description} (warning)"
    result.success = not any(blocks(each) for each in result.results)


def build() -> Path:
    """Builds the site from everything kept and returns its first page."""
    _context().build_data_docs()
    return Home.current().data_docs / "index.html"


def _results() -> Path:
    return Home.current().data_docs / ".results"


def _context() -> EphemeralDataContext:
    site = Home.current().data_docs
    site.mkdir(parents=True, exist_ok=True)
    memory = {"class_name": "InMemoryStoreBackend"}
    view = {"module_name": _VIEWS, "class_name": "PageView"}
    config = DataContextConfig(
        expectations_store_name="suites",
        validation_results_store_name="validations",
        checkpoint_store_name="checkpoints",
        stores={
            "suites": {
                "class_name": "ExpectationsStore",
                "store_backend": _folder(_results() / "suites"),
            },
            "validations": {
                "class_name": "ValidationResultsStore",
                "store_backend": _folder(_results() / "validations"),
            },
            "checkpoints": {"class_name": "CheckpointStore", "store_backend": memory},
            "validation_definition_store": {
                "class_name": "ValidationDefinitionStore",
                "store_backend": memory,
            },
        },
        data_docs_sites={
            "kam": {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": _folder(site),
                "site_index_builder": {
                    "class_name": "DefaultSiteIndexBuilder",
                    "view": {"module_name": _VIEWS, "class_name": "IndexView"},
                },
                "site_section_builders": {
                    "expectations": {"view": view},
                    "validations": {"view": view},
                    "profiling": "None",
                },
            }
        },
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _folder(path: Path) -> dict[str, Any]:
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(path)}
