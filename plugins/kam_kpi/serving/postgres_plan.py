"""What has to happen to a PostgreSQL table so that it equals the published one. Pure: no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from kam_kpi.serving.partitions import WHOLE, Column, Table
from kam_kpi.sources.parse_sql import identifier, literal

READER = "kam_reader"
"""The group that reads the published tables, save for what is in RESTRICTED."""
PERSONAL_READER = "kam_personal"
"""The group that also reads what is in RESTRICTED."""
RESTRICTED: dict[str, tuple[str, ...]] = {
    "core.dim_employee": (
        "employee_key", "source", "employee_id", "name", "grade", "team", "manager_key", "is_kam",
    ),
    "quality.fct_quarantined_row": (
        "source", "feed", "entity", "load_id", "file", "line", "column_name", "reason",
    ),
}  # fmt: skip
"""Tables with personal data, and the columns that everybody may read; a new column is hidden."""


@dataclass(frozen=True)
class Existing:
    """A table as it is in PostgreSQL, and the content hashes of what was sent there."""

    columns: tuple[Column, ...]
    comment: str | None
    hashes: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """Everything between an existing table and a published one."""

    table: Table
    before: tuple[str, ...]
    """Statements that make columns fit. They run after `all_rows` are deleted, before COPY."""
    after: tuple[str, ...]
    """Statements that need the rows: NOT NULL, comments."""
    is_new: bool
    all_rows: bool
    """Whether every row is replaced, rather than those of `gone` and `sent`."""
    gone: frozenset[str]
    """Partitions that are there and not published any more."""
    sent: frozenset[str]
    """Partitions with a new content."""
    excludes_readers: bool
    """Whether the table is locked until the commit."""


def change_of(table: Table, existing: Existing | None) -> Change:
    """What makes the existing table equal to the published one; None: there is no table."""
    layout = [*_create(table)] if existing is None else [*_alter(table, existing)]
    known = {} if existing is None else existing.hashes
    was_cut = WHOLE not in known
    all_rows = bool(layout) or not known or was_cut != table.is_by_period
    sent = frozenset(
        key
        for key, partition in table.partitions.items()
        if all_rows or known.get(key) != partition.content_hash
    )
    tightened = () if existing is None else tuple(_not_null(table, existing))
    return Change(
        table=table,
        before=tuple(layout),
        after=(*tightened, *_comments(table, existing)),
        is_new=existing is None,
        all_rows=all_rows,
        gone=frozenset(known) - frozenset(table.partitions),
        sent=sent,
        excludes_readers=bool(layout or tightened),
    )


def _create(table: Table) -> list[str]:
    columns = ", ".join(
        f"{identifier(c.name)} {c.type}{'' if c.is_nullable else ' not null'}"
        for c in table.columns
    )
    statements = [f"create table {table.sql_name} ({columns})"]
    if table.is_by_period:
        statements.append(f"create index on {table.sql_name} (period)")
    if table.key not in RESTRICTED:
        return [*statements, f"grant select on {table.sql_name} to {READER}"]
    return [
        *statements,
        *_column_grants(table, table.columns),
        f"grant select on {table.sql_name} to {PERSONAL_READER}",
    ]


def _column_grants(table: Table, columns: tuple[Column, ...]) -> list[str]:
    granted = [identifier(c.name) for c in columns if c.name in RESTRICTED.get(table.key, ())]
    listed = ", ".join(granted)
    return [f"grant select ({listed}) on {table.sql_name} to {READER}"] if granted else []


def _alter(table: Table, existing: Existing) -> list[str]:
    there = {column.name: column for column in existing.columns}
    wanted = {column.name for column in table.columns}
    added = tuple(column for column in table.columns if column.name not in there)
    alter = f"alter table {table.sql_name}"
    return [
        *(f"{alter} drop column {identifier(name)}" for name in there if name not in wanted),
        *(f"{alter} add column {identifier(c.name)} {c.type}" for c in added),
        # All rows are sent anew: there is nothing to convert.
        *(
            f"{alter} alter column {identifier(c.name)} type {c.type} using null::{c.type}"
            for c in table.columns
            if c.name in there and there[c.name].type != c.type
        ),
        *(
            f"{alter} alter column {identifier(c.name)} drop not null"
            for c in table.columns
            if c.is_nullable and c.name in there and not there[c.name].is_nullable
        ),
        *_column_grants(table, added),
    ]


def _not_null(table: Table, existing: Existing) -> list[str]:
    bound = {column.name for column in existing.columns if not column.is_nullable}
    return [
        f"alter table {table.sql_name} alter column {identifier(column.name)} set not null"
        for column in table.columns
        if not column.is_nullable and column.name not in bound
    ]


def _comments(table: Table, existing: Existing | None) -> list[str]:
    told = {} if existing is None else {c.name: c.comment for c in existing.columns}
    statements = [
        f"comment on column {table.sql_name}.{identifier(column.name)} is {_text(column.comment)}"
        for column in table.columns
        if column.comment != told.get(column.name)
    ]
    if table.comment != (existing.comment if existing else None):
        statements.append(f"comment on table {table.sql_name} is {_text(table.comment)}")
    return statements


def _text(comment: str | None) -> str:
    return literal(comment) if comment else "null"
