"""Buckets of days overdue: edges, the policy of the month, and that nothing falls between them."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.test_golden_receivables import golden

D = date(2026, 6, 30)


def overdue_by(new_company: NewCompany, *days: int | None, **policy: Any) -> Company:
    """One invoice per number of days overdue on 30 June 2026; None has no due date."""
    company = new_company(str(D))
    company.account("A")
    company.policy(**policy)
    for number, age in enumerate(days):
        due_on = None if age is None else str(D - timedelta(days=age))
        company.invoice(f"I{number}", "A", "2025-01-01", 100 + number, due_on=due_on)
    return company


def buckets(company: Company, period: str = "2026-06") -> list[str]:
    rows = company.rows("fct_open_item_month", order="item_amount", period=period)
    return [row["aging_bucket"] for row in rows]


def test_the_default_buckets_on_both_sides_of_each_edge(new_company: NewCompany) -> None:
    ages = {
        None: "not_due", -1: "not_due", 0: "not_due", 1: "1-30", 29: "1-30", 30: "1-30",
        31: "31-60", 59: "31-60", 60: "31-60", 61: "61-90", 89: "61-90", 90: "61-90", 91: "90+",
        500: "90+",
    }  # fmt: skip
    assert buckets(overdue_by(new_company, *ages)) == list(ages.values())


@pytest.mark.parametrize(
    ("bounds", "ages"),
    [
        # what is not due is in the first bucket where none is for it alone
        ([30, 60], {None: "0-30", 0: "0-30", 1: "0-30", 30: "0-30", 31: "31-60", 60: "31-60", 61: "60+"}),
        ([0], {None: "not_due", 0: "not_due", 1: "0+", 99: "0+"}),
        ([7], {0: "0-7", 7: "0-7", 8: "7+"}),
        ([0, 1, 3], {0: "not_due", 1: "1-1", 2: "2-3", 3: "2-3", 4: "3+"}),
    ],
)  # fmt: skip
def test_buckets_are_those_of_the_policy(
    new_company: NewCompany, bounds: list[int], ages: dict[int | None, str]
) -> None:
    found = buckets(overdue_by(new_company, *ages, aging_buckets=bounds))
    assert found == list(ages.values())


def test_the_policy_of_the_month_cuts_its_buckets(new_company: NewCompany) -> None:
    company = overdue_by(new_company, 40)
    company.policy_from("2026-06", "v2", aging_buckets=[45])
    # due on 21 May: 10 days at the end of May, 40 at the end of June
    assert buckets(company, "2026-05") == ["1-30"]
    assert buckets(company, "2026-06") == ["0-45"]
    company.policies[-1]["valid_from"] = date(2026, 7, 1)
    company.policies[0]["valid_to"] = date(2026, 7, 1)
    assert buckets(company, "2026-06") == ["31-60"]


def test_each_instalment_is_in_its_own_bucket(new_company: NewCompany) -> None:
    company = overdue_by(new_company, None)
    for due_on, amount in (("2026-05-30", 60), ("2026-05-31", 30), ("2026-07-01", 10)):
        company.add("invoice_due", invoice_id="I0", due_on=due_on, amount=amount)
    rows = company.rows("fct_open_item_month", order="instalment", period="2026-06")
    assert [(row["open_amount"], row["aging_bucket"]) for row in rows] == [
        (60, "31-60"), (30, "1-30"), (10, "not_due")
    ]  # fmt: skip


def test_m_u1_the_edge_of_the_first_bucket(new_company: NewCompany) -> None:
    case = golden("M-U1")
    assert case["input"] == "due yesterday / 30 days ago / 31 days ago"
    assert buckets(overdue_by(new_company, 1, 30, 31)) == case["expected"].split(" / ")


def test_m_a1_the_buckets_of_the_provision(new_company: NewCompany) -> None:
    case = golden("M-A1")
    ranges, amounts = case["input"].removeprefix("aging.buckets ").split("; ")
    names = [re.sub(r"^>(\d+)$", r"\1+", name) for name in ranges.split(", ")]
    bounds = [int(name.rpartition("-")[2]) for name in names[:-1]]
    totals = [Decimal(text.partition("@")[0]) for text in amounts.split("; ")[0].split(", ")]
    company = overdue_by(new_company, aging_buckets=bounds)
    # an item at either end of each bucket shares its amount
    ends = [*zip([0, *(n + 1 for n in bounds)], [*bounds, 999], strict=True)]
    for number, ((first, last), total) in enumerate(zip(ends, totals, strict=True)):
        for age, part in ((first, total / 4), (last, total - total / 4)):
            company.invoice(
                f"I{number}-{age}", "A", "2023-01-01", part, due_on=str(D - timedelta(days=age))
            )
    rows = company.rows("fct_open_item_month", period="2026-06")
    found = {name: Decimal(0) for name in names}
    for row in rows:
        found[row["aging_bucket"]] += row["open_amount"]
    assert list(found.values()) == totals


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.none() | st.integers(-40, 400), min_size=1, max_size=8),
    st.lists(st.integers(0, 380), min_size=1, max_size=12, unique=True).map(sorted),
    st.integers(0, 900),
)
def test_the_buckets_sum_to_what_is_open(
    new_company: NewCompany, ages: list[int | None], bounds: list[int], paid: int
) -> None:
    company = overdue_by(new_company, *ages, aging_buckets=bounds)
    company.payment("P", "A", "2026-06-30", paid)
    rows = company.rows("fct_open_item_month", period="2026-06")
    total = sum(100 + number for number in range(len(ages)))
    assert sum(row["open_amount"] for row in rows) == max(0, total - paid)
    for row in rows:
        first, _, last = row["aging_bucket"].rpartition("-")
        if row["aging_bucket"] == "not_due":
            assert (row["days_overdue"], bounds[0]) == (0, 0)
        elif row["aging_bucket"].endswith("+"):
            assert row["aging_bucket"] == f"{bounds[-1]}+"
            assert row["days_overdue"] > bounds[-1]
        else:
            assert int(first) <= row["days_overdue"] <= int(last)
            assert int(last) in bounds
