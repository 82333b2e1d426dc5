"""Compares the facts that a story expects with a built or published warehouse."""

from decimal import Decimal

import duckdb

from kam_kpi.demo.stories import ALL_OWNERS, KpiFact, OpenFact, QuarantineFact, Story, stories

CRM, BILLING = "demo_crm", ("demo_billing", "demo_branch")

_KPI = """
select coalesce(sum(evidence.numerator), 0), coalesce(sum(evidence.denominator), 0)
from kpi.fct_kpi_evidence as evidence
inner join core.dim_account as account using (account_key)
left join core.dim_employee as employee using (employee_key)
where account.source = ? and list_contains(?, account.account_id)
    and evidence.kpi_code = ? and evidence.period = ? and evidence."window" = 'month'
    and evidence.credit_role = 'owner'
    and (? = '' or coalesce(employee.employee_id, evidence.employee_key) = ?)
"""
_OPEN = """
select coalesce(sum(open_amount), 0), coalesce(sum(overdue_amount), 0)
from core.fct_open_item_month
where list_contains(?, source) and invoice_id = ? and period = ?
"""
_QUARANTINED = """
select count(*) from quality.fct_quarantined_row
where source = ? and file = ? and line = ? and reason = ?
    and (? is null or column_name = ?) and (? is null or value = ?)
"""


def _row(
    connection: duckdb.DuckDBPyConnection, sql: str, values: list[object]
) -> tuple[Decimal, ...]:
    row = connection.execute(sql, values).fetchone()
    assert row is not None
    return tuple(row)


def _kpi(connection: duckdb.DuckDBPyConnection, story: Story, fact: KpiFact) -> str | None:
    accounts, employee = list(story.account_ids), fact.employee_id or ALL_OWNERS
    values = [CRM, accounts, fact.kpi_code, fact.period, employee, employee]
    numerator, denominator = _row(connection, _KPI, values)
    is_equal = numerator == fact.numerator and (
        fact.denominator is None or denominator == fact.denominator
    )
    return None if is_equal else f"{fact} but found {numerator} / {denominator}"


def _open(connection: duckdb.DuckDBPyConnection, fact: OpenFact) -> str | None:
    found = _row(connection, _OPEN, [list(BILLING), fact.invoice_id, fact.period])
    expected = (fact.open_amount, fact.overdue_amount)
    return None if found == expected else f"{fact} but found {found}"


def _quarantined(connection: duckdb.DuckDBPyConnection, fact: QuarantineFact) -> str | None:
    column, value = fact.column, fact.value
    values = [CRM, fact.file, fact.line, fact.reason, column, column, value, value]
    (count,) = _row(connection, _QUARANTINED, values)
    return None if count == 1 else f"{fact} but found {count} rows"


def _codes(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {
        str(row[0]) for row in connection.execute("select kpi_code from kpi.dim_kpi").fetchall()
    }


def unanswered(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """KPIs that some story has a fact of and the warehouse does not know."""
    asked = {fact.kpi_code for story in stories().values() for fact in story.kpis}
    return asked - _codes(connection)


def mismatches(connection: duckdb.DuckDBPyConnection, story: Story, days: int = 0) -> list[str]:
    """What the warehouse says otherwise than the story; empty when all agrees.

    KPIs that `kpi.dim_kpi` does not list are left out: `unanswered` names them.

    Args:
        connection: a database with the schemas core, kpi and quality of the demo company.
        story: one of `kam_kpi.demo.stories`.
        days: days that were let pass since the first delivery.
    """
    known = _codes(connection)
    facts = [fact for fact in story.kpis_after(days) if fact.kpi_code in known]
    found = [_kpi(connection, story, fact) for fact in facts]
    found += [_open(connection, fact) for fact in story.open_items]
    found += [_quarantined(connection, fact) for fact in story.quarantined]
    return [text for text in found if text]
