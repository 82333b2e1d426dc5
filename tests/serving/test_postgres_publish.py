"""What a publish leaves in PostgreSQL, and what it costs."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.serving.hashes import table_hashes
from kam_kpi.serving.publish import publish, published_fingerprint
from kam_kpi.serving.snapshot import SCHEMAS
from kam_kpi.serving.versions import current_version, version_file
from kam_kpi.sources.parse_sql import identifier
from tests.serving.postgres_server import PASSWORD, Database
from tests.serving.small_build import EVIDENCE, add_tables, ready, ready_kpis

NASTY = [
    "\\N", "\\.", "\\", "a\\tb", "tab\there", "line\nbreak\r\n", '"quoted", it\'s', "", " ",
    "NULL", "Рождественская-Иванова", "неразрывный\u00a0пробел", "узкий\u202fпробел", "😀", "{{x}}",
    "$$; drop table core.dim_employee; --", "x" * 100_000,
]  # fmt: skip


def in_duckdb(database: Database, path: Path) -> Path:
    """What PostgreSQL has, as a DuckDB file with the same names, types and order of columns."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for schema, table, column, kind in database.ask(
        "select n.nspname::text, c.relname::text, a.attname::text, format_type(atttypid, atttypmod)"
        " from pg_attribute as a inner join pg_class as c on c.oid = a.attrelid"
        " inner join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname in ('core', 'kpi', 'quality') and relkind = 'r' and attnum > 0"
        " and not attisdropped and relname <> 'published_partition'"
        " order by attrelid, attnum"
    ):
        tables.setdefault(f"{schema}.{table}", []).append((column, kind))
    with duckdb.connect(str(path)) as target, database.session() as cursor:
        for schema in SCHEMAS:
            target.execute(f"create schema {schema}")
        for name, columns in tables.items():
            cursor.execute(f"select * from {name}")
            rows = cursor.fetch_arrow_table()
            target.register("rows", rows)
            casts = ", ".join(f"{identifier(c)}::{kind} as {identifier(c)}" for c, kind in columns)
            target.execute(f"create table {name} as select {casts} from rows")
    return path


def sent_in(database: Database, version: int) -> dict[str, int]:
    """Rows that a version had to send, by table, as the partitions tell."""
    rows = database.ask(
        "select table_schema || '.' || table_name, sum(row_count)::bigint "
        f"from quality.published_partition where version = {version} group by 1"
    )
    return dict(rows)


def test_both_stores_hold_the_same_rows_in_every_type(
    home: Path, postgres: Database, tmp_path: Path
) -> None:
    ready(home, "r1", *((f"{n}", Decimal("1.5"), text) for n, text in enumerate(NASTY)))
    add_tables(
        home,
        """
        create table kpi.fct_types (
            period date not null, "window" varchar, "Weird ""name"" — ы" varchar, small smallint,
            whole integer, big bigint, huge hugeint, cents decimal(18, 2), wide decimal(38, 10),
            exact decimal(38, 38), is_true boolean, "at" timestamp
        )
        """,
        # Quoted, so that no literal passes through a double.
        """
        insert into kpi.fct_types values
            ('2026-01-01', 'ytd', 'a', '-32768', '-2147483648', '-9223372036854775808',
                '-99999999999999999999999999999999999999', '-9999999999999999.99',
                '-9999999999999999999999999999.9999999999',
                '-0.99999999999999999999999999999999999999', 'f', '1900-01-01 00:00:00.000001'),
            ('2026-02-01', null, '', '32767', '2147483647', '9223372036854775807',
                '99999999999999999999999999999999999999', '0.01', '0.0000000001',
                '0.00000000000000000000000000000000000001', 't', '2200-12-31 23:59:59.999999'),
            ('2026-02-01', 'month', null, '0', '0', '0', '0', '0', '1000000', '0', null, null)
        """,
    )
    publish("r1")
    file = version_file(Home(home), 1)
    expected = table_hashes(file, SCHEMAS)
    # A whole number of 38 digits is the one type that PostgreSQL calls by another name.
    with duckdb.connect(str(file)) as connection:
        connection.execute("alter table kpi.fct_types alter huge type decimal(38, 0)")
    expected["kpi.fct_types"] = table_hashes(file, SCHEMAS)["kpi.fct_types"]
    with duckdb.connect(str(file)) as connection:
        kinds = "select table_name, column_name, data_type from duckdb_columns() order by all"
        types = connection.execute(kinds).fetchall()
    copy = in_duckdb(postgres, tmp_path / "copy.duckdb")
    assert table_hashes(copy, SCHEMAS) == expected
    with duckdb.connect(str(copy)) as connection:
        assert connection.execute(kinds).fetchall() == types
    assert len(expected) == 6


def test_not_null_and_an_index_on_the_month_come_along(home: Path, postgres: Database) -> None:
    ready_kpis(home, "r1", {"2026-01-01": 10})
    publish("r1")
    assert postgres.ask(
        "select column_name::text, is_nullable::text from information_schema.columns "
        "where table_name = 'fct_kam_kpi' order by ordinal_position"
    ) == [("period", "NO"), ("kpi_code", "YES"), ("value", "YES")]
    assert postgres.ask(
        "select indexdef from pg_indexes where schemaname = 'kpi' and tablename = 'fct_kam_kpi'"
    ) == [("CREATE INDEX fct_kam_kpi_period_idx ON kpi.fct_kam_kpi USING btree (period)",)]


def test_only_what_changed_is_sent(home: Path, postgres: Database) -> None:
    months = {"2026-01-01": 10, "2026-02-01": 20, "2026-03-01": 30}
    ready_kpis(home, "r1", months)
    publish("r1")
    sent = sent_in(postgres, 1)
    assert (sent["kpi.fct_kam_kpi"], sent["kpi.fct_kpi_evidence"]) == (3, 3 * EVIDENCE)
    assert sent["core.dim_employee"] == 4
    # A month changes, one goes, one comes; the total (another table) stays 60 + 0.
    del months["2026-01-01"]
    ready_kpis(home, "r2", {**months, "2026-02-01": 25, "2026-04-01": 5})
    publish("r2")
    assert postgres.ask("select period, value::text from kpi.fct_kam_kpi order by 1") == [
        (date(2026, 2, 1), "25.0000"),
        (date(2026, 3, 1), "30.0000"),
        (date(2026, 4, 1), "5.0000"),
    ]
    sent = sent_in(postgres, 2)
    assert set(sent) == {
        "kpi.fct_kam_kpi",
        "kpi.fct_kpi_evidence",
        "quality.dim_published_version",
        "quality.fct_quality_check",
    }
    assert (sent["kpi.fct_kam_kpi"], sent["kpi.fct_kpi_evidence"]) == (2, 2 * EVIDENCE)
    # The partitions tell the truth: rows of the month that stayed were written by version 1.
    [(writers, stayed)] = postgres.ask(
        "select count(distinct xmin::text), count(distinct xmin::text) "
        "filter (where period = '2026-03-01') from kpi.fct_kpi_evidence"
    )
    assert (writers, stayed) == (2, 1)
    assert postgres.ask(
        "select count(*) from quality.published_partition where period = '2026-01-01'"
    ) == [(0,)]


def test_the_same_content_sends_nothing_but_the_version(home: Path, postgres: Database) -> None:
    for run in ("r1", "r2"):
        ready_kpis(home, run, {"2026-01-01": 10})
        publish(run)
    assert set(sent_in(postgres, 2)) == {
        "quality.dim_published_version",
        "quality.fct_quality_check",
    }
    assert postgres.ask("select version, run_id from quality.dim_published_version order by 1") == [
        (1, "r1"),
        (2, "r2"),
    ]


def test_a_table_without_rows_is_there_and_stays(home: Path, postgres: Database) -> None:
    ready_kpis(home, "r1", {})
    publish("r1")
    assert postgres.ask("select count(*) from kpi.fct_kam_kpi") == [(0,)]
    ready_kpis(home, "r2", {"2026-01-01": 10})
    publish("r2")
    ready_kpis(home, "r3", {})
    publish("r3")
    assert postgres.ask("select count(*) from kpi.fct_kam_kpi") == [(0,)]


def test_the_character_zero_becomes_the_replacement_character(
    home: Path, postgres: Database
) -> None:
    ready(home, "r1", ("A", 1, "a\0b"))
    publish("r1")
    assert postgres.ask("select note from core.fct_invoice_line") == [("a\ufffdb",)]


def test_a_type_that_would_not_be_exact_is_refused(home: Path, postgres: Database) -> None:
    ready(home, "r1")
    add_tables(home, "create table core.fct_float (a integer, ratio double)")
    with pytest.raises(KamError, match=r"type DOUBLE.*\n  where: core.fct_float.ratio"):
        publish("r1")
    assert current_version(Home(home)) is None
    assert postgres.ask("select to_regclass('core.dim_employee') is null") == [(True,)]


def test_without_the_setting_nothing_is_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> Any:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("kam_kpi.serving.postgres.dbapi.connect", forbidden)
    ready(home, "r1")
    assert publish("r1") == 1
    assert published_fingerprint() == "of r1"


def test_comments_of_tables_and_columns_follow_the_descriptions(
    home: Path, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def comments() -> list[tuple[Any, ...]]:
        return postgres.ask(
            "select obj_description('core.fct_invoice_line'::regclass, 'pg_class'), "
            "col_description('core.fct_invoice_line'::regclass, 1), "
            "col_description('core.fct_invoice_line'::regclass, 2)"
        )

    marts = home / "marts"
    marts.mkdir()
    text = (
        "models:\n  - name: fct_invoice_line\n    description: '{0}'\n"
        "    columns: [{{name: net, description: 'сумма \\ ''{0}'''}}]\n"
    )
    monkeypatch.setattr("kam_kpi.serving.descriptions._MARTS", marts)
    from kam_kpi.serving import descriptions

    for number, word in enumerate(("first", "second")):
        (marts / "a.yml").write_text(text.format(word), encoding="utf-8")
        descriptions._read.cache_clear()
        ready(home, f"r{number}")
        publish(f"r{number}")
        assert comments() == [(word, None, f"сумма \\ '{word}'")]
    (marts / "a.yml").write_text("models: [{name: fct_invoice_line}]", encoding="utf-8")
    descriptions._read.cache_clear()
    ready(home, "r3")
    publish("r3")
    assert comments() == [(None, None, None)]
    descriptions._read.cache_clear()


def test_the_password_is_in_no_message(
    home: Path, postgres: Database, caplog: pytest.LogCaptureFixture
) -> None:
    ready(home, "r1")
    with caplog.at_level(0):
        publish("r1")
        postgres.run(f"alter role kam_publisher in database {postgres.name} set work_mem = '1GB'")
    assert "rows sent" in caplog.text
    assert PASSWORD not in caplog.text
