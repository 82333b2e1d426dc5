"""Months, quarters, rolling months and the year to date."""

from decimal import Decimal

from tests.models.conftest import NewCompany

WINDOWS = ("month", "quarter", "rolling_3", "rolling_12", "ytd")


def test_windows_end_with_the_month_and_begin_by_their_kind(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    company.invoice("first", "A", "2024-01-05", 1)
    first = {
        (str(row["period"])[:7], row["window"]): str(row["first_period"])[:7]
        for row in company.rows("dim_window")
    }
    assert [first["2025-02", window] for window in WINDOWS] == [
        "2025-02", "2025-01", "2024-12", "2024-03", "2025-01",
    ]  # fmt: skip
    assert [first["2025-12", window] for window in WINDOWS] == [
        "2025-12", "2025-10", "2025-10", "2025-01", "2025-01",
    ]  # fmt: skip


def test_additive_values_are_sums_of_their_months(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    for place in range(24):
        year, month = 2024 + place // 12, place % 12 + 1
        company.invoice(f"I{place}", "A", f"{year}-{month:02}-10", 2**place)
    found = [company.value("revenue", "2025-08", window=window) for window in WINDOWS]
    place = 19
    assert found == [
        2**place,
        2**place + 2 ** (place - 1),
        2 ** (place + 1) - 2 ** (place - 2),
        2 ** (place + 1) - 2 ** (place - 11),
        2 ** (place + 1) - 2**12,
    ]


def test_rolling_ratios_are_sums_over_sums(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    for name, ends_on, old, new in (
        ("C1", "2025-01-31", 100, 50), ("C2", "2025-02-28", 300, 300), ("C3", "2025-03-31", 7, 0),
    ):  # fmt: skip
        company.contract(name, "A", starts_on="2023-01-01", ends_on=ends_on, amount_per_month=old)
        if new:
            company.contract(
                f"{name}n", "A", starts_on="2025-04-01", ends_on="2027-12-31", amount_per_month=new,
                signed_on="2025-01-20",
            )  # fmt: skip
            company.add("contract_renewal", old_contract_id=name, new_contract_id=f"{name}n")
        else:
            company.add("contract_renewal", old_contract_id=name, new_contract_id="elsewhere")
    row = company.kpi("renewal_rate_value", "2025-03", window="quarter")
    assert (row["numerator"], row["denominator"]) == (350, 407)
    assert row["value"] == Decimal("0.859950859951")


def test_a_window_that_reaches_before_the_first_fact_has_no_value(
    new_company: NewCompany,
) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    company.invoice("first", "A", "2025-02-05", 10)
    company.invoice("April", "A", "2025-04-05", 20)
    short = {
        (month, window)
        for month in ("2025-02", "2025-03", "2025-04")
        for window in WINDOWS
        if company.kpi("revenue", month, window=window)["reason"] == "insufficient_history"
    }
    assert short == {
        ("2025-02", "quarter"), ("2025-02", "rolling_3"), ("2025-02", "rolling_12"),
        ("2025-02", "ytd"), ("2025-03", "quarter"), ("2025-03", "rolling_3"),
        ("2025-03", "rolling_12"), ("2025-03", "ytd"), ("2025-04", "rolling_12"), ("2025-04", "ytd"),
    }  # fmt: skip
    assert company.value("revenue", "2025-04", window="quarter") == 20
    assert company.value("revenue", "2025-04", window="rolling_3") == 30


def test_a_missing_rate_blocks_the_windows_that_see_its_month_alone(
    new_company: NewCompany,
) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    company.add("fx_rate", from_currency="USD", valid_on="2025-01-01", rate=90)
    company.invoice("I0", "A", "2024-01-05", 1)
    company.invoice("I1", "A", "2025-01-05", 10, currency="USD")
    company.invoice("I2", "A", "2025-02-05", 10, currency="USD")
    company.invoice("I5", "A", "2025-05-05", 5)
    found = {
        (month, window): company.kpi("revenue", month, window=window)["reason"]
        for month in ("2025-01", "2025-04", "2025-05")
        for window in WINDOWS
    }
    blocked = {place for place, reason in found.items() if reason == "rate_absent"}
    assert blocked == {
        ("2025-04", "rolling_3"), ("2025-04", "rolling_12"), ("2025-04", "ytd"),
        ("2025-05", "rolling_12"), ("2025-05", "ytd"),
    }  # fmt: skip


def test_who_has_left_keeps_the_part_of_a_window_that_is_theirs(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    company.employee("K1", left_on="2025-02-10")
    company.owner("A", "K1", valid_to="2025-02-01")
    company.owner("A", "K2", valid_from="2025-02-01")
    company.invoice("I0", "A", "2024-12-05", 1)
    company.invoice("I1", "A", "2025-01-05", 10)
    company.invoice("I3", "A", "2025-03-05", 100)
    assert company.value("revenue", "2025-03", "K1", window="quarter") == 10
    assert company.value("revenue", "2025-03", "K2", window="quarter") == 100
    codes = company.marts.rows(
        """select distinct "window" from kpi.fct_kam_kpi
        inner join core.dim_employee using (employee_key)
        where employee_id = 'K1' and period = date '2025-03-01' order by all"""
    )
    assert [row["window"] for row in codes] == ["quarter", "rolling_12", "rolling_3", "ytd"]


def test_a_window_with_a_provisional_month_is_provisional(new_company: NewCompany) -> None:
    company = new_company("2025-04-15")
    company.account("A")
    company.contract("C", "A", starts_on="2024-01-01", ends_on="2025-03-31", amount_per_month=1)
    for month, reason in (("2025-03", "pending"), ("2025-04", "pending")):
        row = company.kpi("renewal_rate_value", month, window="rolling_3")
        assert (row["value"], row["reason"]) == (0, reason)


def test_a_month_beyond_the_loads_leaves_every_window_empty(new_company: NewCompany) -> None:
    company = new_company("2025-04-15")
    company.covers["billing"] = company.covers["billing"].replace(month=3, day=31)
    company.account("A")
    company.invoice("I", "A", "2024-01-05", 10)
    company.invoice("J", "A", "2025-03-05", 10)
    assert {company.kpi("revenue", "2025-04", window=w)["reason"] for w in WINDOWS} == {"no_data"}
    assert company.value("revenue", "2025-03", window="ytd") == 10
