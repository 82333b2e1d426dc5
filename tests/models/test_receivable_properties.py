"""What holds for any invoices, payments and allocations, and for any versions of a contract."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.marts import Row

FIRST = date(2025, 1, 1)
DAYS = st.integers(0, 150).map(lambda n: str(FIRST + timedelta(days=n)))
AMOUNTS = st.integers(1, 300).map(lambda n: Decimal(n) / 4)
MAYBE = st.none() | DAYS

INVOICES = st.lists(
    st.fixed_dictionaries(
        {"account": st.sampled_from("AB"), "issued_on": DAYS, "due_on": MAYBE, "net": AMOUNTS,
         "is_note": st.booleans(), "voided_on": st.none() | st.none() | DAYS}
    ), min_size=1, max_size=6,
)  # fmt: skip
PAYMENTS = st.lists(
    st.fixed_dictionaries(
        {"account": st.sampled_from("AB"), "received_on": DAYS, "amount": AMOUNTS,
         "reversed_on": st.none() | st.none() | DAYS}
    ), max_size=4,
)  # fmt: skip
ALLOCATIONS = st.lists(
    st.fixed_dictionaries(
        {"invoice": st.integers(0, 5), "by": st.integers(0, 9), "applied_on": DAYS,
         "amount": AMOUNTS, "undone_on": st.none() | DAYS}
    ), max_size=6,
)  # fmt: skip
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def ledger(
    new_company: NewCompany, invoices: list[Row], payments: list[Row], allocations: list[Row]
) -> Company:
    """A company with these documents; what an allocation cannot name is left out."""
    company = new_company("2025-06-30")
    company.account("A")
    company.account("B")
    for number, row in enumerate(invoices):
        net = -row["net"] if row["is_note"] else row["net"]
        status = "void" if row["voided_on"] else "issued"
        company.invoice(
            f"I{number}", row["account"], row["issued_on"], net, due_on=row["due_on"],
            voided_on=row["voided_on"], status=status,
        )  # fmt: skip
    for number, row in enumerate(payments):
        company.payment(
            f"P{number}", row["account"], row["received_on"], row["amount"],
            reversed_on=row["reversed_on"],
        )  # fmt: skip
    items = [n for n, row in enumerate(invoices) if not row["is_note"]]
    sources: list[Row] = [{"payment_id": f"P{n}"} for n in range(len(payments))]
    sources += [{"credit_note_id": f"I{n}"} for n, row in enumerate(invoices) if row["is_note"]]
    for row in allocations:
        if items and sources:
            company.allocation(
                row["applied_on"], row["amount"], undone_on=row["undone_on"],
                invoice_id=f"I{items[row['invoice'] % len(items)]}",
                **sources[row["by"] % len(sources)],
            )  # fmt: skip
    return company


def money(company: Company) -> dict[date, Decimal]:
    """What clients owe less what is theirs, by month end: items less credits."""
    totals: dict[date, Decimal] = {}
    for row in company.rows("fct_open_item_month"):
        totals[row["period"]] = totals.get(row["period"], Decimal(0)) + row["item_amount"]
    for row in company.rows("fct_open_credit_month"):
        totals[row["period"]] = totals.get(row["period"], Decimal(0)) - row["credit_amount"]
    return {period: total for period, total in totals.items() if total}


def expected_money(invoices: list[Row], payments: list[Row]) -> dict[date, Decimal]:
    """The same from the documents alone: allocations only say what belongs together."""
    totals = {}
    for month in range(1, 7):
        end = str(date(2025, month + 1, 1) - timedelta(days=1))
        total = Decimal(0)
        for row in invoices:
            if row["issued_on"] <= end and not (row["voided_on"] and row["voided_on"] <= end):
                total += -row["net"] if row["is_note"] else row["net"]
        for row in payments:
            if row["received_on"] <= end and not (row["reversed_on"] and row["reversed_on"] <= end):
                total -= row["amount"]
        totals[date(2025, month, 1)] = total
    return {period: total for period, total in totals.items() if total}


@FEW
@given(INVOICES, PAYMENTS, ALLOCATIONS)
def test_no_money_is_lost_or_made_and_nothing_open_is_negative(
    new_company: NewCompany, invoices: Any, payments: Any, allocations: Any
) -> None:
    company = ledger(new_company, invoices, payments, allocations)
    if payments:
        assert money(company) == expected_money(invoices, payments)
    for row in company.rows("fct_open_item_month"):
        assert 0 <= row["open_amount"] <= row["item_amount"]
        assert row["overdue_amount"] in (0, row["open_amount"])


@FEW
@given(INVOICES, PAYMENTS, ALLOCATIONS, st.integers(1, 5), AMOUNTS)
def test_a_later_payment_changes_no_past_month_end(
    new_company: NewCompany, invoices: Any, payments: Any, allocations: Any, month: int, amount: Any
) -> None:
    def until(company: Company) -> list[Row]:
        rows = company.rows("fct_open_item_month", order="period, invoice_id, instalment")
        return [row for row in rows if row["period"] < date(2025, month + 1, 1)]

    first = {"account": "A", "received_on": "2025-01-01", "amount": Decimal(1), "reversed_on": None}
    payments = [first, *payments]
    before = until(ledger(new_company, invoices, payments, allocations))
    company = ledger(new_company, invoices, payments, allocations)
    received_on = str(date(2025, month + 1, 1))
    company.payment("late", "A", received_on, amount)
    company.allocation(received_on, amount, payment_id="late", invoice_id="I0")
    assert until(company) == before


@FEW
@given(INVOICES, PAYMENTS, ALLOCATIONS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(
    new_company: NewCompany, invoices: Any, payments: Any, allocations: Any, random: Any
) -> None:
    def facts(company: Company) -> list[list[Row]]:
        names = ("fct_open_item_month", "fct_open_credit_month", "fct_account_month")
        return [company.rows(name) for name in names]

    before = facts(ledger(new_company, invoices, payments, allocations))
    company = ledger(new_company, invoices, payments, allocations)
    for rows in company.tables.values():
        random.shuffle(rows)
    assert facts(company) == before


VERSIONS = st.lists(
    st.tuples(st.integers(0, 700), st.none() | st.integers(30, 900), st.booleans()),
    min_size=1, max_size=5,
)  # fmt: skip


@FEW
@given(VERSIONS, st.none() | st.integers(0, 800), st.none() | st.integers(0, 800))
def test_terms_of_any_versions_follow_each_other_to_the_last_day_of_service(
    new_company: NewCompany, versions: Any, notice: int | None, ended: int | None
) -> None:
    start = date(2024, 1, 15)
    company = new_company()
    company.account("A")
    rows = [
        {
            "version_on": start + timedelta(days=recorded),
            "ends_on": None if end is None else start + timedelta(days=end),
            "auto_renew": auto,
            "renewal_term_months": 6,
        }
        for recorded, end, auto in sorted(versions, key=lambda version: version[0])
    ]
    if notice is not None:
        rows[-1] |= {"notice_given_on": start + timedelta(days=notice), "notice_days": 30}
    if ended is not None:
        rows[-1] |= {"terminated_on": start + timedelta(days=ended), "status": "terminated"}
    company.contract("C", "A", *rows[1:], starts_on=str(start), amount_per_month=10, **rows[0])
    terms = company.rows("fct_contract_term", order="term_no")
    assert terms
    assert terms[0]["starts_on"] == start
    for earlier, later in pairwise(terms):
        assert later["starts_on"] == earlier["ends_on"] + timedelta(days=1)
        assert earlier["renewed_amount"] in (0, 10)
    assert [term["is_last_term"] for term in terms] == [False] * (len(terms) - 1) + [True]
    if ended is not None:
        assert terms[-1]["ends_on"] <= start + timedelta(days=ended)
