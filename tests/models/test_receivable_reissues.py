"""Credit an invoice and issue it again: the debt keeps its age, however it is done."""

from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany

# due on 10 January, so 171 days at the end of June; each new invoice would be due in December
FIRST, LATER, AGE = "2025-01-10", "2025-12-31", 171


def owing(new_company: NewCompany, **first: Any) -> Company:
    company = new_company("2025-06-30")
    company.account("A")
    company.owner("A", "K")
    company.invoice("I1", "A", "2025-01-02", 100, due_on=FIRST, **first)
    company.payment("none", "B", "2025-01-01", 1)
    return company


def credit_note(company: Company, invoice: str, issued_on: str, amount: int) -> None:
    note = f"N-{invoice}"
    company.invoice(note, "A", issued_on, -amount, corrects_id=invoice)
    company.allocation(issued_on, amount, credit_note_id=note, invoice_id=invoice)


def ages(company: Company) -> dict[str, tuple[Any, int]]:
    """Open amount and days overdue by invoice at the end of June."""
    rows = company.rows("fct_open_item_month", period="2025-06")
    return {row["invoice_id"]: (row["open_amount"], row["days_overdue"]) for row in rows}


def test_credited_in_full_and_issued_again(new_company: NewCompany) -> None:
    company = owing(new_company)
    credit_note(company, "I1", "2025-03-01", 100)
    company.invoice("I2", "A", "2025-03-01", 100, due_on=LATER, corrects_id="I1")
    assert ages(company) == {"I2": (100, AGE)}
    assert company.value("overdue_share", "2025-06", "K") == 1


def test_credited_in_full_and_issued_again_twice(new_company: NewCompany) -> None:
    company = owing(new_company)
    for number, day in ((1, "2025-03-01"), (2, "2025-05-01")):
        credit_note(company, f"I{number}", day, 100)
        company.invoice(f"I{number + 1}", "A", day, 100, due_on=LATER, corrects_id=f"I{number}")
    assert ages(company) == {"I3": (100, AGE)}


@pytest.mark.parametrize("credits", ["oldest_first", "ignore", "own_bucket"])
def test_credited_in_part_and_that_part_issued_again(new_company: NewCompany, credits: str) -> None:
    company = owing(new_company)
    company.policy(receivables_credits=credits)
    credit_note(company, "I1", "2025-03-01", 40)
    company.invoice("I2", "A", "2025-03-01", 40, due_on=LATER, corrects_id="I1")
    assert ages(company) == {"I1": (60, AGE), "I2": (40, AGE)}


def test_credited_in_part_twice(new_company: NewCompany) -> None:
    company = owing(new_company)
    credit_note(company, "I1", "2025-03-01", 40)
    company.invoice("I2", "A", "2025-03-01", 40, due_on=LATER, corrects_id="I1")
    credit_note(company, "I2", "2025-05-01", 15)
    company.invoice("I3", "A", "2025-05-01", 15, due_on=LATER, corrects_id="I2")
    assert ages(company) == {"I1": (60, AGE), "I2": (25, AGE), "I3": (15, AGE)}


def test_a_note_that_nobody_applied_settles_the_old_invoice_and_not_the_age(
    new_company: NewCompany,
) -> None:
    # both are as old: which of them the credit settles makes no difference to the share
    company = owing(new_company)
    company.invoice("N", "A", "2025-03-01", -100, corrects_id="I1")
    company.invoice("I2", "A", "2025-03-01", 100, due_on=LATER, corrects_id="I1")
    assert sum(amount for amount, _ in ages(company).values()) == 100
    row = company.kpi("overdue_share", "2025-06", "K")
    assert (row["numerator"], row["denominator"]) == (100, 100)


def test_issued_again_for_more_is_as_old_as_a_whole(new_company: NewCompany) -> None:
    company = owing(new_company, status="void", voided_on="2025-03-01")
    company.invoice("I2", "A", "2025-03-01", 130, due_on=LATER, corrects_id="I1")
    assert ages(company) == {"I2": (130, AGE)}


def test_issued_again_in_instalments_that_are_due_later(new_company: NewCompany) -> None:
    company = owing(new_company, status="void", voided_on="2025-03-01")
    company.invoice("I2", "A", "2025-03-01", 100, corrects_id="I1")
    for due_on, amount in (("2025-09-30", 50), (LATER, 50)):
        company.add("invoice_due", invoice_id="I2", due_on=due_on, amount=amount)
    rows = company.rows("fct_open_item_month", period="2025-06")
    assert [(row["open_amount"], row["days_overdue"]) for row in rows] == [(50, AGE), (50, AGE)]


def test_instalments_issued_again_keep_the_age_of_each(new_company: NewCompany) -> None:
    # two of three are due; one due date for all of them would make it three, or none
    company = owing(new_company, status="void", voided_on="2025-03-01")
    company.invoice("I2", "A", "2025-03-01", 100, corrects_id="I1")
    for due_on, later, amount in (
        (FIRST, "2025-09-30", 20), ("2025-06-29", "2025-10-31", 30), ("2025-07-31", LATER, 50)
    ):  # fmt: skip
        company.add("invoice_due", invoice_id="I1", due_on=due_on, amount=amount)
        company.add("invoice_due", invoice_id="I2", due_on=later, amount=amount)
    rows = company.rows("fct_open_item_month", order="instalment", period="2025-06")
    assert [row["days_overdue"] for row in rows] == [AGE, 1, 0]
    assert company.value("overdue_share", "2025-06", "K") == 1 / 2


def test_an_earlier_due_date_of_its_own_makes_it_older_still(new_company: NewCompany) -> None:
    company = owing(new_company, status="void", voided_on="2025-03-01")
    company.tables["invoice"][0]["due_on"] = None
    company.invoice("I2", "A", "2025-03-01", 100, due_on="2025-06-20", corrects_id="I1")
    assert ages(company) == {"I2": (100, 10)}
