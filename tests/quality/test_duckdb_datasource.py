"""The gate's connection reads a file without changing it and lets go of it at the end."""

from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from kam_kpi.errors import KamError
from kam_kpi.quality.duckdb_datasource import open_duckdb
from kam_kpi.quality.suite import RelationSuite, is_known_value
from kam_kpi.quality.validate import validate

STATES = RelationSuite("shop.orders", "Orders.", (is_known_value("state", ["new", "paid"]),))


def test_the_file_can_be_written_in_the_same_process_after_a_gate(file: Path) -> None:
    with open_duckdb(file) as session:
        assert validate(session, [STATES])[0].result.success
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into shop.orders values (4, 'lost', 1)")
    with open_duckdb(file) as session:
        assert not validate(session, [STATES])[0].result.success


def test_the_file_is_let_go_of_when_a_gate_fails(file: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_duckdb(file) as session:
        validate(session, [STATES])
        raise ZeroDivisionError
    with duckdb.connect(str(file)) as connection:
        connection.execute("drop table shop.orders")


def test_a_gate_cannot_write(file: Path) -> None:
    with open_duckdb(file) as session, pytest.raises(sa.exc.DBAPIError, match="read-only"):
        session.execute("delete from shop.orders")


def test_a_database_in_memory_is_no_other_ones(file: Path) -> None:
    with open_duckdb() as first, open_duckdb() as second:
        first.execute("create table only_here (id integer)")
        assert second.execute("select count(*) from information_schema.tables") == [(0,)]


def test_an_absent_file_and_a_file_of_something_else_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(KamError) as absent, open_duckdb(tmp_path / "none.duckdb"):
        pass
    assert absent.value.key == "quality.no_database"
    other = tmp_path / "other.duckdb"
    other.write_bytes(b"not a database" * 1000)
    with pytest.raises(KamError) as garbage, open_duckdb(other):
        pass
    assert garbage.value.key == "quality.cannot_open"
    assert str(other) in str(garbage.value)
