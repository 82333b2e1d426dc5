"""Open and overdue at a month end, whatever came later."""

from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany


def owing(new_company: NewCompany, as_of: str = "2026-12-31", **invoice: Any) -> Company:
    """K's client A with invoice I of 100, issued on 10 January 2025, due on 31 January."""
    company = new_company(as_of)
    company.account("A")
    company.owner("A", "K")
    company.invoice("I", "A", **({"issued_on": "2025-01-10", "net": 100, "due_on": "2025-01-31"} | invoice))  # fmt: skip
    return company


def opens(company: Company, month: str, column: str = "open_amount") -> dict[str, Decimal]:
    """A column of the open items at a month end, by invoice."""
    rows = company.rows("fct_open_item_month", order="invoice_id, instalment", period=month)
    return {row["invoice_id"]: row[column] for row in rows}


def unapplied(company: Company, month: str) -> Decimal:
    """Credits of A left over after its open items."""
    rows = company.rows("fct_account_month", period=month)
    return sum((row["unapplied_amount"] for row in rows), Decimal(0))


@pytest.mark.parametrize(
    ("due_on", "days", "overdue"),
    [("2025-01-30", 1, 100), ("2025-01-31", 0, 0), ("2025-02-01", 0, 0), (None, 0, 0)],
)
def test_an_item_is_overdue_from_the_day_after_it_was_due(
    new_company: NewCompany, due_on: str | None, days: int, overdue: int
) -> None:
    company = owing(new_company, due_on=due_on)
    assert opens(company, "2025-01", "days_overdue") == {"I": days}
    assert opens(company, "2025-01", "overdue_amount") == {"I": overdue}
    row = company.kpi("overdue_share", "2025-01", "K")
    assert (row["numerator"], row["denominator"]) == (overdue, 100)


@pytest.mark.parametrize(
    ("applied_on", "january"), [("2025-01-30", 60), ("2025-01-31", 60), ("2025-02-01", 100)]
)
def test_a_payment_counts_from_its_day(
    new_company: NewCompany, applied_on: str, january: int
) -> None:
    company = owing(new_company)
    company.payment("P", "A", applied_on, 40)
    company.allocation(applied_on, 40, payment_id="P", invoice_id="I")
    assert opens(company, "2025-01") == {"I": january}
    assert opens(company, "2025-02") == {"I": 60}


def test_money_is_not_there_before_it_is_received(new_company: NewCompany) -> None:
    # allocated in January to a payment dated in February
    company = owing(new_company)
    company.payment("P", "A", "2025-02-01", 100)
    company.allocation("2025-01-15", 100, payment_id="P", invoice_id="I")
    assert opens(company, "2025-01") == {"I": 100}
    assert opens(company, "2025-02") == {}


@pytest.mark.parametrize(
    ("undo", "february"),
    [
        ({"undone_on": "2025-02-28"}, {"I": 100}),
        ({"undone_on": "2025-03-01"}, {}),
        ({}, {}),
    ],
)
def test_an_allocation_undone_opens_the_invoice_from_that_day(
    new_company: NewCompany, undo: dict[str, str], february: dict[str, int]
) -> None:
    # the payment itself stays: what it no longer pays is credit of the client, and settles it again
    company = owing(new_company)
    company.payment("P", "A", "2025-01-20", 100)
    company.allocation("2025-01-20", 100, payment_id="P", invoice_id="I", **undo)
    assert opens(company, "2025-01") == {}
    assert opens(company, "2025-02", "item_amount") == february
    assert sum(opens(company, "2025-02").values()) == 0


@pytest.mark.parametrize(
    ("reversed_on", "february"), [("2025-02-28", {"I": 100}), ("2025-03-01", {})]
)
def test_a_reversed_payment_opens_the_invoice_from_that_day(
    new_company: NewCompany, reversed_on: str, february: dict[str, int]
) -> None:
    company = owing(new_company)
    company.payment("P", "A", "2025-01-20", 100, reversed_on=reversed_on)
    company.allocation("2025-01-20", 100, payment_id="P", invoice_id="I")
    assert opens(company, "2025-01") == {}
    assert opens(company, "2025-02") == february
    assert opens(company, "2025-03") == {"I": 100}


@pytest.mark.parametrize(
    ("written_on", "january"), [("2025-01-31", {"I": 70}), ("2025-02-01", {"I": 100})]
)
def test_a_write_off_reduces_from_its_day(
    new_company: NewCompany, written_on: str, january: dict[str, int]
) -> None:
    company = owing(new_company)
    company.payment("none", "B", "2025-01-01", 1)
    company.add("write_off", write_off_id="W", invoice_id="I", written_on=written_on, amount=30)
    assert opens(company, "2025-01") == january


@pytest.mark.parametrize(("voided_on", "january"), [("2025-01-31", {}), ("2025-02-01", {"I": 100})])
def test_a_void_invoice_is_open_until_the_day_it_is_voided(
    new_company: NewCompany, voided_on: str, january: dict[str, int]
) -> None:
    company = owing(new_company, status="void", voided_on=voided_on)
    assert opens(company, "2025-01") == january
    assert opens(company, "2025-02") == {}


def test_what_paid_a_voided_invoice_is_the_clients_again(new_company: NewCompany) -> None:
    company = owing(new_company, status="void", voided_on="2025-02-10")
    company.payment("P", "A", "2025-01-20", 100)
    company.allocation("2025-01-20", 100, payment_id="P", invoice_id="I")
    company.invoice("J", "A", "2025-02-15", 30)
    assert unapplied(company, "2025-01") == 0
    assert unapplied(company, "2025-02") == 70


def test_an_invoice_is_open_from_its_day_of_issue(new_company: NewCompany) -> None:
    company = owing(new_company, issued_on="2025-02-01")
    company.invoice("J", "A", "2025-01-31", 5)
    assert opens(company, "2025-01") == {"J": 5}


def test_credits_that_nobody_applied_settle_the_oldest_items_first(
    new_company: NewCompany,
) -> None:
    # by issue date, or spread, other items would be settled
    company = owing(new_company, due_on="2025-02-20")
    company.invoice("J", "A", "2025-01-15", 50, due_on="2025-01-25")
    company.payment("P", "A", "2025-01-28", 70)
    assert opens(company, "2025-01") == {"I": 80, "J": 0}
    assert opens(company, "2025-01", "credit_applied") == {"I": 20, "J": 50}
    assert company.value("overdue_share", "2025-01", "K") == 0


def test_a_credit_settles_only_its_client_and_currency(new_company: NewCompany) -> None:
    company = owing(new_company)
    company.account("B")
    company.invoice("J", "A", "2025-01-12", 40, currency="EUR")
    company.payment("P", "B", "2025-01-20", 500)
    company.payment("Q", "A", "2025-01-20", 30, currency="EUR")
    assert opens(company, "2025-01") == {"I": 100, "J": 10}


def test_a_credit_note_is_credit_until_it_is_applied(new_company: NewCompany) -> None:
    company = owing(new_company)
    company.payment("none", "B", "2025-01-01", 1)
    company.invoice("N", "A", "2025-01-20", -30, corrects_id="I")
    company.allocation("2025-02-05", 20, credit_note_id="N", invoice_id="I")
    assert opens(company, "2025-01", "item_amount") == {"I": 100}
    assert opens(company, "2025-02", "item_amount") == {"I": 80}
    assert opens(company, "2025-01") == opens(company, "2025-02") == {"I": 70}


def test_a_refund_leaves_nothing_open(new_company: NewCompany) -> None:
    # invoice paid, credited in full, money returned: neither open nor credit
    company = owing(new_company)
    company.payment("P", "A", "2025-01-15", 100)
    company.allocation("2025-01-15", 100, payment_id="P", invoice_id="I")
    company.invoice("N", "A", "2025-01-20", -40, corrects_id="I")
    company.payment("R", "A", "2025-02-10", -40)
    company.allocation("2025-02-10", 40, payment_id="R", credit_note_id="N")
    company.invoice("J", "A", "2025-02-11", 7)
    assert unapplied(company, "2025-01") == 40
    assert unapplied(company, "2025-02") == 0
    assert opens(company, "2025-02") == {"J": 7}


def test_too_much_applied_to_an_invoice_is_credit_and_no_negative_item(
    new_company: NewCompany,
) -> None:
    company = owing(new_company)
    company.payment("P", "A", "2025-01-15", 130)
    company.allocation("2025-01-15", 130, payment_id="P", invoice_id="I")
    company.invoice("J", "A", "2025-01-20", 20)
    assert opens(company, "2025-01") == {"J": 0}
    assert unapplied(company, "2025-01") == 10


def instalments(new_company: NewCompany, *dues: tuple[str, int], paid: int) -> list[Decimal]:
    """Open amounts of the instalments of I at the end of January."""
    company = owing(new_company)
    for due_on, amount in dues:
        company.add("invoice_due", invoice_id="I", due_on=due_on, amount=amount)
    company.payment("P", "A", "2025-01-15", paid)
    company.allocation("2025-01-15", paid, payment_id="P", invoice_id="I")
    rows = company.rows("fct_open_item_month", order="instalment", period="2025-01")
    return [row["open_amount"] for row in rows]


def test_a_payment_covers_the_oldest_instalment_first(new_company: NewCompany) -> None:
    dues = [("2025-03-31", 20), ("2025-01-31", 30), ("2025-02-28", 50)]
    assert instalments(new_company, *dues, paid=29) == [1, 50, 20]
    assert instalments(new_company, *dues, paid=30) == [50, 20]
    assert instalments(new_company, *dues, paid=31) == [49, 20]


@pytest.mark.parametrize(("last", "expected"), [(10, [60, 40]), (90, [60, 40])])
def test_instalments_always_sum_to_the_invoice(
    new_company: NewCompany, last: int, expected: list[int]
) -> None:
    found = instalments(new_company, ("2025-02-10", 60), ("2025-03-10", last), paid=0)
    assert found == expected


def test_each_instalment_is_overdue_on_its_own(new_company: NewCompany) -> None:
    company = owing(new_company)
    company.payment("none", "B", "2025-01-01", 1)
    for due_on, amount in (("2025-01-30", 30), ("2025-01-31", 70)):
        company.add("invoice_due", invoice_id="I", due_on=due_on, amount=amount)
    row = company.kpi("overdue_share", "2025-01", "K")
    assert (row["numerator"], row["denominator"]) == (30, 100)


def test_a_reissued_invoice_is_as_old_as_the_first_one(new_company: NewCompany) -> None:
    # credited and issued again, twice: the last due date would make it young
    company = owing(new_company, status="void", voided_on="2025-03-01")
    company.invoice(
        "J", "A", "2025-03-01", 100, due_on="2025-03-31", corrects_id="I", status="void",
        voided_on="2025-05-01",
    )  # fmt: skip
    company.invoice("K", "A", "2025-05-01", 100, due_on="2025-06-30", corrects_id="J")
    company.payment("none", "B", "2025-01-01", 1)
    assert opens(company, "2025-05", "days_overdue") == {"K": 120}


def test_the_last_month_is_measured_where_receivables_end(new_company: NewCompany) -> None:
    # due on the 20th, covered to the 20th: not overdue, though the month end has passed
    company = owing(new_company, due_on="2025-01-20")
    company.covers["receivables"] = company.rows("dim_period")[0]["period"].replace(
        year=2025, month=1, day=20
    )
    company.payment("P", "A", "2025-01-21", 60)
    company.allocation("2025-01-21", 60, payment_id="P", invoice_id="I")
    rows = company.rows("fct_open_item_month")
    assert [(str(r["measured_on"]), r["open_amount"], r["overdue_amount"]) for r in rows] == [
        ("2025-01-20", 100, 0)
    ]
    assert company.kpi("overdue_share", "2025-02", "K")["reason"] == "no_data"


def test_a_stock_is_credited_by_the_days_of_its_month(new_company: NewCompany) -> None:
    company = owing(new_company, due_on="2025-01-20")
    company.tables["account_assignment"].clear()
    company.owner("A", "K", valid_to="2025-01-31")
    company.owner("A", "K2", valid_from="2025-01-31")
    second = company.kpi("overdue_share", "2025-01", "K2")
    assert (second["numerator"], second["denominator"]) == (Decimal("3.2258"), Decimal("3.2258"))


def test_open_items_are_gross_and_converted_at_the_rate_of_the_month(
    new_company: NewCompany,
) -> None:
    company = owing(new_company, gross=120, currency="EUR", due_on="2025-01-11")
    company.payment("none", "B", "2025-01-01", 1)
    for month, rate in (("2025-01-01", 90), ("2025-02-01", 95)):
        company.add("fx_rate", from_currency="EUR", valid_on=month, rate=rate)
    assert company.kpi("overdue_share", "2025-02", "K")["numerator"] == 120 * 95
    assert company.kpi("overdue_share", "2025-03", "K")["reason"] == "rate_absent"


@pytest.mark.parametrize(
    ("first_billed", "value", "reason"),
    [
        ("2024-01-31", Decimal("0.25"), None),
        ("2024-02-01", Decimal("0.2"), None),
        ("2024-03-01", None, "insufficient_history"),
    ],
)
def test_receivables_are_compared_with_twelve_months_of_billing(
    new_company: NewCompany, first_billed: str, value: Decimal | None, reason: str | None
) -> None:
    # 100 open; 100 and 300 billed within twelve months, another 100 on the first day tried
    company = owing(new_company, net=80, gross=100)
    company.invoice("paid", "A", "2024-12-01", 300)
    company.invoice("first", "A", first_billed, 100)
    company.payment("P", "A", "2024-12-20", 400)
    row = company.kpi("receivables_share", "2025-01", "K")
    assert (row["value"], row["reason"]) == (value, reason)
