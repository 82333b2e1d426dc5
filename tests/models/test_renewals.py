"""Renewal KPIs: one client with an owner of the same name per case."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company, day
from tests.models.conftest import NewCompany
from tests.models.marts import Row

RENEWAL_KPIS = (
    "renewal_rate_value", "renewal_rate_count", "renewal_on_time_share", "renewals_count",
)  # fmt: skip
OLD = {"starts_on": "2025-01-01", "ends_on": "2025-06-30", "amount_per_month": 100}
NEW = {
    "starts_on": "2025-07-01", "signed_on": "2025-06-20", "ends_on": "2026-06-30",
    "amount_per_month": 80,
}  # fmt: skip


def add_case(company: Company, name: str, **new: Any) -> None:
    """A term due in June 2025 and, when `new` says something, the contract linked to it."""
    company.account(name)
    company.owner(name, name)
    company.contract(f"{name}-old", name, **OLD)
    if new:
        company.contract(f"{name}-new", name, **NEW | new)
        company.add(
            "contract_renewal", old_contract_id=f"{name}-old", new_contract_id=f"{name}-new"
        )


def results(company: Company) -> dict[tuple[str, str, str], Row]:
    """Rows of fct_kam_kpi by KPI, month (`2025-06`) and employee."""
    company.build("fct_kam_kpi")
    rows = company.marts.rows(
        """
        select kpi.*, employee_id, strftime(period, '%Y-%m') as month from kpi.fct_kam_kpi as kpi
        inner join core.dim_employee using (employee_key)
        """
    )
    return {(row["kpi_code"], row["month"], row["employee_id"]): row for row in rows}


def values(found: dict[tuple[str, str, str], Row], code: str, month: str = "2025-06") -> Any:
    """Value of a KPI by employee, UNASSIGNED aside."""
    return {
        employee: row["value"]
        for (kpi, period, employee), row in found.items()
        if (kpi, period) == (code, month) and employee != "UNASSIGNED"
    }


def test_the_day_of_signing_decides_what_counts(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    signed = (
        "2025-03-10", "2025-06-29", "2025-06-30", "2025-07-01", "2025-07-29", "2025-07-30",
        "2025-07-31",
    )  # fmt: skip
    for signed_on in signed:
        add_case(company, signed_on, signed_on=signed_on)
    found = results(company)
    value, count, on_time, number = (values(found, code) for code in RENEWAL_KPIS)
    in_grace = [1, 1, 1, 1, 1, 1, 0]
    assert [value[name] for name in signed] == [Decimal("0.8") * n for n in in_grace]
    assert [count[name] for name in signed] == in_grace
    assert [number[name] for name in signed] == in_grace
    assert [on_time[name] for name in signed] == [1, 1, 1, 0, 0, 0, 0]
    terms = {row["term_id"]: row for row in company.marts.rows("from core.fct_contract_term")}
    outcomes = [terms[f"{name}-old/1"]["outcome"] for name in signed]
    assert outcomes == [
        "early", "on_time", "on_time", "late_renewed", "late_renewed", "late_renewed", "churned",
    ]  # fmt: skip
    winback = values(found, "winback_amount", "2025-07")
    assert [winback[name] for name in signed] == [0] * 6 + [80]
    # what was signed in March counts in June alone
    march = found["renewal_rate_value", "2025-03", "2025-03-10"]
    assert (march["value"], march["reason"]) == (None, "zero_denominator")
    assert found["renewals_count", "2025-03", "2025-03-10"]["value"] == 0


def test_grace_is_a_parameter(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    company.policy(renewal_grace_days=10)
    for signed_on in ("2025-07-09", "2025-07-10", "2025-07-11"):
        add_case(company, signed_on, signed_on=signed_on)
    assert values(results(company), "renewal_rate_count") == {
        "2025-07-09": 1, "2025-07-10": 1, "2025-07-11": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "reason"),
    [("2025-07-29", "pending"), ("2025-07-30", "pending"), ("2025-07-31", None)],
)
def test_a_term_is_pending_until_grace_expires(
    new_company: NewCompany, as_of: str, reason: str | None
) -> None:
    company = new_company(as_of)
    add_case(company, "open")
    add_case(company, "renewed", signed_on="2025-06-30")
    found = results(company)
    row = found["renewal_rate_value", "2025-06", "open"]
    assert (row["value"], row["reason"], row["denominator"]) == (0, reason, 100)
    row = found["renewal_rate_value", "2025-06", "renewed"]
    assert (row["value"], row["reason"]) == (Decimal("0.8"), None)


def test_a_renewal_counts_from_the_minimum_term_on(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for last in ("2025-09-29", "2025-09-30", "2025-10-01"):
        add_case(company, last, ends_on=last)
    found = results(company)
    assert values(found, "renewals_count") == {
        "2025-09-29": 0, "2025-09-30": 1, "2025-10-01": 1,
    }  # fmt: skip
    assert set(values(found, "renewal_rate_count").values()) == {1}


def test_rates_are_weighed_by_amount_or_by_number(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    company.account("A")
    company.owner("A", "E")
    # old amount, new amount: 100 + 300 + 600 due, 100 + 0 + 150 renewed
    for number, (old, new) in enumerate([(100, 170), (300, None), (600, 150)]):
        company.contract(f"o{number}", "A", **OLD | {"amount_per_month": old, "product_id": "P"})
        company.add("contract_renewal", old_contract_id=f"o{number}", new_contract_id=f"n{number}")
        if new:
            company.contract(f"n{number}", "A", **NEW | {"amount_per_month": new})
    found = results(company)
    assert found["renewal_rate_value", "2025-06", "E"]["value"] == Decimal("0.25")
    row = found["renewal_rate_count", "2025-06", "E"]
    assert (row["numerator"], row["denominator"]) == (2, 3)
    assert found["renewals_count", "2025-06", "E"]["value"] == 2


def test_both_sides_go_by_the_days_of_the_due_month(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    company.account("A")
    company.owner("A", "before", valid_to="2025-06-13")
    company.owner("A", "after", valid_from="2025-06-13")
    company.contract("old", "A", **OLD | {"amount_per_month": 200})
    company.contract("new", "A", **NEW | {"amount_per_month": 100, "signed_on": "2025-06-20"})
    # 12 of 30 days, although the other signed
    found = results(company)
    row = found["renewal_rate_value", "2025-06", "before"]
    assert (row["numerator"], row["denominator"]) == (40, 80)
    row = found["renewal_rate_value", "2025-06", "after"]
    assert (row["numerator"], row["denominator"]) == (60, 120)


def test_early_terminations_are_counted_in_their_month(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    ended = {
        "version_on": day("2025-05-10"), "status": "terminated", "terminated_on": day("2025-05-20"),
    }  # fmt: skip
    # grace runs from the early end: to 19 June
    for name in ("lost", "2025-06-18", "2025-06-19", "2025-06-20"):
        company.account(name)
        company.owner(name, name)
        company.contract(f"{name}-old", name, ended, **OLD)
        if name != "lost":
            changes = {"starts_on": "2025-06-01", "signed_on": name}
            company.contract(f"{name}-new", name, **NEW | changes)
            company.add(
                "contract_renewal", old_contract_id=f"{name}-old", new_contract_id=f"{name}-new"
            )
    found = results(company)
    assert values(found, "renewal_rate_value", "2025-05") == {
        "lost": 0, "2025-06-18": Decimal("0.8"), "2025-06-19": Decimal("0.8"), "2025-06-20": 0,
    }  # fmt: skip
    assert values(found, "terminations_count", "2025-05") == {
        "lost": 1, "2025-06-18": 0, "2025-06-19": 0, "2025-06-20": 1,
    }  # fmt: skip
    assert set(values(found, "terminations_count").values()) == {0}
    june = found["renewal_rate_value", "2025-06", "lost"]
    assert (june["value"], june["reason"]) == (None, "zero_denominator")


def test_before_the_first_version_history_is_insufficient(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for name, last in (("F", "2025-02-28"), ("M", "2025-03-31")):
        company.account(name)
        company.owner(name, name)
        company.contract(
            name, name, starts_on="2024-03-01", ends_on=last, amount_per_month=100,
            version_on="2025-03-15",
        )  # fmt: skip
    # without a bill nothing else makes February a period of the warehouse
    company.invoice("I", "F", "2024-06-01", 1)
    found = results(company)
    row = found["renewal_rate_value", "2025-02", "F"]
    assert (row["value"], row["denominator"], row["reason"]) == (None, None, "insufficient_history")
    row = found["renewal_rate_value", "2025-03", "M"]
    assert (row["value"], row["reason"]) == (0, None)


AMOUNTS = st.integers(0, 500)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    old=st.lists(AMOUNTS, min_size=1, max_size=4),
    new=st.lists(AMOUNTS, max_size=4),
    links=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8),
)
def test_a_renewal_rate_lies_between_nothing_and_all(
    new_company: NewCompany, old: list[int], new: list[int], links: set[tuple[int, int]]
) -> None:
    company = new_company("2026-03-31")
    company.account("A")
    company.owner("A", "E")
    for number, amount in enumerate(old):
        company.contract(f"o{number}", "A", **OLD | {"amount_per_month": amount})
    for number, amount in enumerate(new):
        company.contract(f"n{number}", "A", **NEW | {"amount_per_month": amount})
    for i, j in links:
        if i < len(old) and j < len(new):
            company.add("contract_renewal", old_contract_id=f"o{i}", new_contract_id=f"n{j}")
    found = results(company)
    row = found["renewal_rate_value", "2025-06", "E"]
    if sum(old):
        assert 0 <= row["value"] <= 1
        assert row["numerator"] <= sum(new)
    else:
        assert (row["value"], row["reason"]) == (None, "zero_denominator")
