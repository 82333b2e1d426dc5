"""Satisfaction, recommendation, and revenue against its target."""

import csv
from decimal import Decimal

import pytest

from tests.conftest import shared
from tests.models.company import Company
from tests.models.conftest import NewCompany

MONTH = "2025-03"


def golden_text(case: str) -> str:
    with shared("golden", "metric_cases.csv").open(newline="", encoding="utf-8") as file:
        return next(row["expected"] for row in csv.DictReader(file) if row["id"] == case)


def golden(case: str) -> Decimal:
    return Decimal(golden_text(case))


def served(new_company: NewCompany) -> Company:
    """K's client A."""
    company = new_company()
    company.account("A")
    company.employee("K")
    company.owner("A", "K")
    company.invoice("I1", "A", "2025-01-10", 1)
    return company


def answers(
    company: Company, kind: str, *scores: int, scale: int, at: str = "2025-03-10 12:00:00"
) -> Company:
    for number, score in enumerate(scores):
        company.add(
            "survey_response", response_id=f"{at}-{number}", account_id="A", account_source="s",
            kind=kind, score=score, scale_max=scale, answered_at=at,
        )  # fmt: skip
    return company


@pytest.mark.parametrize(
    ("scale", "scores", "satisfied"),
    [(5, (3, 4), 1), (5, (4, 5), 2), (10, (6, 7), 1), (3, (1, 2), 1), (7, (4, 5), 1)],
)
def test_the_top_two_fifths_are_satisfied(
    new_company: NewCompany, scale: int, scores: tuple[int, int], satisfied: int
) -> None:
    company = answers(served(new_company), "csat", *scores, scale=scale)
    row = company.kpi("csat", MONTH, "K")
    assert (row["numerator"], row["denominator"]) == (satisfied, 2)


@pytest.mark.parametrize(("score", "counts"), [(6, -1), (7, 0), (8, 0), (9, 1), (10, 1), (0, -1)])
def test_promoters_less_detractors(new_company: NewCompany, score: int, counts: int) -> None:
    company = answers(served(new_company), "nps", score, scale=10)
    row = company.kpi("nps", MONTH, "K")
    assert (row["numerator"], row["denominator"]) == (counts, 1)


def test_m_p1_thirty_per_cent_promoters_and_twenty_of_detractors(
    new_company: NewCompany,
) -> None:
    scores = (9, 10, 10, 6, 0, 7, 7, 8, 8, 8)
    company = answers(served(new_company), "nps", *scores, scale=10)
    assert [company.value("nps", MONTH, "K")] == [golden("M-P1") / 100]


def test_m_p2_a_six_is_a_detractor(new_company: NewCompany) -> None:
    company = answers(served(new_company), "nps", 6, scale=10)
    assert golden_text("M-P2") == "detractor" and company.value("nps", MONTH, "K") == -1


def test_another_scale_is_no_recommendation(new_company: NewCompany) -> None:
    company = answers(served(new_company), "nps", 5, scale=5)
    row = company.kpi("nps", MONTH, "K")
    assert (row["value"], row["reason"]) == (None, "no_data")


def test_an_answer_counts_on_its_day(new_company: NewCompany) -> None:
    company = served(new_company)
    answers(company, "csat", 5, scale=5, at="2025-03-31 23:59:59")
    answers(company, "csat", 1, scale=5, at="2025-04-01 00:00:00")
    assert company.value("csat", "2025-03", "K") == 1
    assert company.value("csat", "2025-04", "K") == 0


def test_months_of_attainment_are_sums_over_sums(new_company: NewCompany) -> None:
    company = served(new_company)
    for month, sold in (("2025-02", 90), ("2025-03", 120)):
        company.invoice(month, "A", f"{month}-10", sold)
        company.add(
            "target", employee_id="K", employee_source="s", measure="revenue",
            period=f"{month}-01", amount=100, approved_by="head",
        )  # fmt: skip
    assert company.value("plan_attainment", "2025-02", "K") == Decimal("0.9")
    assert company.value("plan_attainment", "2025-03", "K") == Decimal("1.2")
    row = company.kpi("plan_attainment", "2025-03", "K", window="rolling_3")
    # the first month of the three has no target, and its revenue does not count either
    assert (row["numerator"], row["denominator"]) == (210, 200)


@pytest.mark.parametrize(("measure", "approved_by"), [("nrr", "head"), ("revenue", None)])
def test_only_an_approved_target_of_revenue_counts(
    new_company: NewCompany, measure: str, approved_by: str | None
) -> None:
    company = served(new_company)
    company.invoice("I3", "A", "2025-03-10", 90)
    company.add(
        "target", employee_id="K", employee_source="s", measure=measure, period="2025-03-01",
        amount=100, approved_by=approved_by,
    )  # fmt: skip
    assert company.kpi("plan_attainment", MONTH, "K")["reason"] in ("zero_denominator", "no_data")


def test_the_target_of_a_head_is_the_team_s(new_company: NewCompany) -> None:
    company = served(new_company)
    company.employee("M")
    company.add(
        "employee_position", employee_id="K", employee_source="s", manager_id="M",
        manager_source="s", valid_from="2020-01-01",
    )  # fmt: skip
    for who in ("K", "M"):
        company.add(
            "target", employee_id=who, employee_source="s", measure="revenue",
            period="2025-03-01", amount=100, approved_by="head",
        )  # fmt: skip
    company.invoice("I4", "A", "2025-03-10", 90)
    assert company.value("plan_attainment", MONTH, "K") == Decimal("0.9")
    assert company.kpi("plan_attainment", MONTH, "M")["reason"] == "zero_denominator"
