"""8 800 real sales opportunities: value maps, open deals without account, agents without deals."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from kam_kpi import PROJECT
from tests.conftest import shared
from tests.e2e.conftest import Kam


@pytest.fixture(scope="module")
def crm(kam_at: Callable[[Path], Kam]) -> Kam:
    shared("data", "crm_opportunities")
    kam = kam_at(PROJECT / "examples" / "crm_opportunities")
    kam("run")
    return kam


def test_deals_by_state(crm: Kam) -> None:
    rows = crm.rows("select state, count(*) from core.fct_deal group by 1")
    assert dict(rows) == {"won": 4_238, "lost": 2_473, "open": 2_089}


def test_open_deals_may_lack_account_and_amount(crm: Kam) -> None:
    lacking = """select count(*) filter (account_key is null or account_key = 'UNMATCHED'),
        count(*) filter (amount is null) from core.fct_deal where state = 'open'"""
    assert crm.rows(lacking) == [(1_425, 2_089)]


def test_won_revenue_is_exact_and_credited_to_the_seller(crm: Kam) -> None:
    total = """select sum(value) from kpi.fct_kam_kpi where kpi_code = 'won_revenue'
        and "window" = 'month' and employee_key <> 'UNASSIGNED'"""
    assert crm.rows(total) == [(Decimal(10_005_534),)]
    best = """select employee.name, sum(value) from kpi.fct_kam_kpi
        inner join core.dim_employee as employee using (employee_key)
        where kpi_code = 'won_revenue' and "window" = 'month'
        group by 1 order by 2 desc nulls last limit 1"""
    assert crm.rows(best) == [("Darcel Schlecht", Decimal(1_153_214))]


def test_agents_without_deals_have_rows_without_being_given_zeros_for_ratios(crm: Kam) -> None:
    rows = crm.rows(
        """select count(distinct employee.name) filter (deals.employee_key is null)
        from core.dim_employee as employee
        inner join kpi.fct_kam_kpi as kpi
            on employee.employee_key = kpi.employee_key and kpi.kpi_code = 'win_rate'
        left join (select distinct employee_key from core.fct_deal) as deals
            on employee.employee_key = deals.employee_key
        where employee.employee_key <> 'UNASSIGNED'
            and employee.employee_key not in (
                select employee_key from core.dim_employee where name in (
                    'Dustin Brinkmann', 'Melvin Marxen', 'Cara Losch', 'Rocco Neubert',
                    'Celia Rouche', 'Summer Sewald'))"""
    )
    assert rows == [(5,)]
    reasons = crm.rows(
        """select distinct kpi.value, kpi.reason from kpi.fct_kam_kpi as kpi
        inner join core.dim_employee as employee using (employee_key)
        where employee.name = 'Mei-Mei Johns' and kpi.kpi_code = 'win_rate'
            and kpi."window" = 'month'"""
    )
    assert reasons == [(None, "zero_denominator")]


def test_the_product_of_every_deal_line_is_known(crm: Kam) -> None:
    # GTXPro in the deals is GTX Pro in the products: 1 480 deals hang on the value map
    with_product = crm.rows("select count(*) from core.dim_product where name = 'GTX Pro'")
    assert with_product == [(1,)]


def test_what_nobody_delivers_is_absent_and_not_zero(crm: Kam) -> None:
    rows = crm.rows("select distinct value, reason from kpi.fct_kam_kpi where kpi_code = 'revenue'")
    assert rows == [(None, "table_absent")]
