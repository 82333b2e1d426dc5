"""Hours to the first response: a median, measured anew for each window."""

from decimal import Decimal

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany

MONTH = "2025-03"


def served(new_company: NewCompany, as_of: str = "2025-12-31") -> Company:
    company = new_company(as_of)
    company.account("A")
    company.owner("A", "K")
    company.invoice("first", "A", "2025-01-10", 1)
    return company


def wait(company: Company, number: int, hours: str | None, day: str = "2025-03-10") -> None:
    """An escalation to K that is answered after some hours and minutes."""
    company.add(
        "escalation", escalation_id=str(number), account_id="A", employee_id="K", topic="t",
        severity="high", opened_at=f"{day} 00:00:00",
        first_response_at=None if hours is None else f"{day} {hours}:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "median"),
    [(("01:00",), 1), (("01:00", "09:00", "02:00"), 2), (("01:00", "09:00", "02:00", "04:00"), 3),
     (("01:20",), "1.3333")],
)  # fmt: skip
def test_the_median_is_the_middle(
    new_company: NewCompany, hours: tuple[str, ...], median: int | str
) -> None:
    company = served(new_company)
    for number, waited in enumerate(hours):
        wait(company, number, waited)
    assert company.value("first_response_hours", MONTH, "K") == Decimal(median)


def test_a_longer_window_has_its_own_median(new_company: NewCompany) -> None:
    company = served(new_company)
    for number, (day, hours) in enumerate(
        (("2025-01-10", "10:00"), ("2025-01-11", "12:00"), ("2025-03-10", "01:00"))
    ):
        wait(company, number, hours, day)
    assert company.value("first_response_hours", "2025-01", "K") == 11
    assert company.value("first_response_hours", "2025-03", "K") == 1
    # neither the mean of 11 and 1 nor a sum
    assert company.value("first_response_hours", "2025-03", "K", window="quarter") == 10


def test_leaving_it_open_does_not_shorten_the_time(new_company: NewCompany) -> None:
    company = served(new_company, "2025-03-11")
    wait(company, 1, "01:00")
    wait(company, 2, None)
    row = company.kpi("first_response_hours", MONTH, "K")
    # two whole days until the end of the last day known
    assert (row["value"], row["reason"]) == (Decimal("24.5"), "pending")


def test_without_escalations_there_is_no_time(new_company: NewCompany) -> None:
    company = served(new_company)
    wait(company, 1, "01:00")
    company.employee("idle")
    row = company.kpi("first_response_hours", MONTH, "idle")
    assert (row["value"], row["reason"], row["denominator"]) == (None, "zero_denominator", 0)
