"""overdue_share_gate: what is written off stays open and overdue for twelve months."""

from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany

Parts = tuple[Any, Any]


def owing(new_company: NewCompany) -> Company:
    """K's client A owes 100, due in January 2025, and 300 due in 2027."""
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.invoice("bad", "A", "2025-01-02", 100, due_on="2025-01-10")
    company.invoice("good", "A", "2025-01-03", 300, due_on="2027-12-31")
    company.payment("none", "B", "2025-01-01", 1)
    return company


def write_off(company: Company, invoice: str, written_on: str, amount: Any) -> None:
    number = len(company.tables.get("write_off", []))
    company.add(
        "write_off", write_off_id=f"W{number}", invoice_id=invoice, written_on=written_on,
        amount=amount,
    )  # fmt: skip


def share(company: Company, month: str, code: str = "overdue_share_gate") -> Parts:
    row = company.kpi(code, month, "K")
    return row["numerator"], row["denominator"]


def both(company: Company, month: str) -> tuple[Parts, Parts]:
    """overdue_share and what gates read."""
    return share(company, month, "overdue_share"), share(company, month)


def test_a_write_off_lowers_the_share_and_not_what_gates_read(new_company: NewCompany) -> None:
    company = owing(new_company)
    assert both(company, "2025-03") == ((100, 400), (100, 400))
    write_off(company, "bad", "2025-03-31", 100)
    assert both(company, "2025-03") == ((0, 300), (100, 400))
    company.build("fct_kpi_evidence")
    rows = company.marts.rows(
        "select record_type, record_id, numerator, denominator from kpi.fct_kpi_evidence"
        " where kpi_code = 'overdue_share_gate' and period = '2025-03-01' order by record_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("invoice", "bad", 100, 100), ("invoice", "good", 0, 300)
    ]  # fmt: skip


@pytest.mark.parametrize("month", ["2025-02", "2025-03", "2026-02"])
@pytest.mark.parametrize("amount", [40, 100])
def test_before_it_is_written_off_and_while_it_is_remembered_the_share_is_the_same(
    new_company: NewCompany, month: str, amount: int
) -> None:
    company = owing(new_company)
    write_off(company, "bad", "2025-03-15", amount)
    assert share(company, month) == (100, 400)


# the month end is the last day, so twelve months after the 31st and the first lie in between
@pytest.mark.parametrize(
    ("written_on", "march", "next_february", "next_march"),
    [
        ("2025-03-30", (0, 300), (100, 400), (0, 300)),
        ("2025-03-31", (0, 300), (100, 400), (0, 300)),
        ("2025-04-01", (100, 400), (100, 400), (100, 400)),
    ],
)
def test_it_is_remembered_from_its_day_for_twelve_months(
    new_company: NewCompany, written_on: str, march: Parts, next_february: Parts, next_march: Parts
) -> None:
    company = owing(new_company)
    write_off(company, "bad", written_on, 100)
    assert both(company, "2025-03") == (march, (100, 400))
    assert share(company, "2026-02") == next_february
    assert share(company, "2026-03") == next_march
    assert share(company, "2026-04") == (0, 300)


def test_a_leap_day_is_remembered_to_the_end_of_february(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    company.owner("A", "K")
    company.payment("none", "B", "2024-01-01", 1)
    company.invoice("bad", "A", "2024-01-02", 100, due_on="2024-01-10")
    company.invoice("good", "A", "2024-01-03", 300)
    write_off(company, "bad", "2024-02-29", 100)
    assert share(company, "2025-01") == (100, 400)
    assert share(company, "2025-02") == (0, 300)


def test_parts_are_forgotten_one_by_one(new_company: NewCompany) -> None:
    company = owing(new_company)
    write_off(company, "bad", "2025-02-10", 30)
    write_off(company, "bad", "2025-04-10", 20)
    assert both(company, "2025-04") == ((50, 350), (100, 400))
    assert both(company, "2026-02") == ((50, 350), (70, 370))
    assert both(company, "2026-04") == ((50, 350), (50, 350))


def test_what_was_not_yet_due_is_overdue_once_it_is_written_off(new_company: NewCompany) -> None:
    company = owing(new_company)
    write_off(company, "good", "2025-03-01", 120)
    assert both(company, "2025-03") == ((100, 280), (220, 400))


def test_a_write_off_taken_back_is_remembered_no_more(new_company: NewCompany) -> None:
    company = owing(new_company)
    write_off(company, "bad", "2025-02-10", 100)
    write_off(company, "bad", "2025-04-10", -100)
    assert both(company, "2025-02") == ((0, 300), (100, 400))
    assert both(company, "2025-04") == ((100, 400), (100, 400))
    # the first is forgotten in February, and nothing is left over of the second
    assert both(company, "2026-03") == ((100, 400), (100, 400))


@pytest.mark.parametrize(
    ("voided_on", "march"), [("2025-03-31", (0, 300)), ("2025-04-01", (100, 400))]
)
def test_a_void_ends_what_was_written_off(
    new_company: NewCompany, voided_on: str, march: Parts
) -> None:
    company = owing(new_company)
    company.tables["invoice"][0] |= {"status": "void", "voided_on": voided_on}
    write_off(company, "bad", "2025-02-10", 100)
    assert share(company, "2025-02") == (100, 400)
    assert share(company, "2025-03") == march
    assert share(company, "2025-04") == (0, 300)


def test_an_invoice_is_remembered_by_its_owner_and_no_other(new_company: NewCompany) -> None:
    company = owing(new_company)
    company.account("C")
    company.owner("C", "L")
    company.invoice("other", "C", "2025-01-02", 70, due_on="2025-01-10")
    write_off(company, "bad", "2025-03-01", 100)
    row = company.kpi("overdue_share_gate", "2025-03", "L")
    assert (row["numerator"], row["denominator"]) == (70, 70)
    assert share(company, "2025-03") == (100, 400)


def test_an_amount_in_another_currency_is_remembered_in_it(new_company: NewCompany) -> None:
    company = owing(new_company)
    company.invoice("eur", "A", "2025-01-02", 10, due_on="2025-01-10", currency="EUR")
    for month in range(1, 5):
        company.add("fx_rate", from_currency="EUR", valid_on=f"2025-0{month}-01", rate=90 + month)
    write_off(company, "eur", "2025-03-01", 10)
    assert both(company, "2025-03") == ((100, 400), (100 + 930, 400 + 930))


# ------------------------------------------------------------------------------ ways to cheat


@pytest.mark.parametrize("amount", [100, 101, 400])
def test_writing_off_more_than_is_open_settles_nothing_else(
    new_company: NewCompany, amount: int
) -> None:
    # the excess stands as credit of the invoice, which would go to the next oldest one
    company = owing(new_company)
    company.invoice("next", "A", "2025-01-04", 50, due_on="2025-01-20")
    write_off(company, "bad", "2025-03-01", amount)
    assert share(company, "2025-03") == (150, 450)
    company.policy(receivables_credits="own_bucket")
    assert share(company, "2025-03") == (150, 450)


@pytest.mark.parametrize("credits", ["oldest_first", "ignore", "own_bucket"])
def test_a_debt_written_off_and_paid_after_all_is_remembered_no_more(
    new_company: NewCompany, credits: str
) -> None:
    company = owing(new_company)
    company.policy(receivables_credits=credits)
    write_off(company, "bad", "2025-03-01", 100)
    company.payment("P", "A", "2025-05-05", 60)
    company.allocation("2025-05-05", 60, invoice_id="bad", payment_id="P")
    assert share(company, "2025-04") == (100, 400)
    assert share(company, "2025-05") == (40, 340)
    company.allocation("2025-06-01", 40, invoice_id="bad", payment_id="P2")
    company.payment("P2", "A", "2025-06-01", 40)
    assert share(company, "2025-06") == (0, 300)


@pytest.mark.parametrize("amount", [40, 100])
@pytest.mark.parametrize("credits", ["oldest_first", "ignore", "own_bucket"])
@pytest.mark.parametrize("disputes", ["include", "exclude"])
def test_the_gate_reads_the_same_with_and_without_a_write_off_of_what_is_overdue(
    new_company: NewCompany, amount: int, credits: str, disputes: str
) -> None:
    # with a credit that would move on to another item, and a dispute about it
    company = owing(new_company)
    company.policy(receivables_credits=credits, receivables_disputes=disputes)
    company.invoice("next", "A", "2025-01-04", 50, due_on="2025-01-20")
    company.payment("P", "A", "2025-02-10", 30)
    company.invoice("N", "A", "2025-02-11", -45)
    company.add("dispute", dispute_id="D", invoice_id="bad", amount=20, opened_on="2025-02-20")
    before = share(company, "2025-03")
    assert before == share(company, "2025-03", "overdue_share")
    write_off(company, "bad", "2025-03-05", amount)
    assert share(company, "2025-03") == before
    assert share(company, "2025-03", "overdue_share") != before


@pytest.mark.parametrize(
    ("credits", "disputes", "amount", "expected"),
    [
        # 75 of credit go to what is left of bad, to next, and to good
        ("oldest_first", "include", 40, (35, 335)),
        ("oldest_first", "include", 100, (0, 275)),
        # the dispute of 20 is about what is left of bad
        ("ignore", "exclude", 40, (90, 390)),
        ("ignore", "exclude", 90, (50, 350)),
        ("ignore", "exclude", 100, (50, 350)),
    ],
)
def test_what_is_written_off_takes_no_credit_and_no_dispute_from_the_share(
    new_company: NewCompany, credits: str, disputes: str, amount: int, expected: Parts
) -> None:
    company = owing(new_company)
    company.policy(receivables_credits=credits, receivables_disputes=disputes)
    company.invoice("next", "A", "2025-01-04", 50, due_on="2025-01-20")
    company.payment("P", "A", "2025-02-10", 75)
    company.add("dispute", dispute_id="D", invoice_id="bad", amount=20, opened_on="2025-02-20")
    write_off(company, "bad", "2025-03-05", amount)
    assert share(company, "2025-03", "overdue_share") == expected


def test_a_credit_settles_what_is_written_off_of_an_invoice_before_the_rest(
    new_company: NewCompany,
) -> None:
    # 100 of 130 to bad, 30 to good: to its 120 written off, or more would be overdue than is due
    company = owing(new_company)
    company.payment("P", "A", "2025-02-10", 130)
    write_off(company, "good", "2025-03-01", 120)
    assert both(company, "2025-03") == ((0, 150), (90, 270))


def test_credit_and_reissue_after_a_write_off_opens_no_gate(new_company: NewCompany) -> None:
    # the new invoice is as old as the first one, and the first one is remembered beside it
    company = owing(new_company)
    write_off(company, "bad", "2025-03-05", 100)
    company.invoice("again", "A", "2025-03-06", 100, due_on="2025-12-31", corrects_id="bad")
    assert both(company, "2025-03") == ((100, 400), (200, 500))


def test_instalments_written_off_are_the_oldest_that_are_open(new_company: NewCompany) -> None:
    # 100 in 30, 50, 20; 35 paid and 25 written off: 40 of them open, 20 in each of the last two
    company = owing(new_company)
    for due_on, amount in (("2025-01-10", 30), ("2025-03-30", 50), ("2025-09-30", 20)):
        company.add("invoice_due", invoice_id="bad", due_on=due_on, amount=amount)
    company.payment("P", "A", "2025-02-01", 35)
    company.allocation("2025-02-01", 35, invoice_id="bad", payment_id="P")
    write_off(company, "bad", "2025-02-10", 25)
    assert both(company, "2025-02") == ((0, 340), (25, 365))
    assert both(company, "2025-03") == ((20, 340), (45, 365))
