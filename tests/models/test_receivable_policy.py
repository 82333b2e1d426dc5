"""What the policy of a month says of credits and disputes, and the billing of a month under way."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany

EVIDENCE = """
    select record_type, record_id, numerator, denominator from kpi.fct_kpi_evidence
    where kpi_code = '{code}' and period = '{period}' and credit_role = 'owner'
    order by record_type, record_id
"""
Parts = list[tuple[str, str, Any, Any]]


def owing(new_company: NewCompany) -> Company:
    """A owes 100 overdue and 200 not yet due; 30 of a payment, 50 of a credit note are unapplied."""
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.invoice("old", "A", "2025-01-02", 100, due_on="2025-01-10")
    company.invoice("new", "A", "2025-01-20", 200, due_on="2025-02-20")
    company.payment("P", "A", "2025-01-25", 30)
    company.invoice("N", "A", "2025-01-26", -50)
    return company


def evidence(company: Company, code: str = "overdue_share", period: str = "2025-01-01") -> Parts:
    company.build("fct_kpi_evidence")
    return [
        tuple(row.values()) for row in company.marts.rows(EVIDENCE.format(code=code, period=period))
    ]


def parts(company: Company, code: str, month: str = "2025-01") -> tuple[Any, Any]:
    row = company.kpi(code, month, "K")
    return row["numerator"], row["denominator"]


# by items first: 100 and 200; less credits of 80; billed 250
@pytest.mark.parametrize(
    ("credits", "overdue", "expected"),
    [
        ("oldest_first", (20, 220), [("invoice", "new", 0, 200), ("invoice", "old", 20, 20)]),
        ("ignore", (100, 300), [("invoice", "new", 0, 200), ("invoice", "old", 100, 100)]),
        (
            "own_bucket",
            (100, 220),
            [
                ("credit_note", "N", 0, -50), ("invoice", "new", 0, 200),
                ("invoice", "old", 100, 100), ("payment", "P", 0, -30),
            ],
        ),
    ],
)  # fmt: skip
def test_credits_settle_the_oldest_or_nothing_or_stand_for_themselves(
    new_company: NewCompany, credits: str, overdue: tuple[int, int], expected: Parts
) -> None:
    company = owing(new_company)
    company.policy(receivables_credits=credits)
    assert evidence(company) == evidence(company, "overdue_share_gate") == expected
    assert parts(company, "overdue_share") == overdue
    applied = {r["invoice_id"]: r["credit_applied"] for r in company.rows("fct_open_item_month", period="2025-01")}  # fmt: skip
    assert applied == {"old": 80 if credits == "oldest_first" else 0, "new": 0}


@pytest.mark.parametrize(
    ("credits", "open_amount"), [("oldest_first", 220), ("ignore", 300), ("own_bucket", 220)]
)
def test_the_share_of_receivables_knows_the_same_open_amount(
    new_company: NewCompany, credits: str, open_amount: int
) -> None:
    company = owing(new_company)
    company.policy(receivables_credits=credits)
    # a year of billing before it, paid
    company.invoice("first", "A", "2024-01-01", 40, due_on="2024-01-01")
    company.invoice("kept", "A", "2024-06-01", 60, due_on="2024-06-01")
    for name, amount in (("first", 40), ("kept", 60)):
        company.payment(f"P-{name}", "A", "2024-07-01", amount)
        company.allocation("2024-07-01", amount, invoice_id=name, payment_id=f"P-{name}")
    assert parts(company, "receivables_share") == (open_amount, 60 + 100 + 200 - 50)


@pytest.mark.parametrize(
    ("credits", "expected"),
    [
        ("ignore", [("invoice", "I", 0, 100)]),
        (
            "own_bucket",
            [("invoice", "I", 0, 100), ("payment", "P", 0, -50), ("payment", "R", 0, 20)],
        ),
    ],
)
def test_a_refund_not_yet_applied_takes_from_the_credit(
    new_company: NewCompany, credits: str, expected: Parts
) -> None:
    company = new_company()
    company.account("A")
    company.policy(receivables_credits=credits)
    company.invoice("I", "A", "2025-01-10", 100, due_on="2025-03-01")
    company.payment("P", "A", "2025-01-11", 50)
    company.payment("R", "A", "2025-01-12", -20)
    assert evidence(company) == expected


@pytest.mark.parametrize(
    ("credits", "expected"),
    [
        ("oldest_first", [("invoice", "J", 0, 70)]),
        ("ignore", [("invoice", "J", 0, 100)]),
        ("own_bucket", [("invoice", "I", 0, -30), ("invoice", "J", 0, 100)]),
    ],
)
def test_too_much_applied_to_an_invoice_is_a_credit_in_every_mode(
    new_company: NewCompany, credits: str, expected: Parts
) -> None:
    company = new_company()
    company.account("A")
    company.policy(receivables_credits=credits)
    company.invoice("I", "A", "2025-01-10", 100, due_on="2025-01-20")
    company.invoice("J", "A", "2025-01-11", 100, due_on="2025-03-01")
    company.payment("P", "A", "2025-01-12", 130)
    company.allocation("2025-01-12", 130, invoice_id="I", payment_id="P")
    assert evidence(company) == expected


def test_credits_of_another_client_or_currency_stand_in_their_own_bucket(
    new_company: NewCompany,
) -> None:
    company = owing(new_company)
    company.policy(receivables_credits="own_bucket")
    company.account("B")
    company.owner("B", "L")
    company.payment("Q", "B", "2025-01-20", 70)
    company.payment("E", "A", "2025-01-20", 5, currency="EUR")
    company.add("fx_rate", from_currency="EUR", valid_on="2025-01-01", rate=100)
    row = company.kpi("overdue_share", "2025-01", "L")
    assert (row["numerator"], row["denominator"]) == (0, -70)
    assert parts(company, "overdue_share") == (100, 220 - 500)


@pytest.mark.parametrize("before", ["oldest_first", "ignore", "own_bucket"])
@pytest.mark.parametrize("after", ["oldest_first", "ignore", "own_bucket"])
def test_the_policy_of_the_month_decides_what_credits_do(
    new_company: NewCompany, before: str, after: str
) -> None:
    outcome = {"oldest_first": (220, 220), "ignore": (300, 300), "own_bucket": (300, 220)}
    company = owing(new_company)
    company.policy(receivables_credits=before)
    company.policy_from("2025-03", "v2", receivables_credits=after)
    # by the end of February everything is overdue
    assert parts(company, "overdue_share", "2025-02") == outcome[before]
    assert parts(company, "overdue_share", "2025-03") == outcome[after]


# ------------------------------------------------------------------------------------- disputes


def disputed(new_company: NewCompany, amount: Any = 40, **days: Any) -> Company:
    """100 overdue, part of it disputed, and 200 not yet due."""
    company = owing(new_company)
    company.tables["invoice"].pop()
    company.tables["payment"][0]["received_on"] = date(2026, 1, 1)
    days = {"opened_on": "2025-01-15"} | days
    company.add("dispute", dispute_id="D", invoice_id="old", amount=amount, **days)
    return company


def disputed_amounts(company: Company, period: str = "2025-01") -> dict[str, Any]:
    rows = company.rows("fct_open_item_month", period=period)
    return {row["invoice_id"]: row["disputed_amount"] for row in rows if row["disputed_amount"]}


@pytest.mark.parametrize(
    ("disputes", "expected"), [("include", (100, 300)), ("exclude", (60, 260))]
)
def test_a_dispute_is_taken_out_of_both_sides_only_where_the_policy_says_so(
    new_company: NewCompany, disputes: str, expected: tuple[int, int]
) -> None:
    company = disputed(new_company)
    company.policy(receivables_disputes=disputes)
    assert parts(company, "overdue_share") == expected
    assert parts(company, "overdue_share_gate") == expected
    # seen and gross in the open items either way
    assert disputed_amounts(company) == {"old": 40}
    rows = company.rows("fct_open_item_month", period="2025-01", invoice_id="old")
    assert [(row["open_amount"], row["overdue_amount"]) for row in rows] == [(100, 100)]


@pytest.mark.parametrize(
    ("days", "amounts"),
    [
        ({"opened_on": "2025-01-30"}, {"old": 40}),
        ({"opened_on": "2025-01-31"}, {"old": 40}),
        ({"opened_on": "2025-02-01"}, {}),
        ({"closed_on": "2025-01-30"}, {}),
        ({"closed_on": "2025-01-31"}, {}),
        ({"closed_on": "2025-02-01"}, {"old": 40}),
    ],
)
def test_a_dispute_counts_from_the_day_it_is_opened_to_the_day_before_it_is_closed(
    new_company: NewCompany, days: dict[str, str], amounts: dict[str, int]
) -> None:
    # one that is opened after the month end does not help the month
    company = disputed(new_company, **days)
    company.policy(receivables_disputes="exclude")
    assert disputed_amounts(company) == amounts
    assert parts(company, "overdue_share")[0] == 100 - amounts.get("old", 0)


@pytest.mark.parametrize(
    ("amounts", "taken"), [([99], 99), ([100], 100), ([101], 100), ([60, 39], 99), ([60, 60], 100)]
)
def test_no_more_is_disputed_than_is_open(
    new_company: NewCompany, amounts: list[int], taken: int
) -> None:
    company = disputed(new_company, amount=amounts[0])
    for number, amount in enumerate(amounts[1:]):
        company.add("dispute", dispute_id=f"D{number}", invoice_id="old", amount=amount, opened_on="2025-01-20")  # fmt: skip
    company.policy(receivables_disputes="exclude")
    assert disputed_amounts(company) == {"old": taken}
    left = [] if taken == 100 else [("invoice", "old", 100 - taken, 100 - taken)]
    assert evidence(company) == [("invoice", "new", 0, 200), *left]


def test_what_a_credit_settled_is_disputed_no_more(new_company: NewCompany) -> None:
    # 100 less 80 of credits leaves 20 to dispute; disputed first, 40 and then 60 would be open
    company = owing(new_company)
    company.add("dispute", dispute_id="D", invoice_id="old", amount=40, opened_on="2025-01-15")
    company.policy(receivables_disputes="exclude")
    assert disputed_amounts(company) == {"old": 20}
    assert parts(company, "overdue_share") == (0, 200)
    company.policy(receivables_credits="ignore")
    assert disputed_amounts(company) == {"old": 40}
    assert parts(company, "overdue_share") == (60, 260)


@pytest.mark.parametrize(
    ("amount", "by_instalment", "overdue"),
    [(29, [29, 0, 0], 51), (30, [30, 0, 0], 50), (31, [30, 1, 0], 49), (90, [30, 50, 10], 0)],
)
def test_the_oldest_instalment_is_disputed_first(
    new_company: NewCompany, amount: int, by_instalment: list[int], overdue: int
) -> None:
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.invoice("I", "A", "2025-01-02", 100)
    for due_on, part in (("2025-01-20", 50), ("2025-02-20", 20), ("2025-01-10", 30)):
        company.add("invoice_due", invoice_id="I", due_on=due_on, amount=part)
    company.payment("none", "B", "2025-01-01", 1)
    company.add("dispute", dispute_id="D", invoice_id="I", amount=amount, opened_on="2025-01-15")
    company.policy(receivables_disputes="exclude")
    rows = company.rows("fct_open_item_month", order="instalment", period="2025-01")
    assert [row["disputed_amount"] for row in rows] == by_instalment
    assert parts(company, "overdue_share") == (overdue, 100 - amount)


def test_disputes_that_cover_everything_leave_no_share(new_company: NewCompany) -> None:
    company = disputed(new_company, amount=100)
    company.add("dispute", dispute_id="E", invoice_id="new", amount=200, opened_on="2025-01-31")
    company.policy(receivables_disputes="exclude")
    row = company.kpi("overdue_share", "2025-01", "K")
    assert (row["value"], row["reason"]) == (None, "zero_denominator")


@pytest.mark.parametrize(
    ("credit", "expected"),
    [
        (99, (100, 1, Decimal(100), None)),
        (100, (100, 0, None, "zero_denominator")),
        (101, (100, -1, None, "zero_denominator")),
    ],
)
def test_a_share_of_more_credit_than_debt_passes_no_gate(
    new_company: NewCompany, credit: int, expected: tuple[Any, ...]
) -> None:
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.policy(receivables_credits="own_bucket")
    company.invoice("I", "A", "2024-12-01", 100, due_on="2024-12-31")
    company.payment("P", "A", "2025-01-11", credit)
    for code in ("overdue_share", "overdue_share_gate"):
        row = company.kpi(code, "2025-01", "K")
        found = (row["numerator"], row["denominator"], row["value"], row["reason"])
        assert found == expected, code


@pytest.mark.parametrize(("disputes", "open_amount"), [("include", 300), ("exclude", 260)])
def test_what_is_disputed_is_no_open_receivable_either(
    new_company: NewCompany, disputes: str, open_amount: int
) -> None:
    company = disputed(new_company)
    company.policy(receivables_disputes=disputes)
    company.invoice("first", "A", "2024-01-01", 40, status="void", voided_on="2024-05-05")
    company.invoice("kept", "A", "2024-02-01", 60, due_on="2024-06-01")
    company.payment("Q", "A", "2024-07-01", 60)
    company.allocation("2024-07-01", 60, invoice_id="kept", payment_id="Q")
    # the billing that the dispute is about stays billed
    assert evidence(company, "receivables_share") == [("account", "A", open_amount, 360)]


def test_the_policy_of_the_month_decides_what_disputes_do(new_company: NewCompany) -> None:
    company = disputed(new_company)
    company.policy_from("2025-03", "v2", receivables_disputes="exclude")
    company.policy_from("2025-04", "v3", receivables_disputes="include")
    found = [parts(company, "overdue_share", f"2025-0{n}")[0] for n in (1, 2, 3, 4)]
    assert found == [100, 300, 260, 300]


# ------------------------------------------------------------------------- the month under way


@pytest.mark.parametrize(
    ("issued_on", "billed"), [("2025-01-19", 350), ("2025-01-20", 350), ("2025-01-21", 300)]
)
def test_a_month_under_way_is_billed_to_the_day_its_receivables_are_measured(
    new_company: NewCompany, issued_on: str, billed: int
) -> None:
    # both sides of the share end on 20 January, though billing is delivered to the 31st
    company = new_company("2025-01-31")
    company.account("A")
    company.owner("A", "K")
    company.covers["receivables"] = date(2025, 1, 20)
    company.invoice("first", "A", "2024-01-01", 1000)
    company.invoice("kept", "A", "2024-02-01", 300)
    company.payment("P", "A", "2024-07-01", 1300)
    company.invoice("I", "A", issued_on, 50)
    row = company.kpi("receivables_share", "2025-01", "K")
    assert (row["numerator"], row["denominator"]) == (billed - 300, billed)
    company.covers["receivables"] = date(2025, 1, 31)
    assert company.kpi("receivables_share", "2025-01", "K")["denominator"] == 350


def test_a_whole_month_is_billed_to_its_end(new_company: NewCompany) -> None:
    company = new_company("2025-02-10")
    company.account("A")
    company.owner("A", "K")
    for number, day in enumerate(("2024-01-31", "2024-02-01", "2025-01-31", "2025-02-10")):
        company.invoice(f"I{number}", "A", day, 10**number)
    company.payment("P", "A", "2024-07-01", 1)
    assert parts(company, "receivables_share", "2025-01") == (110, 110)
    assert parts(company, "receivables_share", "2025-02") == (1110, 1100)
    assert company.value("receivables_share", "2025-01", "K") == Decimal(1)
