"""Retention of recurring amounts: who had what at the start of a window, and has at its end."""

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.test_golden_renewals import golden

LONG_AGO, FOR_LONG = "2023-01-01", "2027-12-31"


def subscribe(
    company: Company, name: str, amount: Any, starts_on: str = LONG_AGO, ends_on: str = FOR_LONG,
    *versions: dict[str, Any], **values: Any,
) -> None:  # fmt: skip
    """A client with one contract that is recorded when it starts."""
    if name not in {row["account_id"] for row in company.tables.get("account", [])}:
        company.account(name)
    company.contract(
        f"{name}-{starts_on}", name, *versions, starts_on=starts_on, ends_on=ends_on,
        amount_per_month=amount, **values,
    )  # fmt: skip


def becomes(amount: Any, on: str) -> dict[str, Any]:
    """A version with another amount."""
    from tests.models.company import day

    return {"amount_per_month": amount, "version_on": day(on)}


def percents(text: str) -> list[Decimal]:
    return [Decimal(number) / 100 for number in re.findall(r"(\d+) %", text)]


def movements(company: Company, period: str, window: str = "month") -> dict[str, Decimal]:
    """Sums of the company's movements that are not zero."""
    rows = company.rows("fct_recurring_movement", period=period, window=window)
    names = ("opening", "new", "expansion", "contraction", "churn", "reactivation", "closing")
    sums = {name: sum(row[name] for row in rows) for name in names}
    return {name: amount for name, amount in sums.items() if amount}


@pytest.mark.parametrize("case", ["M-N1", "M-N2"])
def test_golden_retention(new_company: NewCompany, case: str) -> None:
    row = golden(case)
    told = dict(re.findall(r"(\w+) (\d+)", row["input"]))
    start, up, down, lost = (
        int(told[name]) for name in ("start", "expansion", "contraction", "churn")
    )
    company = new_company("2025-12-31")
    rest = start - 2 * down - lost
    subscribe(company, "grows", rest, LONG_AGO, FOR_LONG, becomes(rest + up, "2025-03-15"))
    subscribe(company, "shrinks", 2 * down, LONG_AGO, FOR_LONG, becomes(down, "2025-03-15"))
    subscribe(company, "goes", lost, LONG_AGO, "2025-03-31")
    nrr, grr = (
        Decimal(re.findall(rf"{n} (\d+) %", row["expected"])[0]) / 100 for n in ("NRR", "GRR")
    )
    assert company.value("nrr", "2025-03") == nrr
    assert company.value("grr", "2025-03") == grr
    assert company.value("nrr_movement", "2025-03") == nrr
    assert company.value("grr_movement", "2025-03") == grr


def test_golden_churn_rates(new_company: NewCompany) -> None:
    row = golden("M-M1")
    told = {name: int(n) for name, n in re.findall(r"(\w+) (\d+)", row["input"])}
    gross, net = percents(row["expected"])
    company = new_company("2025-12-31")
    subscribe(company, "stays", told["start"] - told["churn"] - 40)
    subscribe(company, "goes", told["churn"], LONG_AGO, "2025-03-20")
    subscribe(
        company, "shrinks", 20, LONG_AGO, FOR_LONG, becomes(20 - told["contraction"], "2025-03-15")
    )
    subscribe(
        company, "grows", 20, LONG_AGO, FOR_LONG, becomes(20 + told["expansion"], "2025-03-15")
    )
    subscribe(company, "returns", 7, LONG_AGO, "2024-06-30")
    subscribe(company, "returns", told["reactivation"], "2025-03-10")
    assert movements(company, "2025-03") == {
        "opening": 100, "expansion": 5, "contraction": 10, "churn": 10, "reactivation": 5, "closing": 90,
    }  # fmt: skip
    assert company.value("gross_churn_rate", "2025-03") == gross
    assert company.value("net_churn_rate", "2025-03") == net
    # the closed cohort knows no reactivation of others
    assert company.value("nrr", "2025-03") == Decimal("0.85")
    assert company.value("nrr_movement", "2025-03") == Decimal("0.9")


def test_two_percent_a_month_is_the_cohorts_product_after_a_year(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    left = Decimal(100000)
    for month in range(1, 13):
        lost = (left * Decimal("0.02")).quantize(Decimal("0.0001"))
        subscribe(company, f"goes{month}", lost, LONG_AGO, f"2025-{month:02}-28")
        left -= lost
    subscribe(company, "stays", left)
    assert round(company.value("grr", "2025-05") or 0, 6) == Decimal("0.98")
    assert round(company.value("grr", "2025-12", window="rolling_12") or 0, 4) == Decimal("0.7847")


def test_who_joins_inside_the_window_is_in_neither(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "old", 100, LONG_AGO, FOR_LONG, becomes(150, "2025-03-05"))
    subscribe(company, "new", 40, "2025-02-15", FOR_LONG, becomes(70, "2025-03-10"))
    subscribe(company, "brief", 900, "2025-01-10", "2025-03-10")
    assert company.value("nrr", "2025-03", window="rolling_3") == Decimal("1.5")
    assert company.value("grr", "2025-03", window="rolling_3") == 1
    # in March itself "new" is one of the cohort: 150 + 70 of 100 + 40, "brief" is lost
    assert company.kpi("nrr", "2025-03")["numerator"] == 220
    assert company.kpi("nrr", "2025-03")["denominator"] == 1040
    # by movement, what came and went inside the quarter counts: +50 +30 −900 of 100
    assert company.kpi("nrr_movement", "2025-03", window="rolling_3")["numerator"] == 100 + 80 - 900


@pytest.mark.parametrize("accounts", [1, 2])
@pytest.mark.parametrize(
    ("opening", "closing", "moved"),
    [
        (-7, -9, {"new": -2}),
        (-7, 0, {"new": 7}),
        (-7, 9, {"new": 16}),
        (0, 9, {"new": 9}),
        (7, 9, {"expansion": 2}),
        (7, 5, {"contraction": 2}),
        (7, 0, {"churn": 7}),
        (7, -9, {"churn": 16}),
    ],
)
def test_movements_sum_to_the_change_whatever_discounts_leave(
    new_company: NewCompany, opening: int, closing: int, moved: dict[str, int], accounts: int
) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    more = 100 if accounts == 2 else 0  # the other account of the client takes as much away
    if more:
        company.account("B", "A")
        subscribe(company, "B", -more)
    subscribe(company, "A", opening + more, LONG_AGO, "2025-03-15")
    subscribe(company, "A", closing + more, "2025-03-16")
    ends = {"opening": opening, "closing": closing}
    assert movements(company, "2025-03") == {k: v for k, v in (ends | moved).items() if v}


def test_a_client_of_two_accounts_that_sum_to_nothing_moves_nothing(
    new_company: NewCompany,
) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    company.account("B", "A")
    subscribe(company, "A", 100, "2025-03-05")
    subscribe(company, "B", -100, "2025-03-05")
    assert movements(company, "2025-03") == {}


def test_a_window_nets_what_its_movements_do_not(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(
        company, "A", 100, LONG_AGO, FOR_LONG, becomes(160, "2025-01-15"), becomes(90, "2025-02-15")
    )
    assert company.value("grr", "2025-03", window="quarter") == Decimal("0.9")
    assert company.value("gross_churn_rate", "2025-03", window="quarter") == Decimal("0.1")
    assert company.value("grr_movement", "2025-03", window="quarter") == Decimal("0.3")
    assert company.value("nrr_movement", "2025-03", window="quarter") == Decimal("0.9")


def test_a_holding_is_one_client_unless_policy_says_account(new_company: NewCompany) -> None:
    for grain, grr, nrr in (("holding", 90, 90), ("account", 30, 30)):
        company = new_company("2025-12-31")
        company.policy(grain=grain)
        company.account("top")
        company.account("sister", "top")
        subscribe(company, "top", 100, LONG_AGO, FOR_LONG, becomes(30, "2025-03-05"))
        subscribe(company, "sister", 60, "2025-03-20")
        row = company.kpi("grr", "2025-03")
        assert (row["numerator"], row["denominator"]) == (grr, 100)
        assert company.kpi("nrr", "2025-03")["numerator"] == nrr
        assert movements(company, "2025-03").get("new") == (None if grain == "holding" else 60)


def test_the_holding_is_that_of_the_windows_first_day(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "top", 100, LONG_AGO, FOR_LONG, becomes(30, "2025-03-05"))
    subscribe(company, "bought", 60, "2025-03-20")
    company.add(
        "account_parent", account_id="bought", parent_account_id="top", valid_from="2025-03-10"
    )
    assert company.kpi("nrr", "2025-03")["numerator"] == 30
    assert company.kpi("nrr", "2025-04")["denominator"] == 90


@pytest.mark.parametrize(
    ("returns_on", "kept"), [("2025-06-29", 70), ("2025-06-30", 70), ("2025-07-01", 0)]
)
def test_a_pause_of_89_and_90_days_returns_and_of_91_does_not(
    new_company: NewCompany, returns_on: str, kept: int
) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 100, LONG_AGO, "2025-03-31")
    subscribe(company, "A", 70, returns_on)
    assert company.kpi("grr", "2025-12", window="rolling_12")["numerator"] == kept
    assert company.kpi("nrr", "2025-12", window="rolling_12")["numerator"] == kept
    moved = movements(company, "2025-12", "rolling_12")
    if kept:
        assert moved == {"opening": 100, "contraction": 30, "closing": 70}
    else:
        assert moved == {"opening": 100, "churn": 100, "reactivation": 70, "closing": 70}
    # month by month it was lost in March and came back in another month
    assert movements(company, "2025-03") == {"opening": 100, "churn": 100}
    # a contract of the first of July is what stands at the end of June
    assert movements(company, "2025-06").get("reactivation") == 70


def test_the_gap_is_policy(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.policy(churn_reactivation_gap_days=91)
    subscribe(company, "A", 100, LONG_AGO, "2025-03-31")
    subscribe(company, "A", 70, "2025-07-01")
    assert company.kpi("grr", "2025-12", window="rolling_12")["numerator"] == 70


def test_a_sister_bridges_the_pause_of_a_holding(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("top")
    company.account("sister", "top")
    subscribe(company, "top", 100, LONG_AGO, "2025-02-28")
    subscribe(company, "top", 100, "2025-11-01")
    subscribe(company, "sister", 5, "2025-03-15", "2025-10-20")
    assert company.kpi("grr", "2025-12", window="rolling_12")["numerator"] == 100


def test_an_early_renewal_is_not_counted_twice(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 100, LONG_AGO, "2025-03-31")
    subscribe(company, "A", 110, "2025-02-15")
    company.add("contract_renewal", old_contract_id=f"A-{LONG_AGO}", new_contract_id="A-2025-02-15")
    assert movements(company, "2025-02") == {"opening": 100, "expansion": 10, "closing": 110}
    assert movements(company, "2025-03") == {"opening": 110, "closing": 110}


def test_two_contracts_side_by_side_add_up(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 100)
    subscribe(company, "A", 110, "2025-02-15")
    assert movements(company, "2025-02") == {"opening": 100, "expansion": 110, "closing": 210}


def test_a_late_renewal_within_grace_is_bridged(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 100, LONG_AGO, "2025-03-20")
    subscribe(company, "A", 80, "2025-04-19")
    assert movements(company, "2025-03") == {"opening": 100, "closing": 100}
    assert movements(company, "2025-04") == {"opening": 100, "contraction": 20, "closing": 80}


def test_a_term_in_grace_is_provisional(new_company: NewCompany) -> None:
    for as_of, reason, kept in (("2025-04-30", "pending", 100), ("2025-05-01", None, 0)):
        company = new_company(as_of)
        subscribe(company, "A", 100, LONG_AGO, "2025-03-31")
        row = company.kpi("grr", "2025-03")
        assert (row["reason"], row["numerator"], row["denominator"]) == (reason, kept, 100)


def test_a_prolongation_with_another_amount_changes_nothing_before_it_starts(
    new_company: NewCompany,
) -> None:
    company = new_company("2026-12-31")
    from tests.models.company import day

    prolonged = becomes(130, "2025-01-15") | {"ends_on": day("2026-03-31")}
    subscribe(company, "A", 100, LONG_AGO, "2025-03-31", prolonged)
    assert movements(company, "2025-02") == {"opening": 100, "closing": 100}
    assert movements(company, "2025-03") == {"opening": 100, "expansion": 30, "closing": 130}


def bill(company: Company, name: str, issued_on: str, net: Any, first: str, last: str) -> None:
    company.invoice(
        f"{name}-{issued_on}-{net}", name, issued_on, net, is_recurring=True, period_from=first,
        period_to=last,
    )  # fmt: skip


def test_recurring_lines_are_spread_over_their_service(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    bill(company, "A", "2024-01-05", 1200, "2024-01-01", "2024-12-31")
    bill(company, "A", "2025-01-05", 330, "2025-01-01", "2025-03-31")
    bill(company, "A", "2025-04-05", 1500, "2025-04-01", "2026-03-31")
    assert movements(company, "2024-02") == {"opening": 100, "closing": 100}
    assert movements(company, "2024-12") == {"opening": 100, "expansion": 10, "closing": 110}
    assert movements(company, "2025-03") == {"opening": 110, "expansion": 15, "closing": 125}
    assert company.value("nrr", "2025-12", window="rolling_12") == Decimal("1.136363636364")


def test_a_credit_note_lowers_what_was_billed_for_its_period(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("A")
    bill(company, "A", "2024-01-05", 2400, "2024-01-01", "2025-12-31")
    bill(company, "A", "2025-06-05", -1200, "2025-01-01", "2025-12-31")
    # nothing is left of 2025: the last amount stands for three months more
    assert movements(company, "2024-12") == {"opening": 100, "closing": 100}
    assert movements(company, "2025-03") == {"opening": 100, "churn": 100}


@pytest.mark.parametrize(("months", "lost_in"), [(2, "2025-03"), (3, "2025-04"), (4, "2025-05")])
def test_the_last_amount_stands_while_billing_pauses(
    new_company: NewCompany, months: int, lost_in: str
) -> None:
    company = new_company("2025-12-31")
    company.policy(churn_inactivity_months=months, churn_reactivation_gap_days=0)
    company.account("A")
    bill(company, "A", "2024-12-05", 200, "2024-12-01", "2025-01-31")
    lost = [
        m
        for m in ("2025-02", "2025-03", "2025-04", "2025-05")
        if movements(company, m).get("churn")
    ]
    assert lost == [lost_in]
    assert company.value("churned_accounts", lost_in) == 1


@pytest.mark.parametrize(
    ("back_on", "months", "kept"),
    [
        # never lost: the last amount stands for three months after March
        ("2025-06-30", 3, 50), ("2025-07-01", 3, 50),
        # lost when June ended; the pause is counted from the last day of service
        ("2025-07-02", 3, 0), ("2025-12-15", 3, 0),
        # lost when April ended, and back after 89, 90 and 91 days without service
        ("2025-06-29", 1, 50), ("2025-06-30", 1, 50), ("2025-07-01", 1, 0),
    ],
)  # fmt: skip
def test_a_billed_client_pauses_from_its_last_day_of_service(
    new_company: NewCompany, back_on: str, months: int, kept: int
) -> None:
    company = new_company("2026-12-31")
    company.policy(churn_inactivity_months=months)
    company.account("A")
    bill(company, "A", "2024-10-05", 600, "2024-10-01", "2025-03-31")
    bill(company, "A", "2025-07-05", 1200, back_on, f"2027-{back_on[5:]}")
    assert company.kpi("nrr", "2025-12", window="rolling_12")["numerator"] == kept


def test_lines_of_a_client_with_contracts_do_not_count(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 100)
    bill(company, "A", "2025-01-05", 2400, "2025-01-01", "2025-12-31")
    assert movements(company, "2025-03") == {"opening": 100, "closing": 100}


def test_both_ends_are_at_the_rate_of_the_windows_start(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 100, LONG_AGO, FOR_LONG, becomes(80, "2025-02-10"), currency="USD")
    company.add("fx_rate", from_currency="USD", valid_on="2025-01-10", rate=90)
    company.add("fx_rate", from_currency="USD", valid_on="2025-03-10", rate=100)
    row = company.kpi("nrr", "2025-03", window="quarter")
    assert (row["numerator"], row["denominator"]) == (7200, 9000)
    assert company.kpi("nrr", "2025-03")["numerator"] == 8000
    row = company.kpi("nrr", "2025-02")
    assert (row["value"], row["reason"]) == (None, "rate_absent")


def test_an_unknown_amount_is_no_zero(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", None)
    row = company.kpi("grr", "2025-03")
    assert (row["value"], row["reason"]) == (None, "no_data")


def test_windows_before_the_recorded_versions_have_no_value(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 100, LONG_AGO, FOR_LONG, version_on="2025-03-10")
    assert company.kpi("grr", "2025-03")["value"] == 1
    row = company.kpi("grr", "2025-04", window="rolling_3")
    assert (row["value"], row["reason"]) == (None, "insufficient_history")


def test_a_source_that_began_later_makes_its_clients_unknown(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 100)
    company.add("account", source="t", account_id="B", name="B")
    company.contract(
        "B", "B", source="t", starts_on="2023-01-01", ends_on="2027-01-01", amount_per_month=10,
        version_on="2025-03-10",
    )  # fmt: skip
    assert company.kpi("grr", "2025-02")["reason"] == "insufficient_history"
    assert company.kpi("grr", "2025-03")["value"] == 1


def test_kams_share_a_client_by_the_days_of_the_whole_window(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    subscribe(company, "A", 910, LONG_AGO, FOR_LONG, becomes(455, "2025-02-10"))
    company.owner("A", "K1", valid_from="2023-01-01", valid_to="2025-03-01")
    company.owner("A", "K2", valid_from="2025-03-01")
    # 59 of the 90 days of the quarter, 31 of them in the month
    row = company.kpi("grr", "2025-03", "K1", window="quarter")
    assert row["denominator"] == Decimal("596.5556")
    assert row["numerator"] == Decimal("298.2778")
    assert company.kpi("grr", "2025-03", "K2", window="quarter")["denominator"] == Decimal(
        "313.4444"
    )
    assert company.kpi("grr", "2025-03", "K1")["reason"] == "zero_denominator"


def test_no_kam_keeps_less_net_than_gross_of_a_shared_holding(new_company: NewCompany) -> None:
    company = new_company("2025-12-31")
    company.account("top")
    company.account("sister", "top")
    subscribe(company, "top", 100, LONG_AGO, "2025-03-15")
    subscribe(company, "sister", 300, LONG_AGO, FOR_LONG, becomes(390, "2025-03-20"))
    company.owner("top", "K1")
    company.owner("sister", "K2")
    for kam, opening in (("K1", 100), ("K2", 300)):
        for code, kept in (("grr", Decimal("0.975")), ("nrr", Decimal("0.975"))):
            row = company.kpi(code, "2025-03", kam)
            assert (row["value"], row["denominator"]) == (kept, opening)
