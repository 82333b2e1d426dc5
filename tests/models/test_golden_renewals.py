"""The renewal cases of the shared golden table, by their identifiers."""

import csv
import re
from typing import Any

import pytest

from tests.conftest import shared
from tests.models.company import Company
from tests.models.conftest import NewCompany


def golden(case: str) -> dict[str, str]:
    """Input and expectation of a case."""
    with shared("golden", "metric_cases.csv").open(newline="", encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["id"] == case)


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def renew(company: Company, name: str, ends_on: str, old: Any, new: Any, signed_on: str) -> None:
    """A term that ends on a day, and what was signed after it."""
    company.contract(
        f"{name}-old", "A", starts_on="2024-01-01", ends_on=ends_on, amount_per_month=old
    )
    company.contract(
        f"{name}-new", "A", starts_on="2025-08-01", ends_on="2026-12-31", amount_per_month=new,
        signed_on=signed_on,
    )  # fmt: skip
    company.add("contract_renewal", old_contract_id=f"{name}-old", new_contract_id=f"{name}-new")


def test_m_r6_renewal_in_period(new_company: NewCompany) -> None:
    case = golden("M-R6")
    due, booked, of_next, of_previous = numbers(case["input"])
    company = new_company("2026-03-31")
    company.account("A")
    company.owner("A", "E")
    # the second quarter: what is due in it, then what is only booked in it
    renew(company, "april", "2025-04-30", 50, 50, "2025-04-20")
    rest = booked - of_next - of_previous - 50
    renew(company, "june", "2025-06-30", due - 50, rest, "2025-06-20")
    renew(company, "next", "2025-07-31", 20, of_next, "2025-06-21")
    renew(company, "previous", "2025-03-31", 20, of_previous, "2025-04-10")
    quarter = [
        company.kpi("renewal_rate_value", period, "E")
        for period in ("2025-04", "2025-05", "2025-06")
    ]
    renewed = sum(row["numerator"] for row in quarter)
    assert sum(row["denominator"] for row in quarter) == due
    assert [100 * renewed / due] == numbers(case["expected"])


@pytest.mark.parametrize("grace", [0, 30])
def test_m_r8_late_and_early(new_company: NewCompany, grace: int) -> None:
    case = golden("M-R8")
    amount = numbers(case["input"])[0]
    expected = {
        values[0]: values[1:] for values in map(numbers, case["expected"].split(";"))
    }[grace]  # fmt: skip
    company = new_company("2026-03-31")
    company.policy(renewal_grace_days=grace)
    company.account("A")
    company.owner("A", "E")
    renew(company, "january", "2025-01-31", amount, amount, "2025-02-15")
    renew(company, "february", "2025-02-28", amount, amount, "2025-02-15")
    found = [
        100 * (company.value("renewal_rate_value", period, "E") or 0)
        for period in ("2025-01", "2025-02")
    ]
    won_back = company.value("winback_amount", "2025-02", "E")
    assert [*found, *([won_back] if won_back else [])] == expected
