"""Parquet files: every value as text with all its digits, and clear refusals."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kam_kpi.sources import read_files
from kam_kpi.sources.check import check
from kam_kpi.sources.mapping import Feed
from kam_kpi.sources.read_files import read
from tests.conftest import SmallDeployment
from tests.sources.test_read_files import ENTITY, refused, rows

FEED = Feed.model_validate(
    {"pattern": ".*", "parquet": {}, "covers_to": {"date": "2026-01-31"}, "entities": ENTITY}
)
INSTANT = pa.timestamp("us", "UTC")


def written(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_every_value_keeps_its_digits(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x.parquet",
        n=pa.array([7, None], pa.int32()),
        d=pa.array([Decimal("-12345678901234.5600"), Decimal("0.0001")], pa.decimal128(18, 4)),
        day=pa.array([date(2026, 2, 28), None]),
        at=pa.array([datetime(2026, 2, 28, 23, 59, 1, tzinfo=UTC), None], INSTANT),
        yes=[True, False],
        name=["Ёлка", ""],
    )
    raw = read(FEED, path)
    assert raw.columns == ["n", "d", "day", "at", "yes", "name"]
    assert rows(raw) == [
        ("7", "-12345678901234.5600", "2026-02-28", "2026-02-28 23:59:01.000000Z", "true", "Ёлка",
         1, None),
        (None, "0.0001", None, None, "false", "", 2, None),
    ]  # fmt: skip


def test_lines_go_on_over_the_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_files, "PARQUET_BATCH", 2)
    path = written(tmp_path / "x.parquet", n=[10, 20, 30, 40, 50])
    assert [row[:2] for row in rows(read(FEED, path))] == [
        ("10", 1), ("20", 2), ("30", 3), ("40", 4), ("50", 5),
    ]  # fmt: skip


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    text, cut = tmp_path / "t.parquet", tmp_path / "c.parquet"
    text.write_text("a,b\n1,2\n")
    whole = written(tmp_path / "w.parquet", n=list(range(1000))).read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    for path in (text, cut):
        fault = refused(FEED, path)
        assert (fault.key, fault.where) == ("sources.not_what_its_name_says", path.name)


def test_a_nested_column_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "x.parquet", n=[1], tags=[["a", "b"]])
    fault = refused(FEED, path)
    assert (fault.key, fault.where) == ("sources.unreadable_type", "x.parquet column tags")


def test_typed_columns_map_without_formats(deployment: SmallDeployment) -> None:
    columns = {
        "payment_id": "n", "account_id": "client", "received_on": "at", "amount": "amount",
        "currency": {"value": "RUB"},
    }  # fmt: skip
    payments = {
        "pattern": r"p_(?P<covers_to>\d{4}-\d{2}-\d{2})\.parquet",
        "parquet": {},
        "covers_to": "file_name",
        "entities": {"payment": {"mode": "append", "columns": columns}},
    }
    deployment.write_source("acme", {"payments": payments}, time_zone="Europe/Moscow")
    late, earlier = (datetime(2026, 10, 30, hour, 30, tzinfo=UTC) for hour in (21, 20))
    written(
        deployment.inbox / "acme" / "p_2026-10-31.parquet",
        n=[1, 2],
        client=["a", "b"],
        at=pa.array([late, earlier], INSTANT),
        amount=pa.array([Decimal("10.5"), Decimal("-3.25")], pa.decimal128(18, 4)),
    )
    [entity] = check("acme").feeds[0].entities
    assert not entity.faults
    found = [dict(zip(entity.columns, row, strict=True)) for row in entity.first_rows]
    # half past nine in the evening in Greenwich is the next day in Moscow
    assert [(str(row["received_on"]), str(row["amount"])) for row in found] == [
        ("2026-10-31", "10.5000"), ("2026-10-30", "-3.2500"),
    ]  # fmt: skip
