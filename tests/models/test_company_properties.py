"""What holds for any company: nothing is lost or counted twice, whoever owns what."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.marts import Row
from tests.models.random_company import Plan, money_of, plans

UNASSIGNED = "UNASSIGNED"
Place = tuple[str, date, str]
RECEIVABLES = ("overdue_share", "overdue_share_gate", "receivables_share")


def few(examples: int) -> settings:
    """Builds take most of a second: few companies, each with many figures."""
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )  # fmt: skip


def kpis(company: Company) -> dict[Place, dict[str, Row]]:
    """Rows of fct_kam_kpi by KPI, month and window, then by employee."""
    company.build("fct_kam_kpi")
    rows = company.marts.rows(
        """
        select kpi.*, employee_id, class from kpi.fct_kam_kpi as kpi
        inner join core.dim_employee using (employee_key)
        inner join kpi.dim_kpi using (kpi_code)
        """
    )
    found: dict[Place, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        found[row["kpi_code"], row["period"], row["window"]][row["employee_id"]] = row
    return found


def evidence(company: Company, where: str = "true") -> Counter[tuple[Any, ...]]:
    """Rows of fct_kpi_evidence."""
    company.build("fct_kpi_evidence")
    rows = company.marts.rows(f"select * from kpi.fct_kpi_evidence where {where}")
    return Counter(tuple(row.values()) for row in rows)


def check_sums(parts: dict[Place, dict[str, Row]], company: dict[Place, dict[str, Row]]) -> None:
    """Owners and UNASSIGNED are the company, which a build without owners tells."""
    assert set(parts) == set(company)
    for place, everybody in company.items():
        mine = list(parts[place].values())
        for column in ("numerator", "denominator"):
            whole = money_of(list(everybody.values()), column)
            assert money_of(mine, column) == whole, (place, column, mine)
        reasons = {row["reason"] for row in everybody.values()} - {None, "zero_denominator"}
        assert reasons == {row["reason"] for row in mine} - {None, "zero_denominator"}, place


def check_retention(parts: dict[Place, dict[str, Row]]) -> None:
    """GRR ≤ min(1, NRR); UNASSIGNED may owe what others have too much."""
    for (code, period, window), rows in parts.items():
        if code != "grr":
            continue
        for employee, row in rows.items():
            net = parts["nrr", period, window][employee]
            if employee != UNASSIGNED and row["numerator"] is not None:
                assert 0 <= row["numerator"] <= min(row["denominator"], net["numerator"])
                assert row["denominator"] == net["denominator"]


def months_of(period: date, window: str) -> list[date]:
    """Months of a window, by its name."""
    back = {
        "month": 1, "quarter": (period.month - 1) % 3 + 1, "rolling_3": 3, "rolling_12": 12,
        "ytd": period.month,
    }[window]  # fmt: skip
    places = [period.year * 12 + period.month - 1 - n for n in range(back)]
    return [date(place // 12, place % 12 + 1, 1) for place in places]


def check_windows(parts: dict[Place, dict[str, Row]]) -> None:
    """Windows of additive and ratio KPIs are sums of their months."""
    for (code, period, window), rows in parts.items():
        for employee, row in rows.items():
            months = months_of(period, window)
            if row["class"] == "cohort" or row["numerator"] is None:
                continue
            of_months = [parts[code, month, "month"].get(employee) for month in months]
            known = [month for month in of_months if month]
            assert row["numerator"] == money_of(known, "numerator"), (code, period, window)
            if row["class"] == "ratio":
                assert row["denominator"] == money_of(known, "denominator")


def check_values(parts: dict[Place, dict[str, Row]]) -> None:
    """A value is its fraction, or has a reason."""
    for place, rows in parts.items():
        for row in rows.values():
            if row["value"] is None:
                assert row["reason"] not in (None, "pending"), (place, row)
            elif row["denominator"] is None:
                assert row["value"] == row["numerator"]
            else:
                exact = row["numerator"] / row["denominator"]
                assert abs(row["value"] - exact) <= Decimal("0.0000000000005")


def check_movements(company: Company) -> None:
    """Movements of a client lead from its opening to its closing amount."""
    sides: dict[Any, list[Row]] = defaultdict(list)
    for row in company.rows("fct_recurring_movement"):
        sides[row["period"], row["window"], row["client_key"]].append(row)
    for place, rows in sides.items():
        if all(row["reason"] in (None, "pending") for row in rows):
            gains = [money_of(rows, n) for n in ("opening", "new", "reactivation", "expansion")]
            losses = [money_of(rows, name) for name in ("contraction", "churn")]
            assert min(gains + losses) >= 0
            assert sum(gains) - sum(losses) == money_of(rows, "closing"), place


def bucket(days: int) -> str:
    """Aging by the default bounds."""
    bounds = ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90"))
    return next((name for last, name in bounds if days <= last), "90+")


def check_aging(company: Company) -> None:
    """Buckets add up to what is open, all but the first to what is overdue."""
    for row in company.rows("fct_open_item_month"):
        late = (row["measured_on"] - row["due_on"]).days if row["due_on"] else 0
        assert row["aging_bucket"] == bucket(late)
        assert row["overdue_amount"] == (row["open_amount"] if late > 0 else 0)
        assert 0 <= row["disputed_amount"] <= row["open_amount"] <= row["item_amount"]


@few(4)
@given(plans())
def test_owners_and_unassigned_are_the_company(new_company: NewCompany, plan: Plan) -> None:
    bare = plan.build(new_company, with_owners=False, with_overlays=False)
    whole = kpis(bare)
    deals = ("won_revenue", "win_rate", "cross_sell")
    for (code, period, window), rows in whole.items():
        for employee, row in rows.items():
            # a deal may be its seller's without any assignment
            if employee != UNASSIGNED and not code.startswith(deals):
                assert not row["numerator"], (code, period, window, employee)
    company = plan.build(new_company)
    parts = kpis(company)
    check_sums(parts, whole)
    check_retention(parts)
    check_windows(parts)
    check_values(parts)
    check_movements(company)
    check_aging(company)
    assert all(
        row["share"] >= 0
        for row in company.rows("fct_kpi_evidence")
        if row["employee_key"] != UNASSIGNED
    )


@few(3)
@given(plans(), st.integers(0, 999))
def test_order_and_overlays_change_nothing_for_owners(
    new_company: NewCompany, plan: Plan, seed: int
) -> None:
    def everything(company: Company) -> dict[str, Counter[str]]:
        names = [name for name, m in company.marts.marts.items() if m.relation[:4] != "qual"]
        return {name: Counter(map(str, company.rows(name))) for name in sorted(names)}

    def of_owners(company: Company) -> Any:
        return kpis(company), evidence(company, "credit_role = 'owner'")

    company = plan.build(new_company)
    before, owners = everything(company), of_owners(company)
    assert of_owners(plan.build(new_company, with_overlays=False)) == owners
    shuffled = plan.build(new_company)
    for rows in shuffled.tables.values():
        Random(seed).shuffle(rows)
    after = everything(shuffled)
    assert {name for name in before if before[name] != after[name]} == set()


@few(4)
@given(plans(), st.integers(1, 17), st.integers(1, 3000))
def test_later_money_changes_no_past_month_end(
    new_company: NewCompany, plan: Plan, month: int, amount: int
) -> None:
    day = date(2024 + month // 12, month % 12 + 1, 1)

    def past(company: Company) -> Any:
        names = ("fct_open_item_month", "fct_open_credit_month")
        rows = [row for name in names for row in company.rows(name) if row["period"] < day]
        codes = ", ".join(f"'{code}'" for code in RECEIVABLES)
        shown = evidence(company, f"kpi_code in ({codes}) and period < '{day}'")
        return Counter(map(str, rows)), shown

    before = past(plan.build(new_company))
    company = plan.build(new_company)
    for number, account in enumerate("ABCD"):
        company.payment(f"L{number}", account, str(day), amount)
        company.payment(f"M{number}", account, str(day + timedelta(days=9)), amount, currency="USD")
    company.allocation(str(day), Decimal("0.25"), payment_id="L0", invoice_id="I0")
    after = past(company)
    assert after == before
