"""Content hashes of warehouse tables, independent of row order, run and clock.

Two databases with equal hashes hold the same rows: this is how incremental = full, and any order
of arrival = the same result, are tested.
"""

import hashlib
from pathlib import Path

import duckdb

from kam_kpi.sources.parse_sql import identifier, literal, text_list

CONTENT_SCHEMAS = ("core", "kpi")
"""Published schemas whose content is a function of the inputs; `quality` tells of runs."""
_RUN_COLUMNS = ("run_id", "checked_at", "published_at")


def table_hashes(path: Path, schemas: tuple[str, ...] = CONTENT_SCHEMAS) -> dict[str, str]:
    """Hash over the sorted rows of every table, by `schema.table`.

    Columns that start with `_` or tell of the run are left out. Names, types and order of the
    others count.

    Args:
        path: a published version or a build file that nobody writes.
        schemas: whose tables to hash.
    """
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            f"""
            select schema_name, table_name, list(column_name order by column_index),
                list(data_type order by column_index)
            from duckdb_columns()
            where database_name = current_database() and schema_name in {text_list(schemas)}
                and (schema_name, table_name) in (
                    select (schema_name, table_name) from duckdb_tables()
                )
                and not starts_with(column_name, '_')
                and column_name not in {text_list(_RUN_COLUMNS)}
            group by all order by all
            """
        ).fetchall()
        return {
            f"{schema}.{table}": partition_hashes(
                connection,
                f"{identifier(schema)}.{identifier(table)}",
                dict(zip(columns, types, strict=True)),
            )[""][0]
            for schema, table, columns, types in tables
        }


def content_hash(path: Path, schemas: tuple[str, ...] = CONTENT_SCHEMAS) -> str:
    """One hash over `table_hashes`."""
    lines = [f"{name} {value}\n" for name, value in sorted(table_hashes(path, schemas).items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def partition_hashes(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: dict[str, str],
    by: str | None = None,
) -> dict[str, tuple[str, int]]:
    """Hash over the sorted rows, and their number, of every partition of a relation.

    Args:
        connection: where the relation is.
        relation: its quoted name.
        columns: type by name, of the columns that count.
        by: the column whose values, as text, name the partitions; None: all is one, named "".
    """
    # Quoting makes the row text unambiguous: NULL is a bare dash, a text is always in quotes.
    cells = [
        f"coalesce('\"' || replace({identifier(name)}::varchar, '\"', '\"\"') || '\"', '-')"
        for name in columns
    ]
    header = literal(" ".join(f"{name}:{kind}" for name, kind in columns.items()))
    key = "''" if by is None else f"{identifier(by)}::varchar"
    rows = connection.execute(
        f"""
        with hashed as (
            select {key} as key, md5(concat_ws(',', {", ".join(cells)})) as row_hash
            from {relation}
        )
        select {"''" if by is None else "key"},
            sha256({header} || coalesce(string_agg(row_hash, '' order by row_hash), '')), count(*)
        from hashed group by {"()" if by is None else "key"}
        """
    ).fetchall()
    return {name: (digest, count) for name, digest, count in rows}
