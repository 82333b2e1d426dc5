"""Revenue against the year before, and what is left of it after costs."""

from decimal import Decimal

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany


def sold(new_company: NewCompany, *documents: tuple[str, int]) -> Company:
    """K's client A with documents on some days."""
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.invoice("first", "A", "2023-01-10", 1)
    for number, (day, net) in enumerate(documents):
        company.invoice(f"I{number}", "A", day, net)
    return company


def test_months_of_growth_are_sums_over_sums(new_company: NewCompany) -> None:
    company = sold(
        new_company, ("2024-03-31", 100), ("2024-04-01", 100), ("2025-03-01", 120),
        ("2025-04-30", 80),
    )  # fmt: skip
    assert company.value("revenue_growth", "2025-03", "K") == Decimal("0.2")
    assert company.value("revenue_growth", "2025-04", "K") == Decimal("-0.2")
    row = company.kpi("revenue_growth", "2025-04", "K", window="rolling_3")
    assert (row["numerator"], row["denominator"]) == (0, 200)


def test_a_leap_day_is_compared_with_february(new_company: NewCompany) -> None:
    company = sold(new_company, ("2024-02-29", 100), ("2025-02-28", 150))
    assert company.value("revenue_growth", "2025-02", "K") == Decimal("0.5")
    assert company.kpi("revenue_growth", "2025-03", "K")["reason"] == "zero_denominator"


@pytest.mark.parametrize(
    ("period", "reason"),
    [("2023-12", "insufficient_history"), ("2024-01", None), ("2024-02", "zero_denominator")],
)
def test_the_first_year_has_nothing_to_compare(
    new_company: NewCompany, period: str, reason: str | None
) -> None:
    assert sold(new_company).kpi("revenue_growth", period, "K")["reason"] == reason


def test_no_exchange_rate_makes_growth(new_company: NewCompany) -> None:
    company = sold(new_company)
    for year, rate in (("2024", 80), ("2025", 100)):
        company.invoice(year, "A", f"{year}-03-10", 10, currency="USD")
        company.add(
            "fx_rate", from_currency="USD", to_currency="RUB", kind="plan",
            valid_on=f"{year}-03-01", rate=rate,
        )  # fmt: skip
    assert company.value("revenue_growth", "2025-03", "K") == 0


def costs(company: Company, *lines: tuple[str, int, int | None]) -> Company:
    for number, (day, net, cost) in enumerate(lines):
        company.invoice(f"M{number}", "A", day, net)
        company.tables["invoice_line"][-1]["cost"] = cost
    return company


def test_the_margin_of_documents_is_that_of_their_sums(new_company: NewCompany) -> None:
    company = costs(sold(new_company), ("2025-03-10", 100, 60), ("2025-03-11", 300, 240))
    assert company.value("gross_margin", "2025-03", "K") == Decimal("0.25")


@pytest.mark.parametrize(
    ("period", "reason"), [("2025-02", "no_data"), ("2025-03", None), ("2025-04", "no_data")]
)
def test_an_unknown_cost_is_not_nothing(
    new_company: NewCompany, period: str, reason: str | None
) -> None:
    company = costs(
        sold(new_company), ("2025-02-10", 100, None), ("2025-03-10", 100, 60),
        ("2025-04-10", 100, 60), ("2025-04-11", 100, None),
    )  # fmt: skip
    assert company.kpi("gross_margin", period, "K")["reason"] == reason
