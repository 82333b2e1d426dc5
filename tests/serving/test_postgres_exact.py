"""Whatever text, number or date DuckDB holds comes back from PostgreSQL, to the last digit."""

import tempfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kam_kpi import PROJECT
from kam_kpi.serving.partitions import postgres_type
from kam_kpi.serving.postgres import configured_connection
from kam_kpi.serving.postgres_publish import send
from tests.serving.postgres_server import Database


def decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    limit = 10**precision - 1
    return st.integers(-limit, limit).map(lambda units: Decimal(f"{units}e-{scale}"))


ROWS = st.lists(
    st.tuples(
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
        st.none() | decimals(38, 10),
        st.none() | decimals(18, 4),
        st.none() | decimals(9, 6),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.dates(date(1, 1, 1)),
        st.none() | st.datetimes(datetime(1, 1, 1)),
        st.none() | st.booleans(),
    ),
    max_size=20,
)
COLUMNS = (
    "n integer not null, t varchar, a decimal(38, 10), b decimal(18, 4), c decimal(9, 6), "
    "i bigint, d date, s timestamp, f boolean"
)
"""`n` numbers the rows."""


@pytest.fixture
def round_trip(postgres: Database) -> Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]:
    """Writes rows to a version's file, sends it, and reads them from PostgreSQL."""
    connection = configured_connection()
    assert connection is not None

    def trip(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "kam.duckdb"
            with duckdb.connect(str(file)) as target:
                target.execute(f"create schema core; create table core.fct_t ({COLUMNS})")
                if rows:
                    target.executemany(
                        "insert into core.fct_t values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        [(number, *row) for number, row in enumerate(rows)],
                    )
            send(connection, file, 1)
        return [
            (t, *(None if x is None else Decimal(x) for x in numbers), i, d, s, f)
            for t, *numbers, i, d, s, f in postgres.ask(
                "select t, a::text, b::text, c::text, i, d, s, f from core.fct_t order by n"
            )
        ]

    return trip


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=ROWS)
def test_every_value_comes_back(
    round_trip: Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]],
    rows: list[tuple[Any, ...]],
) -> None:
    expected = [(t.replace("\0", "\ufffd") if t else t, *others) for t, *others in rows]
    assert round_trip(rows) == expected


def test_every_type_of_the_marts_contracts_can_be_published() -> None:
    kinds = {
        column["data_type"]
        for path in (PROJECT / "dbt_project/models/marts").rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        for column in model.get("columns", [])
        if "data_type" in column
    }
    assert len(kinds) > 5
    for kind in kinds:
        [stored] = duckdb.sql(f"select null::{kind}").types
        assert postgres_type(str(stored), kind)
