"""Every parameter of the policy changes a KPI, and none before its version begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import pytest

from kam_kpi.policy import PolicyVersion
from tests.models.company import Company
from tests.models.conftest import NewCompany

BEGINS = date(2025, 1, 1)
# half a year before the second version, the month before it (its terms and pauses reach beyond), its
# first month, and well inside it
BEFORE, WITHIN = (date(2024, 6, 1), date(2024, 12, 1)), (BEGINS, date(2025, 5, 1))
MARTS = ("kpi.fct_kam_kpi", "kpi.fct_kpi_evidence", "core.fct_open_item_month")
At = Callable[[int, int], date]
Scenario = Callable[[Company, str, At], None]


@dataclass(frozen=True)
class Case:
    """What one client shows in its month under the default, and under another value."""

    parameter: str
    other: Any
    kpi: str
    scenario: Scenario
    by_default: Any
    by_other: Any
    window: str = "month"
    # judged by the policy of the day it began (the last service, the first purchase), so that what
    # was promised then holds in the version's first month too
    by_policy_of_the_start: bool = False

    @property
    def name(self) -> str:
        return f"{self.parameter}={self.other}"


def term(
    c: Company, a: str, first: date, last: date | None, amount: int = 100, **values: Any
) -> None:
    """A contract recorded when it starts."""
    c.contract(f"{a}-{first}", a, starts_on=first, ends_on=last, amount_per_month=amount, **values)


def buy(c: Company, a: str, day: date, net: int, product: str) -> None:
    c.invoice(f"{a}-{day}-{product}", a, str(day), net, product)


def one_of_a_holding_leaves(c: Company, a: str, at: At) -> None:
    c.account(f"{a}-sister", a)
    c.owner(f"{a}-sister", "K")
    term(c, a, at(-20, 1), at(0, 20))
    term(c, f"{a}-sister", at(-20, 1), at(60, 1))


def renewed_after_twenty_days(c: Company, a: str, at: At) -> None:
    term(c, a, at(-20, 1), at(0, 20))
    new = at(0, 20) + timedelta(days=20)
    term(c, a, new, new + timedelta(days=700), 80)


def renewed_for_four_months(c: Company, a: str, at: At) -> None:
    term(c, a, at(-20, 1), at(0, 20))
    term(c, a, at(0, 21), at(4, 20))


def renewed_with_a_deadline_in_the_month_before(c: Company, a: str, at: At) -> None:
    term(c, a, at(-20, 1), at(1, 20), notice_days=30)
    term(c, a, at(1, 21), at(40, 20))


def evergreen(c: Company, a: str, at: At) -> None:
    term(c, a, at(-24, 11), None)


def billed_to_the_end_of_the_month_before(c: Company, a: str, at: At) -> None:
    c.invoice(
        a, a, str(at(-6, 1)), 600, is_recurring=True, period_from=at(-6, 1),
        period_to=at(0, 1) - timedelta(days=1),
    )  # fmt: skip


def paused_for_two_months(c: Company, a: str, at: At) -> None:
    term(c, a, at(-20, 1), at(-6, 10))
    term(c, a, at(-4, 11), at(40, 1), 60)


def notice_two_months_ahead(c: Company, a: str, at: At) -> None:
    notice = {"notice_given_on": at(0, 10), "version_on": at(0, 10)}
    c.contract(
        a, a, notice, starts_on=at(-20, 1), ends_on=at(2, 20), amount_per_month=100,
        auto_renew=True, renewal_term_months=12, notice_days=30,
    )  # fmt: skip


def billed_and_won(c: Company, a: str, at: At) -> None:
    buy(c, a, at(-12, 10), 5, "base")
    buy(c, a, at(0, 10), 100, "new")
    c.deal(a, "K", account_id=a, state="won", closed_on=at(0, 12), amount=70, opened_on=at(-1, 1))
    c.add("deal_line", deal_id=a, line_no=1, product_id="other", quantity=1, amount=70)


def bought_again_after_eighteen_months(c: Company, a: str, at: At) -> None:
    buy(c, a, at(-24, 10), 5, "base")
    buy(c, a, at(-18, 10), 30, "new")
    buy(c, a, at(0, 10), 50, "new")


def bought_after_three_weeks(c: Company, a: str, at: At) -> None:
    buy(c, a, at(-1, 20), 3, "base")
    buy(c, a, at(0, 10), 50, "new")


def bought_again_after_four_months(c: Company, a: str, at: At) -> None:
    buy(c, a, at(-20, 10), 5, "base")
    buy(c, a, at(-4, 10), 40, "new")
    buy(c, a, at(0, 10), 60, "new")


def half_is_overdue(c: Company, a: str, at: At) -> None:
    c.invoice(f"{a}-late", a, str(at(-1, 5)), 100, due_on=at(0, 10))
    c.invoice(f"{a}-later", a, str(at(0, 5)), 100, due_on=at(2, 10))


def a_day_of_billing_is_open(c: Company, a: str, at: At) -> None:
    days = (at(1, 1) - at(0, 1)).days
    c.invoice(f"{a}-paid", a, str(at(0, 5)), 100 * (days - 1))
    c.payment(a, a, str(at(0, 6)), 100 * (days - 1))
    c.allocation(str(at(0, 6)), 100 * (days - 1), invoice_id=f"{a}-paid", payment_id=a)
    c.invoice(f"{a}-open", a, str(at(0, 7)), 100)


def half_is_overdue_and_part_paid(c: Company, a: str, at: At) -> None:
    half_is_overdue(c, a, at)
    c.payment(a, a, str(at(0, 12)), 50)


def half_is_overdue_and_part_disputed(c: Company, a: str, at: At) -> None:
    half_is_overdue(c, a, at)
    c.add("dispute", dispute_id=a, invoice_id=f"{a}-late", opened_on=at(0, 12), amount=60)


def sold_by_somebody_else(c: Company, a: str, at: At) -> None:
    c.deal(a, "seller", account_id=a, state="won", closed_on=at(0, 12), amount=70)


CASES = (
    Case("grain", "account", "churned_accounts", one_of_a_holding_leaves, 0, 1),
    Case("renewal_grace_days", 19, "renewal_rate_value", renewed_after_twenty_days, Decimal("0.8"), 0),
    Case("renewal_min_term_months", 5, "renewals_count", renewed_for_four_months, 1, 0),
    # due on the 20th, or 30 days before it in the month before
    Case(
        "renewal_due_by", "notice_deadline", "renewals_count",
        renewed_with_a_deadline_in_the_month_before, 0, 1,
    ),
    Case("renewal_evergreen", "never", "renewals_count", evergreen, 1, 0),
    Case(
        "churn_inactivity_months", 1, "churned_accounts", billed_to_the_end_of_the_month_before,
        0, 1, by_policy_of_the_start=True,
    ),
    Case(
        "churn_reactivation_gap_days", 40, "grr", paused_for_two_months, Decimal("0.6"), 0,
        "rolling_12",
    ),
    Case("churn_recognise", "notice", "churned_accounts", notice_two_months_ahead, 0, 1),
    Case("cross_sell_by", "won_deal", "cross_sell_revenue", billed_and_won, 100, 70),
    Case(
        "cross_sell_lookback_months", 17, "cross_sell_revenue", bought_again_after_eighteen_months,
        0, 50,
    ),
    # growth over the mean of 3 in three months
    Case("cross_sell_min_tenure_days", 15, "cross_sell_revenue", bought_after_three_weeks, 0, 49),
    Case(
        "cross_sell_credit_months", 4, "cross_sell_revenue", bought_again_after_four_months, 60, 0,
        by_policy_of_the_start=True,
    ),
    # 50 of 150, 100 of 200, 100 of 150
    Case(
        "receivables_credits", "ignore", "overdue_share", half_is_overdue_and_part_paid,
        Decimal("0.333333333333"), Decimal("0.5"),
    ),
    Case(
        "receivables_credits", "own_bucket", "overdue_share", half_is_overdue_and_part_paid,
        Decimal("0.333333333333"), Decimal("0.666666666667"),
    ),
    # 100 of 200, 40 of 140
    Case(
        "receivables_disputes", "exclude", "overdue_share", half_is_overdue_and_part_disputed,
        Decimal("0.5"), Decimal("0.285714285714"),
    ),
    # the months under the second version have 31 days
    Case("dso_days_basis", "30", "dso_simple", a_day_of_billing_is_open, 1, Decimal("0.967741935484")),
    # no KPI of fct_kam_kpi reads the buckets: the item itself, 18 to 21 days late
    Case("aging_buckets", [5, 15], "aging", half_is_overdue, "1-30", "15+"),
    Case("credit_deal_by", "deal_employee", "won_revenue", sold_by_somebody_else, 70, 0),
)  # fmt: skip


def rounds() -> list[list[Case]]:
    """Cases built together: one of each section, which leave each other's clients alone."""
    sections: dict[str, list[Case]] = {}
    for case in CASES:
        sections.setdefault(case.parameter.partition("_")[0], []).append(case)
    return [[case for case in row if case] for row in zip_longest(*sections.values())]


def built(new_company: NewCompany, **others: Any) -> Company:
    """All scenarios in all months; from BEGINS on a second version with other parameters."""
    company = new_company("2025-08-31")
    for product in ("base", "new", "other"):
        company.product(product)
    for employee in ("K", "seller"):
        company.employee(employee)
    company.account("old")
    company.invoice("old", "old", "2021-12-10", 1, "base")
    company.contract("old", "old", starts_on="2021-12-10", ends_on="2022-12-31", amount_per_month=1)
    for each in CASES:
        for month in (*BEFORE, *WITHIN):

            def at(months: int, day: int, month: date = month) -> date:
                place = month.year * 12 + month.month - 1 + months
                return date(place // 12, place % 12 + 1, day)

            account = f"{each.name} {month}"
            company.account(account)
            company.owner(account, "K")
            each.scenario(company, account, at)
    if others:
        company.policy_from(str(BEGINS), "v2", **others)
    return company.build("fct_kam_kpi", "fct_open_item_month")


def shown(company: Company, case: Case, month: date) -> Any:
    """The case's value for its client of the month, from K's evidence of it."""
    account = f"{case.name} {month}"
    if case.kpi == "aging":
        rows = company.rows("fct_open_item_month", period=month, invoice_id=f"{account}-late")
        return rows[0]["aging_bucket"]
    parts = company.marts.rows(
        f"""
        select sum(numerator) as n, sum(denominator) as d from kpi.fct_kpi_evidence
        inner join core.dim_employee using (employee_key)
        inner join core.dim_account using (account_key)
        where kpi_code = '{case.kpi}' and period = '{month}' and "window" = '{case.window}'
            and employee_id = 'K' and account_id like '{account}%'
        """
    )[0]
    n, d = parts["n"] or 0, parts["d"]
    return n if d is None else round(n / d, 12)


def keep(company: Company) -> None:
    """Keeps the rows that a later build is compared with."""
    for mart in MARTS:
        name = mart.partition(".")[2]
        company.marts.connection.execute(f"create or replace temp table kept_{name} as from {mart}")


def changed(company: Company) -> list[date]:
    """Months with a row that is not among those kept, or the other way round."""
    months: set[date] = set()
    for mart in MARTS:
        # the version alone makes no difference
        rows = f"select columns(c -> c <> 'policy_version') from {mart}"
        kept = rows.replace(mart, f"kept_{mart.partition('.')[2]}")
        for query in (f"{rows} except all {kept}", f"{kept} except all {rows}"):
            found = company.marts.rows(f"select distinct period from ({query})")
            months |= {row["period"] for row in found}
    return sorted(months)


def versions(company: Company) -> dict[bool, set[str]]:
    """Versions on results, before BEGINS (False) and from then on."""
    rows = company.marts.rows("select distinct period, policy_version from kpi.fct_kam_kpi")
    found: dict[bool, set[str]] = {False: set(), True: set()}
    for row in rows:
        found[row["period"] >= BEGINS].add(row["policy_version"])
    return found


@dataclass(frozen=True)
class Outcome:
    """Values by case and month, months with changed rows, and versions on results."""

    values: dict[str, dict[date, Any]]
    changed: list[date]
    versions: dict[bool, set[str]]


def outcome(company: Company, cases: Sequence[Case]) -> Outcome:
    values = {c.name: {m: shown(company, c, m) for m in (*BEFORE, *WITHIN)} for c in cases}
    return Outcome(values, changed(company), versions(company))


@pytest.fixture(scope="module")
def by_default(new_company: NewCompany) -> Outcome:
    """Under one version, whose rows are kept."""
    company = built(new_company)
    keep(company)
    return outcome(company, CASES)


@pytest.fixture(scope="module")
def by_other(new_company: NewCompany, by_default: Outcome) -> dict[str, Outcome]:
    """Under a second version, by case."""
    found = {}
    for cases in rounds():
        company = built(new_company, **{case.parameter: case.other for case in cases})
        found |= dict.fromkeys((case.name for case in cases), outcome(company, cases))
    return found


def test_every_parameter_of_a_kpi_has_a_case() -> None:
    row = PolicyVersion(version="v", valid_from=BEGINS).row()
    # those of bonuses have theirs among the golden bonus cases
    parameters = {name for name in row if not name.startswith("bonus_")}
    assert parameters - {"policy_version", "valid_from"} == {case.parameter for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_parameter_decides_from_its_version_on(
    by_default: Outcome, by_other: dict[str, Outcome], case: Case
) -> None:
    months = (*BEFORE, *WITHIN)
    assert by_default.values[case.name] == dict.fromkeys(months, case.by_default)
    first = case.by_default if case.by_policy_of_the_start else case.by_other
    expected = (case.by_default, case.by_default, first, case.by_other)
    found = by_other[case.name].values[case.name]
    assert found == dict(zip(months, expected, strict=True))
    assert case.by_other != case.by_default


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_version_changes_no_row_of_a_month_before(
    by_other: dict[str, Outcome], case: Case
) -> None:
    found = by_other[case.name]
    assert [month for month in found.changed if month < BEGINS] == []
    assert [month for month in found.changed if month >= BEGINS] != []
    assert found.versions == {False: {"v1"}, True: {"v2"}}
