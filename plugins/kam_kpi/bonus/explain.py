"""The bonus of one person in one month, from the total down to the source records."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from kam_kpi.bonus.month import BonusMonth, Line, Person, bonus_month
from kam_kpi.errors import KamError
from kam_kpi.serving.kam_month import fetch
from kam_kpi.sources.parse_sql import literal

_NAMES = ("employee_id", "personnel_no", "email", "employee_key", "name")


@dataclass(frozen=True)
class Step:
    """A step of the calculation; `quantity` × `rate` is what a tier pays for."""

    step: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal | None
    note: str | None


@dataclass(frozen=True)
class Record:
    """A source record behind the measure; `earned` and `due` where it is settled by itself."""

    record_type: str
    source: str
    record_id: str
    record_on: date | None
    account: str | None
    amount: Decimal
    denominator: Decimal
    lost: Decimal
    earned: Decimal | None
    due_ratio: Decimal | None
    due: Decimal | None


@dataclass(frozen=True)
class Component:
    """A line with its KPI, steps and records; the largest record comes first."""

    line: Line
    kpi: dict[str, Any] | None
    window: str | None
    steps: tuple[Step, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True)
class BonusExplanation:
    """The tree of one person's month."""

    month: BonusMonth
    person: Person
    components: tuple[Component, ...]


def explain_bonus(
    connection: duckdb.DuckDBPyConnection, kam: str, period: date
) -> BonusExplanation:
    """Reads the tree below one person's bonus.

    Args:
        connection: of the published databases with the finance file, `connect_finance`.
        kam: id, personnel number, e-mail or part of the name.
        period: first day of the month of payout.

    Raises:
        KamError: no such person or month, more than one such person, or no bonus of theirs.
    """
    month = bonus_month(connection, period)
    named = _named(connection, kam)
    found = [one for one in month.people if one.employee_key == named["employee_key"]]
    if not found:
        shown = f"{period:%Y-%m}"
        raise KamError("bonus.no_bonus_of", name=named["name"], month=shown)
    [person] = found
    at = f"employee_key = {literal(person.employee_key)} and period = date '{period}'"
    measures = {
        row["component_code"]: row
        for row in fetch(
            connection,
            f"""
            select component_code, measure_window, kpis.*
            from finance.bonus.fct_bonus as lines
            left join kpi.dim_kpi as kpis on lines.measure = kpis.kpi_code
            where {at}
            """,
        )
    }
    steps, records = _steps(connection, at), _records(connection, at)
    components = tuple(
        Component(
            line,
            measures[line.component] if measures[line.component]["kpi_code"] else None,
            measures[line.component]["measure_window"],
            tuple(steps.get(line.component, ())),
            tuple(records.get(line.component, ())),
        )
        for line in person.lines
    )
    return BonusExplanation(month, person, components)


def _named(connection: duckdb.DuckDBPyConnection, kam: str) -> dict[str, Any]:
    people = [
        row
        for row in fetch(connection, "from core.dim_employee order by name, employee_id")
        if row["employee_key"] != "UNASSIGNED"
    ]
    wanted = kam.casefold()
    exact = [p for p in people if wanted in {str(p[name]).casefold() for name in _NAMES}]
    chosen = exact or [p for p in people if wanted in str(p["name"]).casefold()]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(f"{p['name']} ({p['employee_id']})" for p in chosen or people)
    raise KamError(f"serving.{'several_kams' if chosen else 'no_such_kam'}", kam=kam, kams=names)


def _steps(connection: duckdb.DuckDBPyConnection, at: str) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    rows = fetch(connection, f"from finance.bonus.fct_bonus_line where {at} order by place, part")
    for row in rows:
        step = Step(row["step"], row["quantity"], row["rate"], row["amount"], row["note"])
        found.setdefault(row["component_code"], []).append(step)
    return found


def _records(connection: duckdb.DuckDBPyConnection, at: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    rows = fetch(
        connection,
        f"""
        with events as (
            from finance.bonus.fct_bonus_event where {at}
        )

        select
            events.*,
            accounts.name as account,
            coalesce(invoices.issued_on, deals.closed_on, terms.ends_on) as record_on
        from events
        left join core.dim_account as accounts on events.account_key = accounts.account_key
        left join core.fct_invoice as invoices
            on events.source = invoices.source and invoices.invoice_id = case
                when events.record_type = 'invoice_line'
                    then regexp_replace(events.record_id, '/[^/]*$', '')
                when events.record_type in ('invoice', 'credit_note') then events.record_id
            end
        left join core.fct_deal as deals
            on events.record_type = 'deal' and events.source = deals.source
                and events.record_id = deals.deal_id
        left join core.fct_contract_term as terms
            on events.record_type = 'contract_term' and events.source = terms.source
                and events.record_id = terms.term_id
        order by abs(event_amount) desc, abs(denominator) desc, record_id, events.source
        """,
    )
    for row in rows:
        record = Record(
            row["record_type"], row["source"], row["record_id"], row["record_on"], row["account"],
            row["event_amount"], row["denominator"], row["lost_amount"], row["earned"],
            row["due_ratio"], row["due"],
        )  # fmt: skip
        found.setdefault(row["component_code"], []).append(record)
    return found
