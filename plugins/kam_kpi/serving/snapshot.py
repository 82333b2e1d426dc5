"""Writes one published database from the audited build file."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from kam_kpi.duckdb_file import open_for_writing
from kam_kpi.errors import KamError
from kam_kpi.serving.checks import COLUMNS, Check
from kam_kpi.serving.descriptions import Description, mart_descriptions
from kam_kpi.serving.query import PublishedVersion
from kam_kpi.sources.parse_sql import identifier, literal, text_list
from kam_kpi.warehouse.changes import CODE, EVERYTHING, MONTH_COLUMNS, read_changes

SCHEMAS = ("core", "kpi", "quality")
FINANCE_SCHEMAS = ("bonus",)
"""Schemas that tell what people are paid: they stay out of what BI reads."""
_PREFIXES = ("dim_", "fct_", "rpt_")
_BUILT_HERE = ("quality.fct_quality_check", "quality.dim_published_version")
_HERE = {
    "fct_quality_check": Description(
        "One row per check of a gate and run; the last runs only.",
        {
            "stage": "raw, conformed or marts",
            "severity": "error stops the run (raw: quarantines the load); warn only tells",
            "engine_failed": "the check itself could not run; counts as failed",
            "unexpected_count": "rows that break the rule",
            "checked_at": "instant, UTC",
        },
    ),
    "dim_published_version": Description(
        "One row per published version up to this one.",
        {
            "as_of_date": "last day the version speaks for",
            "fingerprint": "of the loads, configuration and code the version was built from",
            "published_at": "instant, UTC",
        },
    ),
}


@dataclass(frozen=True)
class Run:
    """The run that built the build file."""

    run_id: str
    as_of_date: date
    fingerprint: str
    published_run_id: str | None
    """The run that was published last from this file: `control.change` is told against it."""


def read_run(build_file: Path) -> Run:
    """Which run built the file.

    Raises:
        KamError: there is no build file, or another program has it open.
    """
    if not build_file.exists():
        raise KamError("serving.no_build", where=str(build_file))
    try:
        with duckdb.connect(str(build_file), read_only=True) as connection:
            rows = connection.execute(
                "select run_id, as_of_date, inputs_fingerprint,"
                " (select any_value(run_id) from control.published) from control.run"
            ).fetchall()
    except (duckdb.IOException, duckdb.ConnectionException) as fault:
        raise KamError("serving.build_busy", where=str(build_file), cause=str(fault)) from fault
    except duckdb.Error as fault:
        raise KamError("serving.no_build", where=str(build_file)) from fault
    if len(rows) != 1:
        raise KamError("serving.no_build", where=str(build_file))
    return Run(*rows[0])


def write_snapshot(
    build_file: Path,
    target: Path,
    checks: list[Check],
    history: list[PublishedVersion],
    base: Path | None = None,
) -> None:
    """Writes tables of `core`, `kpi` and `quality`, rows ordered by month, then by all columns.

    Args:
        build_file: nobody may write it meanwhile.
        target: a new file.
        checks: rows of quality.fct_quality_check.
        history: rows of quality.dim_published_version, the new version last.
        base: the version that the build file's changes are told against: the months that have
            not changed are taken from it.
    """
    kept = None if base is None else _changes_of_months(build_file)
    if base is not None and kept is not None:
        shutil.copyfile(base, target)
    with _attached(build_file, target) as connection:
        _copy_schemas(connection, build_file, SCHEMAS, kept)
        _write_checks(connection, checks)
        _write_history(connection, history)
        _comment(connection)


def _changes_of_months(build_file: Path) -> dict[str, date] | None:
    """What differs from the version published last; None where a fact of months does as a whole."""
    with duckdb.connect(str(build_file), read_only=True) as connection:
        changes = read_changes(connection)
        rows = connection.execute(
            f"""
            select distinct table_name from duckdb_columns()
            where schema_name in {text_list(SCHEMAS)} and column_name in {text_list(MONTH_COLUMNS)}
                and starts_with(table_name, 'fct_')
            """
        ).fetchall()
    facts = {table for (table,) in rows}
    is_whole = CODE in changes or EVERYTHING in {changes.get(table) for table in facts}
    return None if is_whole else changes


def write_finance(build_file: Path, target: Path) -> None:
    """Writes the tables of `bonus` into a file of their own, private from its first byte.

    Args:
        build_file: nobody may write it meanwhile.
        target: a new file.
    """
    before = os.umask(0o077)
    try:
        with _attached(build_file, target) as connection:
            _copy_schemas(connection, build_file, FINANCE_SCHEMAS)
            _comment(connection)
    finally:
        os.umask(before)


@contextmanager
def _attached(build_file: Path, target: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The new file with the build file attached, and one commit for everything."""
    catalog = build_file.stem  # as dbt names it, so that the file's own views resolve
    with open_for_writing(target) as connection:
        connection.execute(
            f"attach {literal(str(build_file))} as {identifier(catalog)} (read_only)"
        )
        connection.begin()
        yield connection
        connection.commit()
        connection.execute(f"detach {identifier(catalog)}")


def _copy_schemas(
    connection: duckdb.DuckDBPyConnection,
    build_file: Path,
    schemas: tuple[str, ...],
    changes: Mapping[str, date] | None = None,
) -> None:
    """Makes the tables of the schemas those of the build file; None: none of them is there yet."""
    for schema in schemas:
        connection.execute(f"create schema if not exists {schema}")
    tables = _published(connection, build_file.stem, schemas)
    for schema, table in set(_published(connection, "", schemas)) - set(tables):
        connection.execute(f"drop table {identifier(schema)}.{identifier(table)}")
    for schema, table in tables:
        day = EVERYTHING if changes is None else changes.get(table)
        if day is not None:
            _copy(connection, build_file.stem, schema, table, day)


def _published(
    connection: duckdb.DuckDBPyConnection, catalog: str, schemas: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Tables of the build file's catalog, or, without a name, of the new file."""
    rows = connection.execute(
        f"""
        select distinct schema_name, table_name from duckdb_columns()
        where database_name = {literal(catalog) if catalog else "current_database()"}
            and schema_name in {text_list(schemas)} and not contains(table_name, '__dbt_')
        order by all
        """
    ).fetchall()
    return [
        (schema, table)
        for schema, table in rows
        if table.startswith(_PREFIXES) and f"{schema}.{table}" not in _BUILT_HERE
    ]


def _copy(
    connection: duckdb.DuckDBPyConnection, catalog: str, schema: str, table: str, since: date
) -> None:
    """Brings the rows from the month `since` on; the whole table where nothing dates its rows."""
    columns = connection.execute(
        """
        select column_name, data_type, is_nullable from duckdb_columns()
        where database_name = ? and schema_name = ? and table_name = ? order by column_index
        """,
        [catalog, schema, table],
    ).fetchall()
    name = f"{identifier(schema)}.{identifier(table)}"
    names = [column for column, _, _ in columns]
    month = next((column for column in MONTH_COLUMNS if column in names), None)
    if month is None or since == EVERYTHING:
        definitions = ", ".join(
            f"{identifier(column)} {kind}{'' if is_nullable else ' not null'}"
            for column, kind, is_nullable in columns
        )
        connection.execute(f"create or replace table {name} ({definitions})")
        rows = ""
    else:
        rows = f"where {identifier(month)} >= date '{since}'"
        connection.execute(f"delete from {name} {rows}")
    order = ", ".join(map(identifier, sorted(names, key=lambda column: column != month)))
    connection.execute(
        f"insert into {name} from {identifier(catalog)}.{name} {rows} order by {order}"
    )


def _write_checks(connection: duckdb.DuckDBPyConnection, checks: list[Check]) -> None:
    definitions = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"create or replace table quality.fct_quality_check ({definitions})")
    if not checks:
        return
    rows = pa.table(
        {
            name: pa.array([_as_text(check[name]) for check in checks], pa.string())
            for name in COLUMNS
        }
    )
    connection.register("checks", rows)
    casts = ", ".join(
        # A stamp with an offset is turned into UTC; one without is UTC already.
        f"timezone('UTC', {name}::timestamptz)" if kind == "timestamp" else name
        for name, kind in COLUMNS.items()
    )
    connection.execute("set timezone = 'UTC'")
    connection.execute(
        f"insert into quality.fct_quality_check select {casts} from checks order by all"
    )
    connection.unregister("checks")


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)


def _write_history(connection: duckdb.DuckDBPyConnection, history: list[PublishedVersion]) -> None:
    connection.execute(
        """
        create or replace table quality.dim_published_version (
            version integer not null, run_id varchar not null, as_of_date date not null,
            fingerprint varchar, published_at timestamp not null
        )
        """
    )
    connection.executemany(
        "insert into quality.dim_published_version values (?, ?, ?, ?, ?)",
        [astuple(row) for row in history],
    )


def _comment(connection: duckdb.DuckDBPyConnection) -> None:
    descriptions = mart_descriptions() | _HERE
    tables = connection.execute(
        """
        select schema_name, table_name, list(column_name) from duckdb_columns()
        where database_name = current_database() and not internal group by all order by all
        """
    ).fetchall()
    for schema, table, columns in tables:
        description = descriptions.get(table, Description())
        name = f"{schema}.{identifier(table)}"
        if description.table:
            connection.execute(f"comment on table {name} is {literal(description.table)}")
        for column, text in description.columns.items():
            if column in columns:
                connection.execute(
                    f"comment on column {name}.{identifier(column)} is {literal(text)}"
                )
