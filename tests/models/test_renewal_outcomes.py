"""Renewals: due, renewed, late, lost, won back, and whose they are."""

from decimal import Decimal

import pytest

from tests.models.company import Company, Row, day
from tests.models.conftest import NewCompany

MONTH = "2025-01"


def expiring(new_company: NewCompany, as_of: str = "2026-12-31", **first: object) -> Company:
    """A client of K with a contract of 100 a month that ends on 31 January 2025."""
    company = new_company(as_of)
    company.account("A")
    company.owner("A", "K")
    company.product("P", "F")
    values: Row = {
        "starts_on": "2024-02-01", "ends_on": "2025-01-31", "amount_per_month": 100,
        "product_id": "P",
    } | first  # fmt: skip
    company.contract("old", "A", **values)
    return company


def renew(company: Company, signed_on: str, link: bool = True, **new: object) -> Company:
    """A new contract for the old one."""
    values: Row = {
        "signed_on": signed_on, "starts_on": "2025-02-01", "ends_on": "2026-01-31",
        "amount_per_month": 100, "product_id": "P",
    } | new  # fmt: skip
    company.contract("new", "A", **values)
    if link:
        company.add("contract_renewal", old_contract_id="old", new_contract_id="new")
    return company


def outcome(company: Company) -> str:
    """Outcome of the old contract's term."""
    (term,) = company.rows("fct_contract_term", contract_id="old")
    found: str = term["outcome"]
    return found


def rates(company: Company, month: str = MONTH) -> tuple[object, ...]:
    """Value, count and on-time rate of K."""
    codes = ("renewal_rate_value", "renewal_rate_count", "renewal_on_time_share")
    return tuple(company.value(code, month, "K") for code in codes)


@pytest.mark.parametrize(
    ("signed_on", "expected", "found"),
    [
        ("2024-12-31", "early", (1, 1, 1)),
        ("2025-01-01", "on_time", (1, 1, 1)),
        ("2025-01-31", "on_time", (1, 1, 1)),
        ("2025-02-01", "late_renewed", (1, 1, 0)),
        ("2025-03-01", "late_renewed", (1, 1, 0)),
        ("2025-03-02", "late_renewed", (1, 1, 0)),
        ("2025-03-03", "churned", (0, 0, 0)),
    ],
)
def test_a_renewal_counts_in_its_due_month_until_grace_is_over(
    new_company: NewCompany, signed_on: str, expected: str, found: tuple[int, ...]
) -> None:
    # 31 January + 30 days is 2 March
    company = renew(expiring(new_company), signed_on)
    assert outcome(company) == expected
    assert rates(company) == found


@pytest.mark.parametrize(
    ("signed_on", "expected"), [("2025-01-31", "on_time"), ("2025-02-01", "churned")]
)
def test_without_grace_the_last_day_decides(
    new_company: NewCompany, signed_on: str, expected: str
) -> None:
    company = expiring(new_company)
    company.policy(renewal_grace_days=0)
    assert outcome(renew(company, signed_on)) == expected


@pytest.mark.parametrize(
    ("as_of", "expected", "reason"),
    [
        ("2025-01-15", "pending", "pending"),
        ("2025-03-01", "pending", "pending"),
        ("2025-03-02", "pending", "pending"),
        ("2025-03-03", "churned", None),
    ],
)
def test_until_grace_is_over_a_term_is_pending_and_its_value_provisional(
    new_company: NewCompany, as_of: str, expected: str, reason: str | None
) -> None:
    company = expiring(new_company, as_of=as_of)
    assert outcome(company) == expected
    row = company.kpi("renewal_rate_value", MONTH, "K")
    assert (row["value"], row["denominator"], row["reason"]) == (0, 100, reason)
    assert company.kpi("renewals_count", MONTH, "K")["reason"] == reason


def test_a_renewed_term_is_final_before_its_grace_is_over(new_company: NewCompany) -> None:
    company = renew(expiring(new_company, as_of="2025-02-10"), "2025-01-20")
    assert company.kpi("renewal_rate_value", MONTH, "K")["reason"] is None


@pytest.mark.parametrize(("new_amount", "renewed"), [(60, 60), (100, 100), (140, 100)])
def test_a_term_is_renewed_for_no_more_than_it_was_worth(
    new_company: NewCompany, new_amount: int, renewed: int
) -> None:
    company = renew(expiring(new_company), "2025-01-20", amount_per_month=new_amount)
    row = company.kpi("renewal_rate_value", MONTH, "K")
    assert (row["numerator"], row["denominator"]) == (renewed, 100)


@pytest.mark.parametrize(("new_end", "renewals"), [("2025-04-29", 0), ("2025-04-30", 1), ("2025-05-01", 1)])  # fmt: skip
def test_a_renewal_shorter_than_three_months_is_not_counted(
    new_company: NewCompany, new_end: str, renewals: int
) -> None:
    company = renew(expiring(new_company), "2025-01-20", ends_on=new_end)
    assert company.value("renewals_count", MONTH, "K") == renewals


@pytest.mark.parametrize(
    ("starts_on", "expected"),
    [
        ("2025-01-31", "churned"),  # begins before the old one has ended
        ("2025-02-01", "on_time"),
        ("2025-03-01", "on_time"),
        ("2025-03-02", "on_time"),
        ("2025-03-03", "churned"),
    ],
)
def test_without_a_link_the_next_contract_of_the_family_renews_if_it_starts_within_grace(
    new_company: NewCompany, starts_on: str, expected: str
) -> None:
    company = renew(expiring(new_company), "2025-01-20", link=False, starts_on=starts_on)
    assert outcome(company) == expected


def test_without_a_link_a_seamless_contract_renews_even_without_grace(
    new_company: NewCompany,
) -> None:
    company = expiring(new_company)
    company.policy(renewal_grace_days=0)
    assert outcome(renew(company, "2025-01-20", link=False)) == "on_time"


@pytest.mark.parametrize(
    ("product", "expected"),
    [("P", "on_time"), ("P2", "on_time"), ("Q", "churned"), (None, "on_time")],
)
def test_without_a_link_family_or_frame_must_match(
    new_company: NewCompany, product: str | None, expected: str
) -> None:
    company = expiring(new_company)
    company.product("P2", "F")
    company.product("Q", "other")
    assert outcome(renew(company, "2025-01-20", link=False, product_id=product)) == expected


def test_another_clients_contract_renews_nothing(new_company: NewCompany) -> None:
    company = expiring(new_company)
    company.account("B")
    company.contract("new", "B", starts_on="2025-02-01", ends_on="2026-01-31", product_id="P")
    assert outcome(company) == "churned"


def test_a_link_renews_whatever_the_family_and_the_client(new_company: NewCompany) -> None:
    company = expiring(new_company)
    company.product("Q", "other")
    assert (
        outcome(renew(company, "2025-01-20", product_id="Q", starts_on="2025-06-01")) == "on_time"
    )


@pytest.mark.parametrize(
    ("prolonged_on", "expected"),
    [("2025-01-31", "on_time"), ("2025-03-02", "late_renewed"), ("2025-03-03", "churned")],
)
def test_a_prolongation_is_signed_on_the_day_of_its_version(
    new_company: NewCompany, prolonged_on: str, expected: str
) -> None:
    company = new_company()
    company.account("A")
    edited = {"version_on": day(prolonged_on), "ends_on": day("2026-01-31")}
    company.contract(
        "old", "A", edited, starts_on="2024-02-01", ends_on="2025-01-31", amount_per_month=100
    )
    first = company.rows("fct_contract_term", order="starts_on")[0]
    assert first["outcome"] == expected


def test_one_new_contract_for_two_old_ones_is_split_by_their_amounts(
    new_company: NewCompany,
) -> None:
    # each alone would be renewed in full: 150 of 150; the new contract is worth only 120
    company = renew(expiring(new_company), "2025-01-20", amount_per_month=120)
    company.contract("old2", "A", starts_on="2024-02-01", ends_on="2025-01-31", amount_per_month=50)
    company.add("contract_renewal", old_contract_id="old2", new_contract_id="new")
    terms = company.rows("fct_contract_term", order="contract_id", due_period=MONTH)
    assert [row["renewed_amount"] for row in terms] == [80, 40]


def test_two_new_contracts_for_one_old_one_renew_it_together(new_company: NewCompany) -> None:
    company = renew(expiring(new_company), "2025-01-20", amount_per_month=30)
    company.contract(
        "new2", "A", signed_on="2025-02-10", starts_on="2025-02-15", amount_per_month=45
    )
    company.add("contract_renewal", old_contract_id="old", new_contract_id="new2")
    row = company.kpi("renewal_rate_value", MONTH, "K")
    assert row["numerator"] == 75
    assert outcome(company) == "on_time"


def test_what_is_signed_after_grace_wins_back_and_renews_nothing(new_company: NewCompany) -> None:
    company = renew(expiring(new_company), "2025-03-03", amount_per_month=70)
    (term,) = company.rows("fct_contract_term", contract_id="old")
    assert (term["renewed_amount"], term["outcome"]) == (0, "churned")
    assert company.value("winback_amount", "2025-03", "K") == 70
    assert company.value("winback_amount", MONTH, "K") == 0


def test_a_later_contract_wins_back_the_last_lost_term_once(new_company: NewCompany) -> None:
    # two terms of the family were lost; the new contract of 150 is one win-back, of the last one
    company = expiring(new_company)
    company.contract(
        "older", "A", starts_on="2024-01-01", ends_on="2024-12-31", amount_per_month=40,
        product_id="P",
    )  # fmt: skip
    renew(company, "2025-08-01", link=False, starts_on="2025-08-10", amount_per_month=150)
    (link,) = company.rows("fct_term_renewal")
    assert (link["old_term_id"], link["link"], link["amount"]) == ("old/1", "won_back", 150)
    assert company.value("winback_amount", "2025-08", "K") == 150


def test_an_early_termination_is_due_and_lost_in_its_month(new_company: NewCompany) -> None:
    company = expiring(new_company, status="terminated", terminated_on="2024-10-15")
    assert rates(company, "2024-10") == (0, 0, 0)
    assert company.kpi("renewal_rate_value", MONTH, "K")["reason"] == "zero_denominator"
    assert company.value("terminations_count", "2024-10", "K") == 1


def test_a_termination_a_day_before_the_end_escapes_nothing(new_company: NewCompany) -> None:
    company = expiring(new_company, status="terminated", terminated_on="2025-01-30")
    assert rates(company) == (0, 0, 0)


def test_a_contract_replaced_by_another_is_renewed_and_not_terminated(
    new_company: NewCompany,
) -> None:
    company = expiring(new_company, status="terminated", terminated_on="2024-10-15")
    renew(company, "2024-10-10", starts_on="2024-10-16")
    assert rates(company, "2024-10") == (1, 1, 1)
    assert company.value("terminations_count", "2024-10", "K") == 0


@pytest.mark.parametrize(
    ("ended_on", "first", "second"), [("2024-10-14", 1, 0), ("2024-10-15", 0, 1)]
)
def test_a_termination_is_credited_on_its_day(
    new_company: NewCompany, ended_on: str, first: int, second: int
) -> None:
    company = expiring(new_company, status="terminated", terminated_on=ended_on)
    company.tables["account_assignment"].clear()
    company.owner("A", "K", valid_to="2024-10-15")
    company.owner("A", "K2", valid_from="2024-10-15")
    assert company.value("terminations_count", "2024-10", "K") == first
    assert company.value("terminations_count", "2024-10", "K2") == second


def test_a_renewal_is_credited_by_the_days_of_its_due_month(new_company: NewCompany) -> None:
    # K has 30 of January's 31 days, K2 the 31st: shares dumped on the last day bring 1/31
    company = renew(expiring(new_company), "2025-01-31", amount_per_month=90)
    company.tables["account_assignment"].clear()
    company.owner("A", "K", valid_to="2025-01-31")
    company.owner("A", "K2", valid_from="2025-01-31")
    first = company.kpi("renewal_rate_value", MONTH, "K")
    second = company.kpi("renewal_rate_value", MONTH, "K2")
    assert (first["numerator"], first["denominator"]) == (Decimal("87.0968"), Decimal("96.7742"))
    assert (second["numerator"], second["denominator"]) == (Decimal("2.9032"), Decimal("3.2258"))


def test_an_amount_that_nobody_knows_is_not_zero(new_company: NewCompany) -> None:
    company = expiring(new_company, amount_per_month=None)
    row = company.kpi("renewal_rate_value", MONTH, "K")
    assert (row["value"], row["reason"]) == (None, "no_data")
    assert company.value("renewal_rate_count", MONTH, "K") == 0


def test_a_renewal_in_another_currency_is_compared_at_the_plan_rates_of_the_due_month(
    new_company: NewCompany,
) -> None:
    # 0.5 euros at 90 roubles is 45 of 100; the rates of the month of signature would make it 50
    company = renew(expiring(new_company), "2024-12-20", amount_per_month=Decimal("0.5"), currency="EUR")  # fmt: skip
    company.add("fx_rate", from_currency="EUR", valid_on="2024-12-01", rate=100)
    assert company.kpi("renewal_rate_value", MONTH, "K")["value"] is None
    company.add("fx_rate", from_currency="EUR", valid_on="2025-01-10", rate=90)
    assert company.value("renewal_rate_value", MONTH, "K") == Decimal("0.45")


@pytest.mark.parametrize(
    ("recorded_on", "reason"),
    [("2025-01-01", None), ("2025-01-31", None), ("2025-02-01", "insufficient_history")],
)
def test_before_the_first_recorded_version_nothing_is_known(
    new_company: NewCompany, recorded_on: str, reason: str | None
) -> None:
    company = expiring(new_company, version_on=recorded_on)
    company.invoice("1", "A", "2024-06-01", 1)
    assert company.kpi("renewal_rate_value", MONTH, "K")["reason"] == reason


def test_each_month_is_judged_by_the_policy_of_its_due_day(new_company: NewCompany) -> None:
    # signed 20 days late: within 30 days under the first version, beyond 10 under the second
    company = new_company()
    company.account("A")
    company.policies = [
        company.policies[0] | {"valid_to": day("2025-02-01")},
        company.policies[0]
        | {"policy_version": "v2", "valid_from": day("2025-02-01"), "renewal_grace_days": 10},
    ]
    for name, ends_on, starts_on in (
        ("one", "2025-01-31", "2025-02-20"), ("two", "2025-02-28", "2025-03-20")
    ):  # fmt: skip
        company.contract(name, "A", starts_on="2024-02-01", ends_on=ends_on, amount_per_month=1)
        company.contract(f"{name}+", "A", starts_on=starts_on, ends_on="2026-12-31")
        company.add("contract_renewal", old_contract_id=name, new_contract_id=f"{name}+")
    terms = company.rows("fct_contract_term", order="contract_id")
    assert [row["outcome"] for row in terms if len(row["contract_id"]) == 3] == [
        "late_renewed", "churned"
    ]  # fmt: skip
    assert company.kpi("renewal_rate_count", "2025-01")["policy_version"] == "v1"
    assert company.kpi("renewal_rate_count", "2025-02")["policy_version"] == "v2"
