from datetime import date
from decimal import Decimal

import duckdb
import pytest

from kam_kpi.bonus.month import bonus_month

MAY = date(2025, 5, 1)
PUBLISHED = """
    attach ':memory:' as finance; create schema finance.bonus; create schema core;
    create table core.dim_period as select date '2025-05-01' as period, date '2025-05-31' as month_end;
    create table core.fct_plan_rate as select 'RUB' as company_currency;
    create table core.dim_employee as
        select 'k' as employee_key, 'K' as employee_id, 'K' as name, ?::date as left_on;
    create table finance.bonus.fct_bonus as
        select date '2025-05-01' as period, 'k' as employee_key, 'P' as plan_code,
            1 as plan_version, 'C' as component_code, 30::decimal(18, 2) as earned,
            0::decimal(18, 2) as held, 30::decimal(18, 2) as due, 0::decimal(18, 2) as clawed,
            'final' as status, null::varchar as reason, true as is_settled;
    create table finance.bonus.fct_bonus_block (
        period date, employee_key varchar, reason varchar, detail varchar, place integer
    );
    create table finance.bonus.fct_bonus_draw as
        select date '2025-05-01' as period, 'k' as employee_key,
            'guarantee_recoverable' as kind, 100::decimal(18, 2) as amount;
    create table finance.bonus.fct_bonus_event (
        period date, employee_key varchar, component_code varchar, record_id varchar,
        clawed decimal(18, 2)
    );
"""


@pytest.mark.parametrize(
    ("left_on", "is_leaver"),
    [("2025-05-30", True), ("2025-05-31", True), ("2025-06-01", False), (None, False)],
)
def test_who_leaves_in_the_month_owes_the_draw_as_a_leaver(
    left_on: str | None, is_leaver: bool
) -> None:
    with duckdb.connect() as connection:
        shown = "null" if left_on is None else f"'{left_on}'"
        connection.execute(PUBLISHED.replace("?", shown))
        month = bonus_month(connection, MAY)
    owed = {"k": Decimal(70)}  # 100 guaranteed, 30 earned
    assert month.total("pay") == Decimal(100)
    assert month.settlement.balances == owed
    assert month.settlement.leavers == (owed if is_leaver else {})
