"""The bonuses of a month, from the published finance tables, settled."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from kam_kpi.bonus.settlement import DRAW, Draw, Due, DueSheet, Entry, Settlement, settle
from kam_kpi.errors import KamError
from kam_kpi.serving.kam_month import fetch
from kam_kpi.sources.parse_sql import literal


@dataclass(frozen=True)
class Line:
    """One component of a person, in company currency and kopecks."""

    component: str
    earned: Decimal
    waiting: Decimal
    due: Decimal
    status: str
    reason: str | None


@dataclass(frozen=True)
class Block:
    """Why nothing of a person can be paid."""

    reason: str
    detail: str | None


@dataclass(frozen=True)
class Person:
    """A person's month. `plans` as `code vN`; `draw` is what draws add or take; `pay` is all."""

    employee_key: str
    employee_id: str
    name: str
    plans: tuple[str, ...]
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]
    draw: Decimal
    pay: Decimal

    @property
    def earned(self) -> Decimal:
        """Earned by rules, due or not."""
        return sum((line.earned for line in self.lines), Decimal(0))

    @property
    def waiting(self) -> Decimal:
        """Earned, and not due yet."""
        return sum((line.waiting for line in self.lines), Decimal(0))

    @property
    def held(self) -> tuple[Line, ...]:
        """Lines that are not paid before something is known."""
        return tuple(line for line in self.lines if line.status == "held")


@dataclass(frozen=True)
class BonusMonth:
    """A month of payout; the best paid come first."""

    period: date
    currency: str
    people: tuple[Person, ...]
    settlement: Settlement

    def total(self, name: str) -> Decimal:
        """Σ of `earned`, `waiting`, `draw` or `pay` over the people."""
        return sum((getattr(person, name) for person in self.people), Decimal(0))


def bonus_month(connection: duckdb.DuckDBPyConnection, period: date) -> BonusMonth:
    """Reads and settles a month; without a ledger nothing was posted.

    Args:
        connection: of the published databases with the finance file, `connect_finance`.
        period: first day of the month.

    Raises:
        KamError: no bonuses are computed for the month; names the months that are.
    """
    at = f"period = date '{period}'"
    lines = fetch(connection, f"from finance.bonus.fct_bonus where {at} order by component_code")
    blocks = fetch(connection, f"from finance.bonus.fct_bonus_block where {at} order by place")
    if not lines and not blocks:
        raise _no_bonus(connection, period)
    sheet = _due_sheet(connection, period, lines, blocks)
    settlement = settle(sheet, ())
    people = _people(connection, lines, blocks, settlement.entries)
    currency = _currency(connection)
    return BonusMonth(period, currency, tuple(people), settlement)


def _due_sheet(
    connection: duckdb.DuckDBPyConnection,
    period: date,
    lines: Iterable[dict[str, Any]],
    blocks: Iterable[dict[str, Any]],
) -> DueSheet:
    """What settlement reads of one month."""
    left = fetch(
        connection,
        "select employee_key from core.dim_employee inner join core.dim_period"
        f" on period = date '{period}' and left_on <= month_end",
    )
    draws = fetch(
        connection, f"from finance.bonus.fct_bonus_draw where period = date '{period}' order by all"
    )
    clawed: dict[tuple[str, str], list[tuple[str, Decimal]]] = defaultdict(list)
    for row in fetch(
        connection,
        f"""
        select employee_key, component_code, record_id, clawed from finance.bonus.fct_bonus_event
        where period = date '{period}' and clawed <> 0 order by all
        """,
    ):
        key = row["employee_key"], row["component_code"]
        clawed[key].append((row["record_id"], row["clawed"]))
    return DueSheet(
        period,
        tuple(
            Due(
                row["employee_key"], period, period, row["component_code"], row["due"],
                clawed=row["clawed"], is_settled=row["is_settled"],
                clawed_events=tuple(clawed[row["employee_key"], row["component_code"]]),
            )
            for row in lines
        ),
        tuple(Draw(row["employee_key"], period, row["kind"], row["amount"]) for row in draws),
        first_period=period,
        left=frozenset(row["employee_key"] for row in left),
        blocked=frozenset((row["employee_key"], period) for row in blocks),
    )  # fmt: skip


def _people(
    connection: duckdb.DuckDBPyConnection,
    lines: list[dict[str, Any]],
    blocks: list[dict[str, Any]],
    entries: Iterable[Entry],
) -> list[Person]:
    keys = {row["employee_key"] for row in [*lines, *blocks]}
    names = {row["employee_key"]: row for row in fetch(connection, "from core.dim_employee")}
    pay: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        pay[entry.employee].append(entry)
    people = [
        _person(
            names[key],
            [row for row in lines if row["employee_key"] == key],
            [row for row in blocks if row["employee_key"] == key],
            pay[key],
        )
        for key in keys | pay.keys()
    ]
    return sorted(people, key=lambda one: (-one.pay, -one.earned, one.employee_id))


def _person(
    named: dict[str, Any],
    lines: list[dict[str, Any]],
    blocks: list[dict[str, Any]],
    entries: list[Entry],
) -> Person:
    plans = {(row["plan_code"], row["plan_version"]) for row in lines if row["plan_code"]}
    return Person(
        named["employee_key"],
        named["employee_id"],
        named["name"],
        tuple(f"{code} v{version}" for code, version in sorted(plans)),
        tuple(
            Line(
                row["component_code"], row["earned"], row["held"], row["due"], row["status"],
                row["reason"],
            )
            for row in lines
        ),
        tuple(Block(row["reason"], row["detail"]) for row in blocks),
        sum((entry.amount for entry in entries if entry.component == DRAW), Decimal(0)),
        sum((entry.amount for entry in entries), Decimal(0)),
    )  # fmt: skip


def _currency(connection: duckdb.DuckDBPyConnection) -> str:
    [(currency,)] = connection.execute(
        "select any_value(company_currency) from core.fct_plan_rate"
    ).fetchall()
    return currency or ""


def _no_bonus(connection: duckdb.DuckDBPyConnection, period: date) -> KamError:
    [(first, last)] = connection.execute(
        "select min(period), max(period) from finance.bonus.fct_bonus"
    ).fetchall()
    if first is None:
        return KamError("bonus.no_plans", where="plans/")
    return KamError(
        "bonus.no_such_month", month=f"{period:%Y-%m}", first=f"{first:%Y-%m}", last=f"{last:%Y-%m}"
    )


def last_bonus_month(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The last month that is over and has bonuses; None where nobody has a plan."""
    [(period,)] = connection.execute(
        f"""
        select max(bonuses.period) from finance.bonus.fct_bonus as bonuses
        inner join core.dim_period as periods on bonuses.period = periods.period
        where periods.month_end <= (
            select arg_max(as_of_date, version) from quality.dim_published_version
        ) and bonuses.plan_code <> {literal("")}
        """
    ).fetchall()
    return period if period is None else date.fromisoformat(str(period))


@dataclass(frozen=True)
class UnderWay:
    """A month that is not over, and the day up to which it is known."""

    period: date
    as_of: date


def month_under_way(connection: duckdb.DuckDBPyConnection) -> UnderWay | None:
    """The month that is not over on the day the published version speaks for, if it has bonuses."""
    rows = fetch(
        connection,
        """
        with version as (
            select arg_max(as_of_date, version) as as_of from quality.dim_published_version
        )

        select distinct bonuses.period, version.as_of
        from finance.bonus.fct_bonus as bonuses
        inner join core.dim_period as periods on bonuses.period = periods.period
        inner join version on periods.month_end > version.as_of
        """,
    )
    return UnderWay(**rows[0]) if rows else None
