"""What a published version holds, table by table and month by month, as PostgreSQL will have it."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kam_kpi.errors import KamError
from kam_kpi.serving.hashes import partition_hashes
from kam_kpi.serving.snapshot import SCHEMAS
from kam_kpi.sources.parse_sql import identifier, text_list

WHOLE = ""
"""Name of the one partition of a table that is not cut by months."""
_BY = "period"
_TYPES = {
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(38,0)",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
}


@dataclass(frozen=True)
class Column:
    """A column; `type` is PostgreSQL's own name of it, as `format_type` gives it."""

    name: str
    type: str
    is_nullable: bool
    comment: str | None = None


@dataclass(frozen=True)
class Partition:
    """The exact content of a partition, in one hash that no order of rows changes."""

    content_hash: str
    row_count: int


@dataclass(frozen=True)
class Table:
    """A published table. Partitions by name: the month's first day, or WHOLE."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    comment: str | None
    is_by_period: bool
    partitions: dict[str, Partition]

    @property
    def key(self) -> str:
        """schema.table, for people and lookups."""
        return f"{self.schema}.{self.name}"

    @property
    def sql_name(self) -> str:
        """The quoted name, the same in both databases."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"


def postgres_type(duckdb_type: str, where: str) -> str:
    """The type that holds exactly the same values.

    Raises:
        KamError: there is none: a published column must not be of this type.
    """
    if match := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", duckdb_type):
        return f"numeric({match[1]},{match[2]})"
    if duckdb_type not in _TYPES:
        raise KamError("serving.postgres_type", where=where, type=duckdb_type)
    return _TYPES[duckdb_type]


def read_tables(file: Path) -> list[Table]:
    """The tables of a version with the hashes of their partitions.

    Facts with a column `period` are cut by months, so that what changed in one month costs one
    month; the other tables are whole.

    Raises:
        KamError: a column has a type that PostgreSQL cannot hold exactly.
    """
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            f"""
            select schema_name, table_name, any_value(t.comment),
                list(column_name order by column_index), list(data_type order by column_index),
                list(is_nullable order by column_index), list(c.comment order by column_index)
            from duckdb_columns() as c
            inner join duckdb_tables() as t using (database_name, schema_name, table_name)
            where database_name = current_database() and schema_name in {text_list(SCHEMAS)}
            group by all order by all
            """
        ).fetchall()
        return [
            _read_table(connection, schema, table, comment, list(zip(*columns, strict=True)))
            for schema, table, comment, *columns in rows
        ]


def _read_table(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    comment: str | None,
    columns: list[tuple[str, str, bool, str | None]],
) -> Table:
    is_by_period = not name.startswith("dim_") and any(
        column == _BY and kind == "DATE" and not is_nullable
        for column, kind, is_nullable, _ in columns
    )
    hashes = partition_hashes(
        connection,
        f"{identifier(schema)}.{identifier(name)}",
        {column: kind for column, kind, _, _ in columns},
        _BY if is_by_period else None,
    )
    return Table(
        schema,
        name,
        tuple(
            Column(
                column, postgres_type(kind, f"{schema}.{name}.{column}"), is_nullable, text or None
            )
            for column, kind, is_nullable, text in columns
        ),
        comment,
        is_by_period,
        {key: Partition(digest, count) for key, (digest, count) in hashes.items()},
    )
