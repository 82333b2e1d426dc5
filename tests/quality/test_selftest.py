"""An engine that cannot tell bad from good is found before it judges anything."""

from typing import Any

import pytest
from great_expectations.execution_engine import SqlAlchemyExecutionEngine

from kam_kpi.errors import KamError
from kam_kpi.quality import gates
from kam_kpi.quality.duckdb_datasource import DuckDBExecutionEngine
from kam_kpi.quality.selftest import prove_engine


def test_the_engine_in_use_passes() -> None:
    prove_engine()


def test_an_engine_that_closes_its_connection_too_early_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What Great Expectations does on DuckDB by itself."""
    monkeypatch.setattr(
        DuckDBExecutionEngine, "get_connection", SqlAlchemyExecutionEngine.get_connection
    )
    with pytest.raises(KamError) as broken:
        prove_engine()
    assert broken.value.key == "quality.engine_broken"


def test_an_engine_that_finds_nothing_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every count comes back as 0, so that everything passes."""
    resolve = DuckDBExecutionEngine.resolve_metric_bundle

    def nothing_found(self: DuckDBExecutionEngine, metric_fn_bundle: Any) -> dict[Any, Any]:
        return dict.fromkeys(resolve(self, metric_fn_bundle), 0)

    monkeypatch.setattr(DuckDBExecutionEngine, "resolve_metric_bundle", nothing_found)
    with pytest.raises(KamError, match="is_known_value: 1 bad rows planted, 0 found"):
        prove_engine()


def test_no_gate_judges_with_a_broken_engine(
    warehouse: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        DuckDBExecutionEngine, "get_connection", SqlAlchemyExecutionEngine.get_connection
    )
    for gate in (gates.validate_conformed, gates.validate_marts):
        with pytest.raises(KamError) as broken:
            gate("run-1")
        assert broken.value.key == "quality.engine_broken"
