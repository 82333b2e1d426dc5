"""The models against the reference, line by line, to the kopeck."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from random import Random

from tests.bonus.engine import Engine
from tests.bonus.reference.calculation import calculate
from tests.bonus.reference.inputs import Inputs
from tests.bonus.reference.results import Result

LINES = """
    select employee_key, plan_code, plan_version, component_code, earned, held, due, clawed, status,
        is_settled
    from bonus.fct_bonus where period = '{period}'
"""
EVENTS = """
    select employee_key, plan_code, component_code, source, record_id, earned, clawed, due
    from bonus.fct_bonus_event where period = '{period}' and (earned <> 0 or clawed <> 0 or due <> 0)
"""
BLOCKS = """
    select employee_key, reason, detail from bonus.fct_bonus_block
    where period = '{period}' and reason <> 'shares_not_one'
    union all
    select employee_key, reason, '' from bonus.fct_bonus_block
    where period = '{period}' and reason = 'shares_not_one'
"""
DRAWS = "select employee_key, kind, amount from bonus.fct_bonus_draw where period = '{period}'"
Rows = list[tuple[object, ...]]


def differences(engine: Engine, inputs: Inputs, periods: Iterable[date]) -> list[str]:
    """Rows that only one of the two has, each with the month and who has it."""
    engine.calculate(inputs)
    return [
        f"{period} {name}, only {who}: {row}"
        for period in periods
        for name, ours, theirs in _tables(engine, calculate(inputs, period))
        for who, rows in (("models", ours - theirs), ("reference", theirs - ours))
        for row in sorted(rows, key=str)
    ]


def _tables(
    engine: Engine, result: Result
) -> Iterator[tuple[str, set[tuple[object, ...]], set[tuple[object, ...]]]]:
    expected = {
        "line": (LINES, lines_of(result)),
        "event": (EVENTS, events_of(result)),
        "block": (BLOCKS, blocks_of(result)),
        "draw": (DRAWS, [(d.employee_key, d.kind, d.amount) for d in result.draws]),
    }
    for name, (sql, rows) in expected.items():
        query = sql.format(period=result.period)
        yield name, set(engine.connection.execute(query).fetchall()), set(rows)


def lines_of(result: Result) -> Rows:
    """The lines of a result as fct_bonus has them."""
    return [
        (
            one.employee_key, one.plan_code, one.plan_version, one.component_code, one.earned,
            one.held, one.due, one.clawed, one.status, one.is_settled,
        )
        for one in result.lines
    ]  # fmt: skip


def events_of(result: Result) -> Rows:
    """What is paid for each record, where anything is."""
    return [
        (
            one.employee_key, one.plan_code, one.component_code, pay.event.source,
            pay.event.record_id, pay.earned, pay.clawed, pay.due,
        )
        for one in result.lines
        for pay in one.events
        if pay.earned or pay.clawed or pay.due
    ]  # fmt: skip


def blocks_of(result: Result) -> Rows:
    """Who is blocked and why; of shares that do not sum to 1 any account may be named."""
    return [
        (b.employee_key, b.reason, "" if b.reason == "shares_not_one" else b.detail)
        for b in result.blocks
    ]


def shuffled(inputs: Inputs, by: Random) -> Inputs:
    """The same rows in another order."""
    tables = {table.name: [*getattr(inputs, table.name)] for table in fields(inputs)}
    for rows in tables.values():
        by.shuffle(rows)
    return Inputs(**tables)


def total_due(engine: Engine) -> Decimal:
    """Σ due of all months and people."""
    row = engine.connection.execute("select coalesce(sum(due), 0) from bonus.fct_bonus").fetchone()
    return Decimal(row[0]) if row else Decimal(0)
