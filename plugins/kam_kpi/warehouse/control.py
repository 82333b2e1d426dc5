"""Tells the models what they may know: the `control` tables and the `landed` views."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from kam_kpi.contract import load_contract
from kam_kpi.errors import KamError
from kam_kpi.lake.landed_sql import landed_relation
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.plans.plans import Plans
from kam_kpi.sources.deliveries import needed_columns
from kam_kpi.sources.mapping import Source
from kam_kpi.sources.parse_sql import identifier, literal
from kam_kpi.sources.staging_sql import compile_entity, empty_entity
from kam_kpi.warehouse.changes import CODE, EVERYTHING, create_changes, note_change
from kam_kpi.warehouse.conformed import Conformed, Identity, LoadState
from kam_kpi.warehouse.inputs import Inputs, StagedLoad, dbt_version, delivered

TABLES = {
    "run": "run_id varchar, as_of_date date, inputs_fingerprint varchar",
    "company": "name varchar, currency varchar, time_zone varchar",
    "source": "source varchar, domain varchar, priority integer",
    "load": "load_id varchar, source varchar, domain varchar, feed varchar, file varchar, "
    "scope varchar, covers_to date, sha256 varchar, release_order integer, rows_landed bigint",
    "staged_load": "entity varchar, stage_id varchar, load_id varchar, covers_to date, "
    "release_order integer, sha256 varchar, is_current boolean",
    "delivered": "entity varchar, source varchar, domain varchar, covers_to date",
    "domain": "domain varchar, covers_to date",
    "policy": "policy_version varchar, valid_from date, valid_to date, grain varchar, "
    "renewal_grace_days integer, renewal_min_term_months integer, renewal_due_by varchar, "
    "renewal_evergreen varchar, churn_inactivity_months integer, "
    "churn_reactivation_gap_days integer, churn_recognise varchar, cross_sell_by varchar, "
    "cross_sell_lookback_months integer, cross_sell_min_tenure_days integer, "
    "cross_sell_credit_months integer, receivables_credits varchar, receivables_disputes varchar, "
    "aging_buckets integer[], dso_days_basis varchar, credit_deal_by varchar, "
    "bonus_unpaid_absences varchar[], bonus_clawback_months integer, "
    "bonus_clawback_overdue_days integer, bonus_restate_months integer, "
    "bonus_restate_min_amount decimal(18,2)",
    "bonus_plan": "plan_code varchar, version integer, valid_from date, valid_to date, "
    "author varchar, currency varchar, base varchar, cap decimal(18,2), floor decimal(18,2), "
    "status varchar",
    "bonus_component": "plan_code varchar, version integer, component_code varchar, "
    "measure varchar, kind varchar, weight decimal(9,6), rate decimal(18,6), "
    'amount decimal(18,2), "interval" varchar, accumulation varchar, direction varchar, '
    "target_source varchar, target_value decimal(18,6), cap decimal(18,2), floor decimal(18,2), "
    "prorate boolean, measure_window varchar, salary_share decimal(9,6), earn_on varchar, "
    "holdback_share decimal(9,6), holdback_days integer, clawback_mode varchar, "
    "measure_lag_months integer, on_null varchar",
    "bonus_tier": "plan_code varchar, version integer, component_code varchar, "
    "tier_from decimal(18,6), tier_to decimal(18,6), value decimal(18,6), basis varchar, "
    "value_is varchar, mode varchar, boundary varchar",
    "bonus_gate": "plan_code varchar, version integer, gate_code varchar, component_code varchar, "
    "kpi_code varchar, operator varchar, threshold decimal(18,6), effect varchar, "
    "factor decimal(18,6)",
    "bonus_assignment": "employee varchar, plan_code varchar, valid_from date, valid_to date",
}


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Replaces the rows of a table; others than before are a change."""
    name = f"control.{identifier(table)}"
    before = _rows(connection, table)
    connection.execute(f"create or replace table {name} ({TABLES[table]})")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {name} values ({marks})", rows)
    day = _changed_from(table, before, _rows(connection, table))
    if day:
        note_change(connection, f"control.{table}", day)


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    """All rows in any fixed order, with the names of the columns; nothing without the table."""
    query = "select 1 from duckdb_tables() where schema_name = 'control' and table_name = ?"
    if not connection.execute(query, [table]).fetchall():
        return []
    found = connection.execute(f"from control.{identifier(table)} order by all")
    return [tuple(column[0] for column in found.description), *found.fetchall()]


def _changed_from(
    table: str, before: list[tuple[Any, ...]], now: list[tuple[Any, ...]]
) -> date | None:
    if table == "run" and before and before[0] == now[0]:
        # the models know but its day, and up to the earlier one nothing follows from it
        days = {row[1] for row in (*before[1:], *now[1:])}
        return min(day or EVERYTHING for day in days) if len(days) > 1 else None
    return EVERYTHING if before != now else None


def _columns(table: str) -> list[str]:
    return [part.split()[0].strip('"') for part in TABLES[table].split(", ")]


def _policy_rows(inputs: Inputs) -> list[list[Any]]:
    names = _columns("policy")
    return [[row[name] for name in names] for row in inputs.deployment.policy.rows()]


def fill_plans(connection: duckdb.DuckDBPyConnection, plans: Plans) -> None:
    """Replaces the plan tables of `control`."""
    for table, rows in plans.tables().items():
        names = _columns(table)
        _fill(connection, table, [[getattr(row, name) for name in names] for row in rows])


def write_control(connection: duckdb.DuckDBPyConnection, inputs: Inputs, run_id: str) -> None:
    """Replaces the `control` tables, in the caller's transaction."""
    connection.execute("create schema if not exists control")
    create_changes(connection)
    write_code(connection, dbt_version())
    company = inputs.deployment.company
    sources = inputs.deployment.sources.values()
    tables = delivered(inputs)
    days = {
        domain: max(d for _, _, name, d in tables if name == domain) for _, _, domain, _ in tables
    }
    _fill(connection, "run", [[run_id, inputs.as_of, inputs.fingerprint]])
    _fill(connection, "company", [[company.name, company.currency, company.time_zone]])
    _fill(connection, "source", [[s.source, s.domain, s.priority] for s in sources])
    _fill(connection, "load", [_load_row(record) for record in inputs.loads])
    _fill(connection, "staged_load", [_staged_row(staged) for staged in inputs.staged])
    _fill(connection, "delivered", tables)
    _fill(connection, "domain", sorted(days.items()))
    _fill(connection, "policy", _policy_rows(inputs))
    fill_plans(connection, inputs.plans)


def forget_changed(
    connection: duckdb.DuckDBPyConnection, now: dict[str, Conformed]
) -> dict[str, Conformed]:
    """Contract tables to conform again; what they were made from is forgotten until that is done.

    `control.new_load` gets the loads whose keys alone are to be conformed again: of a table that
    has lost no load since, and gained few rows. A table without a row there is made as a whole.

    Args:
        connection: the build file, in the caller's transaction.
        now: what each contract table is to be made from.
    """
    connection.execute(
        """
        create table if not exists control.conformed_load (
            entity varchar, code varchar, stage_id varchar, release_order integer,
            is_current boolean
        );
        create or replace table control.new_load (entity varchar, stage_id varchar);
        """
    )
    before = _conformed(connection)
    changed = {entity: one for entity, one in now.items() if before.get(entity) != one.identity}
    for entity, one in changed.items():
        note_change(connection, f"stg_mapped__{entity}", EVERYTHING)
        rows = [[entity, stage_id] for stage_id in one.few_new(before.get(entity))]
        if rows:
            connection.executemany("insert into control.new_load values (?, ?)", rows)
    query = "delete from control.conformed_load where entity in (select unnest(?))"
    connection.execute(query, [list(changed)])
    return changed


def _conformed(connection: duckdb.DuckDBPyConnection) -> dict[str, Identity]:
    found: dict[str, tuple[str, set[LoadState]]] = {}
    for entity, code, *load in connection.execute("from control.conformed_load").fetchall():
        _, loads = found.setdefault(entity, (code, set()))
        if load[0] is not None:
            loads.add((load[0], load[1], load[2]))
    return {entity: (code, frozenset(loads)) for entity, (code, loads) in found.items()}


def remember_conformed(
    connection: duckdb.DuckDBPyConnection, changed: dict[str, Conformed]
) -> None:
    """Notes what the contract tables were made from, once they are made."""
    rows = [
        [entity, one.code, *load]
        for entity, one in changed.items()
        # a table without any load is remembered as well
        for load in [(None, None, None), *sorted(one.loads)]
    ]
    connection.executemany("insert into control.conformed_load values (?, ?, ?, ?, ?)", rows)


def write_code(connection: duckdb.DuckDBPyConnection, version: str) -> None:
    """Notes which models build the file; other models than before change everything."""
    connection.execute("create table if not exists control.code (version varchar)")
    if connection.execute("from control.code").fetchall() != [(version,)]:
        connection.execute("create or replace table control.code as select ? as version", [version])
        note_change(connection, CODE, EVERYTHING)


def _load_row(r: LoadRecord) -> list[Any]:
    return [
        r.load_id,
        r.source,
        r.domain,
        r.feed,
        r.file,
        r.scope,
        r.covers_to,
        r.sha256,
        r.release_order,
        r.rows_landed,
    ]


def _staged_row(staged: StagedLoad) -> list[Any]:
    r = staged.record
    return [
        staged.entity,
        staged.stage_id,
        r.load_id,
        r.covers_to,
        r.release_order,
        r.sha256,
        staged.is_current,
    ]


def _already_staged(connection: duckdb.DuckDBPyConnection, entity: str) -> set[str]:
    exists = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'staging' and table_name = ?",
        [f"stg_mapped__{entity}"],
    ).fetchone()
    if not exists:
        return set()
    rows = connection.execute(f"select distinct _stage_id from staging.stg_mapped__{entity}")
    return {str(row[0]) for row in rows.fetchall()}


def _entity_view(inputs: Inputs, entity: str, done: set[str]) -> str:
    """Union over the feeds that fill `entity`, of the loads not staged yet."""
    selects = []
    for source in inputs.deployment.sources.values():
        for feed in source.feeds:
            waiting = [
                s
                for s in inputs.staged
                if s.entity == entity
                and (s.record.source, s.record.feed) == (source.source, feed)
                and s.stage_id not in done
                and s.record.parquet
            ]
            if waiting:
                selects.append(_feed_select(source, feed, entity, waiting))
    empty = empty_entity(entity)
    if not selects:
        return f"select *, cast(null as varchar) as _stage_id from ({empty})"
    return "\nunion all by name\n".join(selects)


def _feed_select(source: Source, feed: str, entity: str, waiting: list[StagedLoad]) -> str:
    records = [staged.record for staged in waiting]
    relation = landed_relation(records, needed_columns(source.feeds[feed]))
    cases = " ".join(
        f"when {literal(s.record.load_id)} then {literal(s.stage_id)}" for s in waiting
    )
    compiled = compile_entity(source, feed, entity, relation)
    return f"select *, case _load_id {cases} end as _stage_id from (\n{compiled}\n)"


def _broken_view(inputs: Inputs) -> str:
    selects = []
    for source in inputs.deployment.sources.values():
        for feed in source.feeds:
            records = [
                r for r in inputs.loads if (r.source, r.feed) == (source.source, feed) and r.parquet
            ]
            if records:
                selects.append(
                    f"select {literal(source.source)} as source, {literal(feed)} as feed, _load_id,"
                    f" _file, _line, _broken from {landed_relation(records)}"
                    " where _broken is not null"
                )
    if selects:
        return "\nunion all\n".join(selects)
    names = ("source", "feed", "_load_id", "_file", "_broken")
    texts = ", ".join(f"cast(null as varchar) as {name}" for name in names)
    return f"select {texts}, cast(null as bigint) as _line where false"


def write_landed(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """Replaces the `landed` views, in the caller's transaction.

    Raises:
        KamError: a mapping names a column that no file has, or its `select` does not bind.
    """
    connection.execute("create schema if not exists landed")
    for entity in load_contract():
        view = _entity_view(inputs, entity, _already_staged(connection, entity))
        try:
            connection.execute(f"create or replace view landed.{identifier(entity)} as {view}")
        except duckdb.Error as fault:
            where = f"{entity}"
            raise KamError("sources.bad_select", where=where, problem=str(fault)) from fault
    connection.execute(f"create or replace view landed.broken_row as {_broken_view(inputs)}")
