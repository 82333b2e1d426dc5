"""Sends a published version to PostgreSQL: one transaction, and only what changed.

Readers see the last version until the commit and wait for nothing: rows are deleted and copied,
never truncated. Only a table whose columns change is locked.
"""

import logging
from pathlib import Path

import duckdb
import pyarrow as pa
from adbc_driver_manager.dbapi import Cursor

from kam_kpi.errors import KamError
from kam_kpi.serving.partitions import Column, Table, read_tables
from kam_kpi.serving.postgres import query, transaction
from kam_kpi.serving.postgres_plan import PERSONAL_READER, READER, Change, Existing, change_of
from kam_kpi.serving.query import PublishedVersion
from kam_kpi.serving.snapshot import SCHEMAS
from kam_kpi.sources.connections import Connection
from kam_kpi.sources.parse_sql import identifier, literal, text_list

_PARTITIONS = "quality.published_partition"
_HISTORY = "quality.dim_published_version"
_ADVISORY_LOCK = 5_240_417
"""Any number, so long as it is the same in every publisher of a database."""
_BATCH_ROWS = 50_000


def newest_version(database: Connection) -> PublishedVersion | None:
    """The version that PostgreSQL has; None before the first publish.

    Raises:
        KamError: see `transaction`.
    """
    history = sent_history(database)
    return history[-1] if history else None


def sent_history(database: Connection) -> list[PublishedVersion]:
    """Every version that PostgreSQL knows of, the one it has last."""
    with transaction(database) as cursor:
        if query(cursor, f"select to_regclass('{_HISTORY}') is null") == [(True,)]:
            return []
        rows = query(
            cursor,
            "select version, run_id, as_of_date, fingerprint, published_at "
            f"from {_HISTORY} order by version",
        )
    return [PublishedVersion(*row) for row in rows]


def send(database: Connection, file: Path, version: int) -> dict[str, int]:
    """Makes the published tables of PostgreSQL equal to those of a version's file.

    Sent twice, it changes nothing the second time.

    Returns:
        Rows sent, by `schema.table`; a table that needed none is absent.

    Raises:
        KamError: the database is not prepared, or see `transaction`; nothing has changed then.
    """
    tables = read_tables(file)
    with transaction(database) as cursor, duckdb.connect(str(file), read_only=True) as source:
        _require_prepared(cursor, database)
        query(cursor, f"select pg_advisory_xact_lock({_ADVISORY_LOCK})::text")
        _ensure_partitions(cursor)
        existing = _existing(cursor)
        changes = [change_of(table, existing.pop(table.key, None)) for table in tables]
        # Tables that readers must wait for come last, so that they wait shortly.
        for change in sorted(changes, key=lambda change: change.excludes_readers):
            _apply(cursor, source, change)
        for key in existing:
            schema, _, name = key.partition(".")
            cursor.execute(f"drop table {identifier(schema)}.{identifier(name)}")
        _remember(cursor, changes, list(existing), version)
    sent = {
        change.table.key: sum(change.table.partitions[key].row_count for key in change.sent)
        for change in changes
        if change.sent
    }
    logging.getLogger(__name__).info(
        "version %s is in PostgreSQL; rows sent: %s", version, sum(sent.values())
    )
    return sent


def _require_prepared(cursor: Cursor, database: Connection) -> None:
    absent = query(
        cursor,
        f"""
        select 'schema ' || name from unnest({_array(SCHEMAS)}) as name
        where to_regnamespace(name) is null
        union all
        select 'role ' || name from unnest({_array((READER, PERSONAL_READER))}) as name
        where to_regrole(name) is null
        """,
    )
    if absent:
        names = ", ".join(name for (name,) in absent)
        raise KamError("serving.postgres_unprepared", where=database.place, names=names)


def _array(values: tuple[str, ...]) -> str:
    return f"array[{', '.join(map(literal, values))}]"


def _ensure_partitions(cursor: Cursor) -> None:
    if query(cursor, f"select to_regclass('{_PARTITIONS}') is null") == [(False,)]:
        return
    for statement in (
        f"""
        create table {_PARTITIONS} (
            table_schema text not null, table_name text not null, period text not null,
            content_hash text not null, row_count bigint not null, version integer not null,
            primary key (table_schema, table_name, period)
        )
        """,
        f"comment on table {_PARTITIONS} is 'One row per published partition: a month of a fact, "
        "or a whole table (empty period). Without its row a table is sent anew.'",
        f"comment on column {_PARTITIONS}.version is 'version that changed it last'",
        f"grant select on {_PARTITIONS} to {READER}",
    ):
        cursor.execute(statement)


def _existing(cursor: Cursor) -> dict[str, Existing]:
    """Published tables that are there; a table of another owner is not ours to touch."""
    hashes: dict[str, dict[str, str]] = {}
    for key, period, content_hash in query(
        cursor,
        f"select table_schema || '.' || table_name, period, content_hash from {_PARTITIONS}",
    ):
        hashes.setdefault(key, {})[period] = content_hash
    columns: dict[str, list[Column]] = {}
    comments: dict[str, str | None] = {}
    for key, comment, *column in query(
        cursor,
        f"""
        select n.nspname || '.' || c.relname, obj_description(c.oid, 'pg_class'),
            a.attname::text, format_type(a.atttypid, a.atttypmod), not a.attnotnull,
            col_description(c.oid, a.attnum)
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        left join pg_attribute as a
            on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where n.nspname in {text_list(SCHEMAS)} and c.relkind = 'r'
            and c.relowner = to_regrole(quote_ident(current_user))
            and n.nspname || '.' || c.relname <> {literal(_PARTITIONS)}
        order by n.nspname, c.relname, a.attnum
        """,
    ):
        comments[key] = comment
        columns.setdefault(key, []).append(Column(*column))
    return {
        key: Existing(tuple(found), comments[key], hashes.get(key, {}))
        for key, found in columns.items()
    }


def _apply(cursor: Cursor, source: duckdb.DuckDBPyConnection, change: Change) -> None:
    table = change.table
    replaced = sorted(change.gone | change.sent)
    if not change.is_new and (change.all_rows or replaced):
        rows = "" if change.all_rows else _where(table, replaced)
        cursor.execute(f"delete from {table.sql_name}{rows}")
    for statement in change.before:
        cursor.execute(statement)
    if change.sent:
        reader = source.execute(
            f"select {', '.join(map(_sent, table.columns))} from {table.sql_name}"
            f"{'' if change.all_rows else _where(table, sorted(change.sent))}"
        ).to_arrow_reader(_BATCH_ROWS)
        cursor.adbc_ingest(table.name, reader, mode="append", db_schema_name=table.schema)
    for statement in change.after:
        cursor.execute(statement)


def _where(table: Table, partitions: list[str]) -> str:
    """Rows of some partitions, in either database."""
    if not table.is_by_period:
        return ""
    return f" where period in ({', '.join(f'date {literal(key)}' for key in partitions)})"


def _sent(column: Column) -> str:
    name = identifier(column.name)
    if column.type == "text":
        # PostgreSQL cannot hold the character zero.
        return f"replace({name}, chr(0), chr(65533)) as {name}"
    if column.type == "numeric(38,0)":
        return f"{name}::decimal(38, 0) as {name}"
    return name


def _remember(cursor: Cursor, changes: list[Change], dropped: list[str], version: int) -> None:
    keys = [(change.table.key, key) for change in changes for key in change.gone | change.sent]
    forgotten = [change.table.key for change in changes if change.all_rows] + dropped
    if forgotten:
        cursor.execute(
            f"delete from {_PARTITIONS} "
            f"where table_schema || '.' || table_name in {text_list(forgotten)}"
        )
    if keys:
        pairs = ", ".join(f"({literal(table)}, {literal(key)})" for table, key in keys)
        cursor.execute(
            f"delete from {_PARTITIONS} "
            f"where (table_schema || '.' || table_name, period) in ({pairs})"
        )
    rows = [
        {
            "table_schema": change.table.schema,
            "table_name": change.table.name,
            "period": key,
            "content_hash": change.table.partitions[key].content_hash,
            "row_count": change.table.partitions[key].row_count,
            "version": version,
        }
        for change in changes
        for key in sorted(change.sent)
    ]
    if rows:
        schema, _, name = _PARTITIONS.partition(".")
        kinds = pa.schema(
            [(field, pa.string()) for field in ("table_schema", "table_name", "period")]
            + [("content_hash", pa.string()), ("row_count", pa.int64()), ("version", pa.int32())]
        )
        cursor.adbc_ingest(
            name, pa.Table.from_pylist(rows, kinds), mode="append", db_schema_name=schema
        )
