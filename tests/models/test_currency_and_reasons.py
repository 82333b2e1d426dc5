"""Plan rates, and why a value is missing."""

from datetime import date
from decimal import Decimal

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.marts import Row

Found = dict[tuple[str, str], Row]


def euros(new_company: NewCompany) -> Company:
    """A client billed 100 EUR each month from March to August 2026."""
    company = new_company()
    company.account("a")
    for month in range(3, 9):
        company.invoice(f"I{month}", "a", f"2026-{month:02d}-10", 100, currency="EUR")
    return company


def rate(company: Company, valid_on: str, rate: str, **values: str) -> None:
    row = {"from_currency": "EUR", "valid_on": valid_on} | values
    company.add("fx_rate", rate=Decimal(rate), **row)


def kpis(company: Company, employee_id: str = "UNASSIGNED") -> Found:
    """Rows of fct_kam_kpi of one employee by code and month."""
    company.build("fct_kam_kpi")
    rows = company.marts.rows(
        "select kpi.* from kpi.fct_kam_kpi as kpi inner join core.dim_employee using (employee_key)"
        f""" where employee_id = '{employee_id}' and "window" = 'month'"""
    )
    return {(row["kpi_code"], str(row["period"])[:7]): row for row in rows}


def outcome(found: Found, code: str, period: str) -> tuple[Decimal | None, str | None]:
    row = found[code, period]
    return row["value"], row["reason"]


def test_the_plan_rate_is_the_latest_of_the_month(new_company: NewCompany) -> None:
    company = euros(new_company)
    rate(company, "2026-02-28", "80")  # of the month before March: March has none
    rate(company, "2026-04-30", "92")
    rate(company, "2026-04-01", "90")
    rate(company, "2026-04-29", "91")
    rate(company, "2026-05-01", "95")
    rate(company, "2026-06-10", "50", kind="market")
    rate(company, "2026-07-10", "0.01", from_currency="RUB", to_currency="EUR")
    rate(company, "2026-08-10", "2", to_currency="USD")
    rate(company, "2026-08-10", "40", from_currency="USD")
    found = kpis(company)
    assert {period: outcome(found, "revenue", period) for _, period in found} == {
        "2026-03": (None, "rate_absent"),
        "2026-04": (9200, None),
        "2026-05": (9500, None),
        "2026-06": (None, "rate_absent"),  # a market rate is no plan rate
        "2026-07": (None, "rate_absent"),  # never inverted
        "2026-08": (None, "rate_absent"),  # never chained
        **{f"2026-{month:02d}": (0, None) for month in range(9, 13)},
    }


def test_one_missing_rate_blanks_whoever_has_a_share_of_it(new_company: NewCompany) -> None:
    company = euros(new_company)
    rate(company, "2026-04-01", "90.5")
    company.owner("a", "with_euros")
    company.account("b")
    company.owner("b", "only_roubles")
    for month in (3, 4):
        company.invoice(f"R{month}", "b", f"2026-{month:02d}-10", 7)
        company.invoice(f"M{month}", "a", f"2026-{month:02d}-10", 1)
    mixed, roubles = kpis(company, "with_euros"), kpis(company, "only_roubles")
    assert outcome(mixed, "revenue", "2026-03") == (None, "rate_absent")
    assert outcome(mixed, "revenue", "2026-04") == (9051, None)
    assert outcome(roubles, "revenue", "2026-03") == (7, None)
    assert mixed["revenue", "2026-03"]["numerator"] is None
    months = {
        (row["period"].month, row["revenue"])
        for row in company.rows("fct_account_month")
        if row["period"].month in (3, 4)
    }
    assert months == {(3, None), (4, 9051), (3, 7), (4, 7)}


def test_balances_are_valued_at_the_rate_of_their_own_month(new_company: NewCompany) -> None:
    company = new_company()
    company.account("a")
    company.invoice("E", "a", "2026-01-10", 100, currency="EUR", due_on="2026-01-20")
    company.invoice("R", "a", "2026-01-10", 1000, due_on="2027-01-20")
    rate(company, "2026-01-31", "10")
    rate(company, "2026-02-01", "30")
    found = kpis(company)
    assert outcome(found, "overdue_share", "2026-01") == (Decimal("0.5"), None)
    assert outcome(found, "overdue_share", "2026-02") == (Decimal("0.75"), None)
    assert outcome(found, "overdue_share", "2026-03") == (None, "rate_absent")


@pytest.fixture(scope="module")
def partly_delivered(new_company: NewCompany) -> Found:
    """Billing to the end of March, payments to 1 April; no deals, billing since February."""
    company = new_company("2026-05-31")
    company.covers |= {"billing": date(2026, 3, 31), "receivables": date(2026, 4, 1)}
    company.absent |= {"deal", "product"}
    company.account("a")
    company.invoice("I", "a", "2026-02-10", 100, due_on="2026-02-20")
    company.payment("P", "a", "2026-01-10", 1)
    return kpis(company)


@pytest.mark.parametrize(
    ("code", "period", "expected"),
    [
        ("won_revenue", "2026-02", (None, "table_absent")),
        ("win_rate", "2026-02", (None, "table_absent")),
        ("cross_sell_revenue", "2026-02", (None, "table_absent")),
        ("revenue", "2026-01", (None, "no_data")),
        ("revenue", "2026-02", (100, None)),
        ("revenue", "2026-03", (0, None)),
        ("revenue", "2026-04", (None, "no_data")),
        ("overdue_share", "2026-02", (1, None)),
        ("overdue_share", "2026-03", (1, None)),
        # payments speak for April, billing does not
        ("overdue_share", "2026-04", (None, "no_data")),
        ("receivables_share", "2026-03", (None, "insufficient_history")),
    ],
)  # fmt: skip
def test_reasons(
    partly_delivered: Found, code: str, period: str, expected: tuple[Decimal | None, str | None]
) -> None:
    assert outcome(partly_delivered, code, period) == expected


@pytest.mark.parametrize(
    ("covers_to", "expected"),
    [("2026-02-28", (None, "no_data")), ("2026-03-01", (0, None)), ("2026-03-02", (0, None))],
)
def test_a_month_has_data_from_its_first_day_delivered(
    new_company: NewCompany, covers_to: str, expected: tuple[Decimal | None, str | None]
) -> None:
    company = new_company("2026-03-31")
    company.covers["billing"] = date.fromisoformat(covers_to)
    company.account("a")
    company.invoice("I", "a", "2026-02-10", 100)
    assert outcome(kpis(company), "revenue", "2026-03") == expected


def test_payments_that_nobody_delivers_are_no_overdue_share_of_zero(
    new_company: NewCompany,
) -> None:
    company = new_company("2026-03-31")
    company.absent |= {"payment"}
    company.account("a")
    company.invoice("I", "a", "2026-02-10", 100, due_on="2026-02-20")
    found = kpis(company)
    assert outcome(found, "overdue_share", "2026-03") == (None, "table_absent")
    assert outcome(found, "receivables_share", "2026-03") == (None, "table_absent")
    assert outcome(found, "revenue", "2026-02") == (100, None)


def test_cross_sales_by_deal_need_lines_of_deals(new_company: NewCompany) -> None:
    for by, absent, reason in (
        ("won_deal", set(), None), ("won_deal", {"deal_line"}, "table_absent"),
        ("invoice_line", {"deal_line"}, None),
    ):  # fmt: skip
        company = new_company("2026-12-31")
        company.policy(cross_sell_by=by)
        company.absent = absent
        company.account("A")
        company.invoice("I", "A", "2024-01-10", 1)
        assert company.kpi("cross_sell_revenue", "2026-06")["reason"] == reason
