"""Revenue and its credit: whose it is on the day, in which currency, to the last unit."""

from decimal import Decimal

import pytest

from tests.models.conftest import NewCompany


@pytest.mark.parametrize(
    ("issued_on", "january", "february"),
    [("2025-01-30", 100, 0), ("2025-01-31", 100, 0), ("2025-02-01", 0, 100)],
)
def test_a_document_counts_in_its_month_of_issue(
    new_company: NewCompany, issued_on: str, january: int, february: int
) -> None:
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.invoice("0", "A", "2025-01-01", 7)
    company.invoice("1", "A", issued_on, 100)
    assert company.value("revenue", "2025-01", "K") == january + 7
    assert company.value("revenue", "2025-02", "K") == february


def test_drafts_and_void_documents_are_no_revenue_and_credit_notes_reduce_it(
    new_company: NewCompany,
) -> None:
    # a formula that forgets one of them gives 101, 110, 111 or 140
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.invoice("1", "A", "2025-03-01", 140)
    company.invoice("2", "A", "2025-03-02", -40)
    company.invoice("3", "A", "2025-03-03", 1, status="draft")
    company.invoice("4", "A", "2025-03-03", 10, status="void", voided_on="2025-05-01")
    assert company.value("revenue", "2025-03", "K") == 100
    lines = company.rows("fct_invoice_line")
    assert sorted(row["invoice_id"] for row in lines) == ["1", "2"]


def test_an_unknown_client_keeps_its_money_at_unmatched(new_company: NewCompany) -> None:
    company = new_company()
    company.invoice("1", "nobody", "2025-03-01", 140)
    assert [row["account_key"] for row in company.rows("fct_invoice_line")] == ["UNMATCHED"]
    assert company.value("revenue", "2025-03") == 140


@pytest.mark.parametrize(
    ("issued_on", "first", "second"),
    [("2025-06-12", 100, 0), ("2025-06-13", 0, 100), ("2025-06-14", 0, 100)],
)
def test_a_hand_over_credits_the_owner_of_the_day(
    new_company: NewCompany, issued_on: str, first: int, second: int
) -> None:
    # valid_to is exclusive: on the 13th only the second owner holds the account
    company = new_company()
    company.account("A")
    company.owner("A", "K1", valid_to="2025-06-13")
    company.owner("A", "K2", valid_from="2025-06-13")
    company.invoice("1", "A", issued_on, 100)
    assert company.value("revenue", "2025-06", "K1") == first
    assert company.value("revenue", "2025-06", "K2") == second


@pytest.mark.parametrize(
    ("shares", "credited", "unassigned"),
    [
        (("0.6", "0.4"), ("60.0000", "40.0000"), "0"),
        (("0.6", "0.3"), ("60.0000", "30.0000"), "10.0000"),
        (("0.7", "0.4"), ("70.0000", "40.0000"), "-10.0000"),
        (("0", "0"), ("0", "0"), "100.0000"),
        (("0.499999", "0.499999"), ("50.0000", "50.0000"), "0"),  # within n × 0.000001
        (("0.499999", "0.499998"), ("49.9999", "49.9998"), "0.0003"),
    ],
)
def test_shares_are_credited_as_given_and_the_rest_is_nobodys(
    new_company: NewCompany, shares: tuple[str, ...], credited: tuple[str, ...], unassigned: str
) -> None:
    company = new_company()
    company.account("A")
    company.owner("A", "K1", Decimal(shares[0]))
    company.owner("A", "K2", Decimal(shares[1]))
    company.invoice("1", "A", "2025-06-10", 100)
    assert company.value("revenue", "2025-06", "K1") == Decimal(credited[0])
    assert company.value("revenue", "2025-06", "K2") == Decimal(credited[1])
    assert company.value("revenue", "2025-06") == Decimal(unassigned)


def test_what_nobody_owns_and_whom_nobody_knows_is_unassigned(new_company: NewCompany) -> None:
    company = new_company()
    for account in ("owned", "left", "unknown"):
        company.account(account)
        company.invoice(account, account, "2025-06-10", 100)
    company.owner("owned", "K")
    company.owner("left", "K", valid_to="2025-06-01")
    company.add("account_assignment", account_id="unknown", employee_id="ghost")
    assert company.value("revenue", "2025-06", "K") == 100
    assert company.value("revenue", "2025-06") == 200


def test_an_overlay_is_credited_beside_the_owners(new_company: NewCompany) -> None:
    # an overlay inside the sum would make 150 of an invoice of 100
    company = new_company()
    company.account("A")
    company.owner("A", "K1")
    company.employee("K2")
    company.add(
        "account_assignment", account_id="A", employee_id="K2", role="overlay", share=Decimal("0.5")
    )
    company.invoice("1", "A", "2025-06-10", 100)
    assert company.value("revenue", "2025-06", "K1") == 100
    assert company.value("revenue", "2025-06", "K2") == 0
    evidence = company.rows("fct_kpi_evidence", kpi_code="revenue", credit_role="overlay")
    assert [(row["numerator"], row["share"]) for row in evidence] == [(50, Decimal("0.5"))]


def test_thirds_of_a_document_sum_to_it_and_ties_go_by_employee_id(new_company: NewCompany) -> None:
    company = new_company()
    company.account("A")
    for employee in ("K3", "K1", "K2"):
        company.owner("A", employee, Decimal("0.333333"))
    company.invoice("1", "A", "2025-06-10", 100)
    parts = [company.value("revenue", "2025-06", f"K{n}") for n in (1, 2, 3)]
    assert parts == [Decimal("33.3334"), Decimal("33.3333"), Decimal("33.3333")]
    assert company.value("revenue", "2025-06") == 0


def test_the_owner_of_a_merged_account_counts_while_the_survivor_has_none(
    new_company: NewCompany,
) -> None:
    company = new_company()
    company.account("old", merged_into_id="new")
    company.account("new")
    company.owner("old", "K1")
    company.owner("new", "K2", valid_from="2025-06-01")
    company.invoice("1", "old", "2025-05-31", 100)
    company.invoice("2", "old", "2025-06-01", 30)
    assert company.value("revenue", "2025-05", "K1") == 100
    assert company.value("revenue", "2025-06", "K1") == 0
    assert company.value("revenue", "2025-06", "K2") == 30


def euro(new_company: NewCompany, *rates: tuple[str, str, int]) -> list[tuple[object, object]]:
    """Value and reason of February and of March of a client billed 10 euros in each."""
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.invoice("1", "A", "2025-02-10", 10, currency="EUR")
    company.invoice("2", "A", "2025-03-10", 10, currency="EUR")
    for kind, day, rate in rates:
        company.add("fx_rate", from_currency="EUR", kind=kind, valid_on=day, rate=rate)
    rows = [company.kpi("revenue", month, "K") for month in ("2025-02", "2025-03")]
    return [(row["value"], row["reason"]) for row in rows]


def test_the_plan_rate_is_the_latest_of_the_month(new_company: NewCompany) -> None:
    # the last known rate of all, or the first of the month, would give 900 or 800 for March
    rates = [("plan", "2025-02-01", 90), ("plan", "2025-03-01", 80), ("plan", "2025-03-31", 85)]
    assert euro(new_company, *rates) == [(900, None), (850, None)]


def test_a_missing_plan_rate_is_named_and_nothing_is_guessed(new_company: NewCompany) -> None:
    # neither February's rate nor the market's serves March
    rates = [("plan", "2025-02-28", 90), ("market", "2025-03-01", 80)]
    assert euro(new_company, *rates) == [(900, None), (None, "rate_absent")]
    company = new_company()
    company.invoice("1", "A", "2025-03-10", 10, currency="EUR")
    missing = [
        row for row in company.rows("fct_plan_rate", period="2025-03") if row["rate"] is None
    ]
    assert [(row["currency"], row["company_currency"]) for row in missing] == [("EUR", "RUB")]


def test_a_rate_is_never_inverted(new_company: NewCompany) -> None:
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.invoice("1", "A", "2025-03-10", 10, currency="EUR")
    company.add(
        "fx_rate",
        from_currency="RUB",
        to_currency="EUR",
        valid_on="2025-03-01",
        rate=Decimal("0.01"),
    )
    assert company.kpi("revenue", "2025-03", "K")["reason"] == "rate_absent"


def test_a_part_in_a_foreign_currency_is_exact(new_company: NewCompany) -> None:
    # the split is in euros to 4 decimals, the rate comes after it: nothing is rounded twice
    company = new_company()
    company.account("A")
    for employee in ("K1", "K2", "K3"):
        company.owner("A", employee, Decimal("0.333333"))
    company.invoice("1", "A", "2025-03-10", Decimal("0.01"), currency="EUR")
    company.add("fx_rate", from_currency="EUR", valid_on="2025-03-01", rate=Decimal("97.123456"))
    parts = [company.value("revenue", "2025-03", f"K{n}") for n in (1, 2, 3)]
    assert parts == [
        Decimal("0.0034") * Decimal("97.123456"),
        Decimal("0.0033") * Decimal("97.123456"),
        Decimal("0.0033") * Decimal("97.123456"),
    ]
