"""Clients with cross-sales, and their share of the existing customers, over any window."""

from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.cross_sell import base, join, seller

COUNT, SHARE = "cross_sell_accounts", "cross_sell_share"


def serve(company: Company, account: str, since: str = "2022-01-10", until: str = "2026-12-31") -> None:  # fmt: skip
    """A contract, so that the account is active, and an invoice, so that it is a customer."""
    company.contract(f"C{account}", account, starts_on=since, ends_on=until, amount_per_month=5)
    base(company, account, since)


def parts(company: Company, code: str, period: str, window: str = "month") -> dict[str, tuple[Any, Any]]:  # fmt: skip
    """Numerator and denominator by account, summed over who is credited."""
    rows = company.rows("fct_kpi_evidence", kpi_code=code, period=period, window=window)
    assert {row["record_type"] for row in rows} <= {"account"}
    return {row["record_id"]: (row["numerator"], row["denominator"]) for row in rows}


def clients(new_company: NewCompany, *accounts: str) -> Company:
    """Active customers of one owner each."""
    company = seller(new_company(), *accounts)
    for account in accounts:
        serve(company, account)
    return company


def test_a_client_counts_once_in_a_window(new_company: NewCompany) -> None:
    company = clients(new_company, "A", "B")
    company.invoice("1", "A", "2025-04-10", 100, product="new")
    company.invoice("2", "A", "2025-05-10", 100, product="other")
    company.invoice("3", "A", "2025-05-20", 100, product="new")
    assert parts(company, COUNT, "2025-05") == {"A": (1, None)}
    assert parts(company, COUNT, "2025-06") == {}
    assert parts(company, COUNT, "2025-06", "quarter") == {"A": (1, None)}
    assert company.value(COUNT, "2025-06", "KA", "quarter") == 1
    assert company.value(COUNT, "2025-06", "KB", "quarter") == 0


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [("quarter", "2025-04", "2025-06"), ("rolling_3", "2025-04", "2025-06"),
     ("ytd", "2025-04", "2025-12"), ("rolling_12", "2025-04", "2026-03")],
)  # fmt: skip
def test_a_window_counts_from_its_first_to_its_last_month(
    new_company: NewCompany, window: str, first: str, last: str
) -> None:
    company = clients(new_company, "A")
    company.policy(cross_sell_credit_months=1)
    company.invoice("1", "A", f"{first}-10", 100, product="new")
    counted = {
        row["period"].strftime("%Y-%m")
        for row in company.rows("fct_kpi_evidence", kpi_code=COUNT, window=window)
    }
    assert (min(counted), max(counted)) == (first, last)


@pytest.mark.parametrize(("back", "counts"), [(99, True), (100, False), (101, False)])
def test_only_what_is_more_than_given_back_counts(
    new_company: NewCompany, back: int, counts: bool
) -> None:
    company = clients(new_company, "A")
    company.invoice("1", "A", "2025-04-10", 100, product="new")
    company.invoice("n", "A", "2025-06-10", -back, product="new", corrects_id="1")
    assert parts(company, COUNT, "2025-04") == {"A": (1, None)}
    assert parts(company, COUNT, "2025-06") == {}
    assert bool(parts(company, COUNT, "2025-06", "quarter")) is counts


def holding(new_company: NewCompany, grain: str) -> Company:
    """A, B and C are one holding; A bought 100 of `new`, B 40, C gave back 30 it was credited."""
    company = clients(new_company, "A", "B", "C")
    company.policy(grain=grain)
    join(company, "B", "A", "2022-01-01")
    join(company, "C", "A", "2022-01-01")
    company.invoice("1", "A", "2025-04-10", 100, product="new")
    company.invoice("2", "B", "2025-04-10", 40, product="new")
    company.invoice("3", "C", "2025-04-10", 30, product="new")
    company.invoice("n", "C", "2025-05-10", -60, product="new", corrects_id="3")
    return company


def test_a_holding_is_one_client_in_equal_parts_of_who_bought(new_company: NewCompany) -> None:
    company = holding(new_company, "holding")
    third = Decimal("0.3333")
    april = parts(company, COUNT, "2025-04")
    assert sorted(april.values()) == [(third, None), (third, None), (Decimal("0.3334"), None)]
    half = (Decimal("0.5"), None)
    assert parts(company, COUNT, "2025-06", "quarter") == {"A": half, "B": half}
    share = parts(company, SHARE, "2025-06", "quarter")
    assert sum(numerator for numerator, _ in share.values()) == 1
    assert all(numerator == denominator for numerator, denominator in share.values())


def test_each_account_is_a_client_where_the_policy_says_so(new_company: NewCompany) -> None:
    company = holding(new_company, "account")
    one = (1, None)
    assert parts(company, COUNT, "2025-04") == {"A": one, "B": one, "C": one}
    assert parts(company, COUNT, "2025-06", "quarter") == {"A": one, "B": one}
    share = {"A": (1, 1), "B": (1, 1), "C": (0, 1)}
    assert parts(company, SHARE, "2025-06", "quarter") == share


@pytest.mark.parametrize(
    ("since", "denominator"), [("2025-01-30", 1), ("2025-01-31", 1), ("2025-02-01", 0)]
)
def test_a_customer_of_ninety_days_on_the_first_day_is_an_existing_one(
    new_company: NewCompany, since: str, denominator: int
) -> None:
    # 31 January to 1 May is 90 days
    company = clients(new_company, "A")
    company.account("B")
    company.owner("B", "KB")
    serve(company, "B", since)
    assert sum(row[1] for row in parts(company, SHARE, "2025-05").values()) == 1 + denominator


def test_a_member_is_an_existing_customer_as_its_holding_is(new_company: NewCompany) -> None:
    company = clients(new_company, "A")
    company.account("B")
    serve(company, "B", "2025-04-20")
    join(company, "B", "A", "2022-01-01")
    half = Decimal("0.5")
    assert parts(company, SHARE, "2025-05") == {"A": (0, half), "B": (0, half)}
    company.policy(grain="account")
    assert parts(company, SHARE, "2025-05") == {"A": (0, 1)}


@pytest.mark.parametrize(
    ("until", "denominator"), [("2025-04-30", 0), ("2025-05-01", 1), ("2025-05-02", 1)]
)
def test_who_is_not_active_on_the_first_day_is_on_neither_side(
    new_company: NewCompany, until: str, denominator: int
) -> None:
    company = seller(new_company(), "A", "B")
    serve(company, "A", until=until)
    serve(company, "B")
    company.invoice("1", "A", "2025-05-10", 100, product="new")
    share = parts(company, SHARE, "2025-05")
    assert share.get("A", (0, 0)) == (denominator, denominator)
    assert parts(company, COUNT, "2025-05") == {"A": (1, None)}


def test_the_share_is_of_the_existing_customers(new_company: NewCompany) -> None:
    company = clients(new_company, "A", "B", "C")
    company.tables["account_assignment"].clear()
    for account in "ABC":
        company.owner(account, "K")
    company.invoice("1", "A", "2025-05-10", 100, product="new")
    row = company.kpi(SHARE, "2025-05", "K")
    assert (row["numerator"], row["denominator"]) == (1, 3)
    assert row["value"] == Decimal("0.333333333333")
    assert company.value(COUNT, "2025-05", "K") == 1


def test_a_client_is_what_it_was_on_the_windows_first_day(new_company: NewCompany) -> None:
    company = clients(new_company, "A", "B")
    join(company, "B", "A", "2025-05-01")
    company.invoice("1", "A", "2025-04-10", 100, product="new")
    company.invoice("2", "B", "2025-04-10", 100, product="new")
    one, half = (1, None), (Decimal("0.5"), None)
    company.invoice("3", "A", "2025-05-10", 100, product="new")
    company.invoice("4", "B", "2025-05-10", 100, product="new")
    assert parts(company, COUNT, "2025-05", "quarter") == {"A": one, "B": one}
    assert parts(company, COUNT, "2025-05") == {"A": half, "B": half}
    assert parts(company, SHARE, "2025-05", "quarter") == {"A": (1, 1), "B": (1, 1)}


def test_without_a_rate_it_is_unknown_whether_a_client_counts(new_company: NewCompany) -> None:
    company = clients(new_company, "A", "B")
    company.invoice("1", "A", "2025-05-10", 100, product="new", currency="EUR")
    assert parts(company, COUNT, "2025-05") == {"A": (None, None)}
    assert parts(company, SHARE, "2025-05") == {"A": (None, 1), "B": (0, 1)}
    for code in (COUNT, SHARE):
        row = company.kpi(code, "2025-05", "KA")
        assert (row["value"], row["reason"]) == (None, "rate_absent")
        assert company.value(code, "2025-05", "KB") == 0
    company.add("fx_rate", from_currency="EUR", valid_on="2025-05-31", rate=90)
    assert company.value(COUNT, "2025-05", "KA") == 1


@pytest.mark.parametrize(
    ("month", "reason"), [("2023-12", "insufficient_history"), ("2024-01", None)]
)
def test_history_shorter_than_the_lookback_is_no_count(
    new_company: NewCompany, month: str, reason: str | None
) -> None:
    company = clients(new_company, "A")
    assert company.kpi(COUNT, month, "KA")["reason"] == reason
    assert company.kpi(SHARE, month, "KA")["reason"] == reason
    assert company.kpi(COUNT, "2024-02", "KA", "rolling_3")["reason"] == "insufficient_history"


def test_owners_and_nobody_together_have_every_client_once(new_company: NewCompany) -> None:
    company = holding(new_company, "holding")
    company.tables["account_assignment"].clear()
    company.owner("A", "K", Decimal("0.3"))
    company.owner("A", "L", Decimal("0.7"), valid_to="2025-04-11")
    company.owner("B", "L", Decimal("0.333333"), valid_from="2025-04-20")
    for window in ("month", "quarter", "rolling_12"):
        for code in (COUNT, SHARE):
            rows = company.rows("fct_kpi_evidence", kpi_code=code, period="2025-04", window=window)
            assert sum(row["numerator"] for row in rows) == 1
            if code == SHARE:
                assert all(row["numerator"] <= row["denominator"] for row in rows)
