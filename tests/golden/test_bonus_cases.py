"""The golden bonus cases by their identifiers, and the rules beside them: reference and models."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.bonus.reference import tiers
from tests.bonus.reference.calculation import converted
from tests.bonus.reference.company import Company
from tests.bonus.reference.days import Blocked
from tests.bonus.reference.money import spread
from tests.bonus.reference.settlement import Due, Posted, due_of
from tests.golden.bonus_kit import (
    FLAT_OR_MARGINAL,
    JUNE,
    MAY,
    PER_EVENT,
    amounts_of,
    calculate,
    earned,
    entry_of,
    expected,
    gated,
    golden,
    line,
    numbers,
    other,
    paid_on,
    selling,
    settled,
    teammates,
    weighted,
)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(("case", "mode"), [("B-T1", "flat"), ("B-T2", "marginal")])
def test_b_t1_b_t2_flat_and_marginal(case: str, mode: str, place: int) -> None:
    amount = amounts_of("B-T1", "amounts")[place]
    assert (
        earned(amount, tier_rows=FLAT_OR_MARGINAL, shape={"mode": mode}) == (expected(case)[place])
    )


def test_b_t3_marginal_per_event() -> None:
    *parts, total = expected("B-T3")
    sold = amounts_of("B-T3", "events")
    together = line(selling(*sold, tier_rows=PER_EVENT, accumulation="per_event"))
    assert together.earned == total
    assert [
        earned(one, tier_rows=PER_EVENT, accumulation="per_event") for one in sold
    ] == parts  # fmt: skip


def test_b_t3b_marginal_per_month() -> None:
    *parts, total = expected("B-T3b")
    grouped = amounts_of("B-T3b", "as")
    assert [earned(one, tier_rows=PER_EVENT) for one in grouped] == parts
    assert sum(parts) == total


def test_b_t4_interpolated() -> None:
    *parts, total = expected("B-T4")
    rows = [
        (start, end, value)
        for (start, end, _), value in zip(PER_EVENT, (10, 40, 100, 2000), strict=True)
    ]
    shape = {"mode": "interpolated", "value_is": "amount"}
    sold = amounts_of("B-T3", "events")
    values = {"tier_rows": rows, "shape": shape, "accumulation": "per_event"}
    assert [earned(one, **values) for one in sold] == parts
    assert earned(*sold, **values) == total


def test_b_t5_marginal_on_attainment_counts_what_was_sold_before() -> None:
    company = selling(
        145000, month=date(2025, 4, 1), accumulation="cumulative_true_up",
        target_source="value", target_value=Decimal(100000),
        tier_rows=[(0, "1.5", "0.04"), ("1.5", "2.5", "0.06"), ("2.5", None, "0.08")],
        shape={"basis": "attainment"},
    )  # fmt: skip
    company.bill("K", "deal", MAY, 20000)
    amount, _ = expected("B-T5")
    assert line(company).earned == amount


def test_b_t8_the_trace_shows_what_each_tier_pays_for() -> None:
    found = line(selling(2500, tier_rows=[(0, 1000, "0.01"), (1000, None, "0.02")]))
    shown = [(part.quantity, 100 * part.value, 100 * part.earned / 2500) for part in found.slices]
    assert shown == [(1000, 1, Fraction("0.4")), (1500, 2, Fraction("1.2"))]
    assert found.earned / 2500 * 100 == expected("B-T8")[-1]


def test_b_c1_blended_tiers() -> None:
    rows = [(0, 100000, "0.05"), (100000, 250000, "0.07"), (250000, None, "0.09")]
    assert [earned(180000, tier_rows=rows)] == expected("B-C1")


def test_b_c2_accelerator_above_the_target_of_the_year() -> None:
    company = selling(
        115000, month=date(2025, 4, 1), accumulation="cumulative_true_up",
        target_source="value", target_value=Decimal(100000), rate=Decimal("0.06"),
        tier_rows=[(0, 1, 1), (1, None, "1.25")],
        shape={"basis": "attainment", "value_is": "multiplier"},
    )  # fmt: skip
    company.bill("K", "deal", MAY, 50000)
    assert [line(company).earned] == expected("B-C2")


def test_b_c3_marginal_over_quota() -> None:
    found = earned(
        500000, target_source="value", target_value=Decimal(375000),
        tier_rows=[(0, 1, "0.06"), (1, "1.25", "0.08"), ("1.25", "1.5", "0.1"), ("1.5", None, "0.12")],
        shape={"basis": "attainment"},
    )  # fmt: skip
    assert found == expected("B-C3")[0]


@pytest.mark.parametrize(
    ("boundary", "reached", "rate"),
    [
        ("lower_inclusive", 999, 1), ("lower_inclusive", 1000, 2), ("lower_inclusive", 1001, 2),
        ("upper_inclusive", 999, 1), ("upper_inclusive", 1000, 1), ("upper_inclusive", 1001, 2),
    ],
)  # fmt: skip
def test_the_bound_belongs_to_one_tier(boundary: str, reached: int, rate: int) -> None:
    rows = [(0, 1000, "0.01"), (1000, None, "0.02")]
    found = earned(reached, tier_rows=rows, shape={"mode": "flat", "boundary": boundary})
    assert found == Decimal(reached) * rate / 100


@pytest.mark.parametrize(
    ("mode", "reached", "paid"),
    [
        ("flat", 99, "0"), ("flat", 100, "1.00"), ("flat", 5000, "40.00"),
        ("marginal", 99, "0"), ("marginal", 100, "0"), ("marginal", 101, "0.01"),
        ("marginal", 5000, "29.00"), ("flat", -50, "-0.50"), ("marginal", -50, "-0.50"),
    ],
)  # fmt: skip
def test_outside_the_tiers(mode: str, reached: int, paid: str) -> None:
    """Nothing below the first, nothing more beyond a closed last, negatives at the first rate."""
    rows = [(100, 1000, "0.01"), (1000, 2000, "0.02")]
    assert earned(reached, tier_rows=rows, shape={"mode": mode}) == Decimal(paid)


def test_lower_is_better_reads_the_measure_itself() -> None:
    company = Company(date(2025, 5, 31))
    company.employee("K")
    company.salary("K", 1000)
    company.plan()
    company.component(
        kind="weighted", weight=Decimal(1), measure="logo_churn_rate", direction="lower",
        target_source="value", target_value=Decimal("0.04"),
    )  # fmt: skip
    company.tiers(
        [(0, "0.02", "1.2"), ("0.02", "0.05", 1), ("0.05", None, 0)], mode="flat",
        value_is="payout_pct", basis="attainment",
    )  # fmt: skip
    company.assign("K")
    company.evidence("K", "logo_churn_rate", MAY, "A", 2, 50, record_type="account")
    assert line(company).earned == 1000
    assert tiers.tier_of(company.rows["bonus_tier"], Fraction(0)) is company.rows["bonus_tier"][0]


def test_b_s1_owner_and_overlay_are_both_paid() -> None:
    owner, overlay, *_ = expected("B-S1")
    company = selling(500, 500, rate=Decimal("0.1"))
    company.employee("V")
    company.assign("V")
    for number in (0, 1):
        company.evidence("V", "revenue", MAY, f"I{number}", 500, credit_role="overlay")
    assert (line(company).earned, line(company, name="V").earned) == (owner, overlay)


def test_b_s5_owners_of_shares_that_do_not_sum_to_one_are_blocked_by_name() -> None:
    company = selling(100, rate=Decimal("0.1"))
    company.employee("L")
    company.assign("L")
    company.bill("L", "other", MAY, 100)
    for name, weight in (("key-K", 900000), ("UNASSIGNED", 100000)):
        company.rows["fct_credit_share"].append(
            {
                "account_key": "A", "employee_key": name, "employee_id": name,
                "credit_role": "owner", "valid_from": date(2025, 5, 10),
                "valid_to": date(2025, 5, 11), "weight": weight, "weight_total": 1000000,
                "members": 2,
            }
        )  # fmt: skip
    result = calculate(company.inputs(), MAY)
    assert [(block.employee_id, block.reason) for block in result.blocks] == [
        ("K", "shares_not_one")
    ]
    assert [(one.employee_key, one.due) for one in result.lines] == [("key-K", 0), ("key-L", 10)]


def test_b_p1_due_when_paid() -> None:
    before, after = expected("B-P1")
    company = paid_on("2025-06-30", "5.00")
    assert line(company).due == before
    company.allocate("2025-06-30", "5.00", invoice_id="I0", payment_id="M")
    assert line(company).due == after
    company.as_of = date(2025, 6, 29)
    assert line(company).due == before


def test_b_p2_refund_of_a_paid_invoice() -> None:
    company = paid_on("2025-06-30", "5.00")
    company.allocate("2025-05-20", "5.00", invoice_id="I0", payment_id="M")
    company.bill("K", "note", "2025-05-25", "-3.00", corrects_id="I0")
    company.allocate("2025-05-26", "3.00", credit_note_id="note", payment_id="refund")
    first, back, left = expected("B-P2")
    found = line(company)
    assert [pay.due for pay in found.events] == [first, -back]
    assert found.due == left


@pytest.mark.parametrize("is_applied", [False, True])
def test_b_p3_a_full_credit_note_without_cash(is_applied: bool) -> None:
    company = paid_on("2025-06-30", 100)
    company.bill("K", "note", "2025-05-25", -100, corrects_id="I0")
    if is_applied:
        company.allocate("2025-05-26", 100, invoice_id="I0", credit_note_id="note")
    company.bill("K", "other", "2025-05-26", 10)
    found = line(company)
    assert (
        sum(pay.due for pay in found.events if pay.event.record_id != "other")
        == (expected("B-P3")[0])
    )


def test_a_fully_credited_invoice_and_its_note_are_both_due() -> None:
    """Nothing is left to pay of nothing: 0 ÷ 0 is 1 on both sides."""
    company = paid_on("2025-06-30", 100, 10)
    company.bill("K", "note", "2025-05-25", -100, corrects_id="I0")
    company.allocate("2025-05-26", 100, invoice_id="I0", credit_note_id="note")
    found = {pay.event.record_id: pay.due for pay in line(company).events}
    assert found == {"I0": 20, "I1": 0, "note": -20}


def test_a_credit_note_is_never_cash() -> None:
    """100 with a note of 40 applied and 30 paid: half of what is left to pay."""
    company = paid_on("2025-06-30", 100)
    company.invoice("note", "2025-05-25", -40)
    company.allocate("2025-05-26", 40, invoice_id="I0", credit_note_id="note")
    company.allocate("2025-05-27", 30, invoice_id="I0", payment_id="M")
    assert line(company).due == 10


def test_b_p8_two_payments() -> None:
    company = paid_on("2025-06-06", 20000)
    company.allocate("2025-06-07", 10000, invoice_id="I0", payment_id="first")
    company.allocate("2025-06-28", 10000, invoice_id="I0", payment_id="second")
    posted: list[Posted] = []
    for as_of in ("2025-06-06", "2025-06-07", "2025-06-27", "2025-06-28"):
        company.as_of = date.fromisoformat(as_of)
        posted += settled([due_of(line(company), "cash")], posted).entries
    assert [entry.amount for entry in posted] == numbers("2000 + 2000")
    assert expected("B-P8") == numbers("2000 + 2000")


def test_b_p11_credit_notes_reduce_the_measure() -> None:
    assert [earned(1000, -200, rate=Decimal("0.04"))] == expected("B-P11")


def test_b_p14_the_denominator_of_a_deal_is_its_gross() -> None:
    company = Company(date(2025, 6, 30))
    company.employee("K")
    company.plan(base="none")
    company.component(measure="won_revenue", rate=Decimal("0.1"), earn_on="paid")
    company.assign("K")
    company.deal("D", "2025-05-10", 8000, 10000)
    company.evidence("K", "won_revenue", MAY, "D", 8000, record_type="deal")
    company.invoice("I", "2025-05-20", 4000, 5000, deal_id="D", deal_source="s")
    company.allocate("2025-06-01", 5000, invoice_id="I", payment_id="M")
    found = line(company)
    assert [100 * found.due / found.earned] == expected("B-P14")


def test_a_reversed_payment_takes_it_back() -> None:
    company = paid_on("2025-07-31", 100)
    company.allocate(
        "2025-06-01", 100, invoice_id="I0", payment_id="M", reversed_on=date(2025, 7, 1)
    )
    assert line(company).due == 0
    company.as_of = date(2025, 6, 30)
    assert line(company).due == 20


@pytest.mark.parametrize(("as_of", "due"), [("2025-06-14", 16), ("2025-06-15", 20)])
def test_a_holdback_is_due_after_its_days(as_of: str, due: int) -> None:
    values = {"holdback_share": Decimal("0.2"), "holdback_days": 30}
    company = selling(month=date(2025, 5, 16), as_of=as_of, rate=Decimal("0.2"), **values)
    company.bill("K", "I", "2025-05-16", 100)
    assert (line(company).due, line(company).earned) == (due, 20)


def test_a_holdback_is_due_when_the_invoice_is_paid() -> None:
    values = {"holdback_share": Decimal("0.2"), "holdback_days": 300}
    company = selling(100, rate=Decimal("0.2"), **values)
    company.allocate("2025-05-20", 99, invoice_id="I0", payment_id="M")
    assert line(company).held == 4
    company.allocate("2025-05-21", 1, invoice_id="I0", payment_id="rest")
    assert line(company).held == 0


@pytest.mark.parametrize(("mode", "place"), [("recompute", 0), ("line_only", 1)])
def test_b_p16_clawback_with_tier_drop(mode: str, place: int) -> None:
    company = selling(
        60000, 50000, clawback_mode=mode, shape={"mode": "flat"},
        tier_rows=[(0, 100000, "0.03"), (100000, None, "0.05")],
    )  # fmt: skip
    first = settled([due_of(line(company))], [])
    assert [entry.amount for entry in first.entries] == [5500]
    company.write_off("I1", "2025-06-10", 50000)
    company.as_of = date(2025, 6, 30)
    posted = [*first.entries, entry_of(MAY, 9000, component="other", posted_in="2025-06")]
    june = due_of(line(company))
    second = settled([june, other(9000)], posted, "2025-06")
    assert second.entries == ()  # nothing else is paid in June: all of it is carried
    assert [entry.amount for entry in second.carried] == [expected("B-P16")[place]]
    earning = Due("key-K", date(2025, 7, 1), date(2025, 7, 1), "C", Decimal(8000))
    third = settled([june, other(9000), earning], posted, "2025-07")
    assert sorted((entry.type, entry.amount) for entry in third.entries) == [
        ("clawback", expected("B-P16")[place]), ("earning", 8000),
    ]  # fmt: skip
    again = settled([june, other(9000), earning], [*posted, *third.entries], "2025-07")
    assert again.entries == again.carried == ()


def test_clawback_mode_none_takes_nothing() -> None:
    company = selling(100, clawback_mode="none", rate=Decimal("0.1"))
    company.write_off("I0", "2025-05-20", 100)
    assert line(company).due == 10


@pytest.mark.parametrize(("as_of", "due"), [("2025-07-30", 10), ("2025-07-31", 0)])
def test_an_invoice_open_for_too_long_is_lost(as_of: str, due: int) -> None:
    company = selling(as_of=as_of, rate=Decimal("0.1"))
    company.bill("K", "I", "2025-05-20", 100, due_on=date(2025, 5, 31))
    company.policies[0]["bonus_clawback_overdue_days"] = 60
    assert line(company).due == due
    company.allocate("2025-06-01", 100, invoice_id="I", payment_id="M")
    assert line(company).due == 10


@pytest.mark.parametrize(("ended", "due"), [("2026-05-09", 0), ("2026-05-10", 10)])
def test_a_contract_terminated_within_twelve_months_is_lost(ended: str, due: int) -> None:
    company = Company(date(2026, 12, 31))
    company.employee("K")
    company.plan(base="none")
    company.component(measure="won_revenue", rate=Decimal("0.1"))
    company.assign("K")
    company.deal("D", "2025-05-10", 100, 120)
    company.rows["fct_deal"][0] |= {"contract_source": "s", "contract_id": "N"}
    company.evidence("K", "won_revenue", MAY, "D", 100, record_type="deal")
    company.term("N", "2025-05-11", ended, is_terminated_early=True)
    assert line(company).due == due


def test_b_d6_half_a_month_of_a_rate_that_is_prorated() -> None:
    company = selling(500, rate=Decimal("0.05"), prorate=True, month=date(2025, 6, 1))
    company.as_of = date(2025, 6, 30)
    company.rows["bonus_assignment"][0]["valid_from"] = date(2025, 6, 16)
    june = date(2025, 6, 1)
    assert line(company, june).earned == expected("B-D6")[0]
    company.rows["bonus_component"][0]["prorate"] = False
    assert line(company, june).earned == 25


def test_b_d8_a_pool_is_shared_pro_rata() -> None:
    pool, *own = numbers(golden("B-D8")["input"])
    company = teammates(pool, *own)
    assert [line(company, name=name).earned for name in "AB"] == expected("B-D8")


def test_b_r1_kopecks_of_a_pool_by_largest_remainder() -> None:
    company = teammates("100.00", "50.00", "50.00", "50.00")
    found = [line(company, name=name).earned for name in "ABC"]
    assert found == numbers(golden("B-R1")["expected"].replace("+", ""))


def test_who_owes_takes_no_part_in_a_pool() -> None:
    company = teammates(100, 150, -50)
    assert [line(company, name=name).earned for name in "AB"] == [100, -50]


@pytest.mark.parametrize(("pool", "paid"), [("99.99", "99.99"), ("100", "100"), ("101", "100")])
def test_a_pool_only_ever_limits(pool: str, paid: str) -> None:
    assert line(teammates(pool, 100), name="A").earned == Decimal(paid)


def test_b_f1_currencies_meet_at_the_plan_rate() -> None:
    own, foreign, rate, _ = numbers(golden("B-F1")["input"])
    company = Company()
    company.rate("USD", MAY, rate)
    amounts = [(own, "RUB"), (foreign, "USD")]
    assert converted(amounts, company.inputs(), MAY) == expected("B-F1")[0]
    company.rows.clear()
    with pytest.raises(Blocked, match="USD/RUB 2025-05-01"):
        converted(amounts, company.inputs(), MAY)


def test_a_salary_without_a_rate_blocks_its_person_only() -> None:
    company = Company(date(2025, 5, 31))
    company.plan()
    company.component(
        kind="weighted", weight=Decimal(1), target_source="value", target_value=Decimal(100)
    )
    for name, currency in (("A", "RUB"), ("B", "USD")):
        company.employee(name)
        company.assign(name)
        company.salary(name, 1000, currency=currency)
        company.bill(name, f"I{name}", MAY, 50)
    result = calculate(company.inputs(), MAY)
    assert [(block.employee_id, block.reason, block.detail) for block in result.blocks] == [
        ("B", "missing_rate", "USD/RUB 2025-05-01")
    ]
    assert result.line("key-A", "C").due == 500
    company.rate("USD", MAY, "2")
    assert line(company, name="B").due == 1000


@pytest.mark.parametrize(
    ("amount", "paid"), [("0.4", "0.00"), ("0.5", "0.01"), ("-0.5", "-0.01"), ("-0.4", "0.00")]
)
def test_rounding_is_half_away_from_zero(amount: str, paid: str) -> None:
    assert earned(amount, rate=Decimal("0.01")) == Decimal(paid)


def test_parts_by_largest_remainder_sum_to_the_whole() -> None:
    weights = {"b": Fraction(1), "a": Fraction(1), "c": Fraction(-1), "d": Fraction(2)}
    parts = spread(Decimal("-0.05"), weights, str)
    assert sum(parts.values()) == Decimal("-0.05")
    assert parts == {
        "a": Decimal("-0.02"), "b": Decimal("-0.02"), "c": Decimal("0.02"), "d": Decimal("-0.03"),
    }  # fmt: skip
    larger = spread(Decimal("0.05"), {"a": Fraction(1), "b": Fraction(3)}, str)
    assert larger == {"a": Decimal("0.01"), "b": Decimal("0.04")}
    tied = spread(Decimal("0.05"), {"b": Fraction(1), "a": Fraction(1)}, str)
    assert tied == {"a": Decimal("0.03"), "b": Decimal("0.02")}


@pytest.mark.parametrize(
    ("operator", "overdue", "due"),
    [
        (">", "0.199", 100), (">", "0.2", 100), (">", "0.201", 0),
        (">=", "0.2", 0), ("<", "0.2", 100), ("<=", "0.2", 0), ("<", "0.199", 0),
    ],
)  # fmt: skip
def test_a_gate_at_its_threshold(operator: str, overdue: str, due: int) -> None:
    assert line(gated(overdue, operator=operator)).due == due


@pytest.mark.parametrize("component", [None, "C"])
@pytest.mark.parametrize(
    ("effect", "factor", "earned_", "status"),
    [
        ("multiply", "0.5", 50, "due"), ("cap", "30", 30, "due"), ("block", None, 0, "blocked"),
        ("hold", None, 100, "held"),
    ],
)  # fmt: skip
def test_what_a_gate_does(
    component: str | None, effect: str, factor: str | None, earned_: int, status: str
) -> None:
    amount = None if factor is None else Decimal(factor)
    found = line(gated("0.3", effect=effect, factor=amount, component_code=component))
    assert (found.earned, found.status) == (earned_, status)
    assert found.due == (0 if effect == "hold" else earned_)


@pytest.mark.parametrize(("june", "due"), [("0.2", 100), ("0.21", 0)])
def test_a_hold_ends_with_a_later_month_end_that_passes(june: str, due: int) -> None:
    company = gated("0.3", as_of="2025-06-30", effect="hold")
    for period, share in ((date(2025, 6, 1), june), (date(2025, 7, 1), "0.9")):
        company.evidence(
            "K", "overdue_share_gate", period, "open", Decimal(share) * 1000, 1000
        )  # fmt: skip
    assert line(company).due == due
    company.as_of = date(2025, 6, 29)
    assert line(company).due == 0
    company.as_of = date(2025, 7, 31)
    assert line(company).due == due


@pytest.mark.parametrize("component", [None, "C"])
def test_a_floor_never_lifts_a_blocked_amount(component: str | None) -> None:
    company = gated("0.3", component_code=component)
    company.rows["bonus_component"][0]["floor"] = Decimal(20)
    company.rows["bonus_plan"][0]["floor"] = Decimal(20)
    assert line(company).due == 0
    company.rows["bonus_gate"].clear()
    company.rows["bonus_component"][0]["rate"] = Decimal("0.001")
    assert line(company).due == 20


def test_caps_are_per_month_and_shrink_with_the_days() -> None:
    june = date(2025, 6, 1)
    company = selling(
        30000, month=june, as_of="2025-06-30", rate=Decimal("0.1"), interval="quarter",
        cap=Decimal(300),
    )  # fmt: skip
    assert line(company, june).earned == 900
    company.rows["bonus_assignment"][0]["valid_from"] = date(2025, 5, 17)
    assert line(company, june).earned == Decimal("445.05")  # 900 × 45 ÷ 91
    company.rows["bonus_assignment"][0]["valid_from"] = date(2025, 6, 16)
    company.rows["bonus_plan"][0]["cap"] = Decimal(100)
    assert line(company, june).earned == 50  # of the month of payout alone


def test_a_plan_cap_is_spread_by_largest_remainder() -> None:
    company = selling(1000, rate=Decimal("0.01"))
    for code in ("D", "E"):
        company.component(code, rate=Decimal("0.01"))
    company.rows["bonus_plan"][0]["cap"] = Decimal(10)
    assert [line(company, code=code).earned for code in "CDE"] == [
        Decimal("3.34"), Decimal("3.33"), Decimal("3.33"),
    ]  # fmt: skip


def test_target_and_target_bonus_are_prorated_and_nothing_after() -> None:
    company = weighted("0.4")
    assert line(company, JUNE, code="A").earned == 600
    company.absence("K", "unpaid", "2025-06-21", "2025-06-30")
    company.absence("K", "unpaid", "2025-06-25", "2025-06-25")
    company.absence("K", "vacation", "2025-06-01", "2025-06-20")
    found = line(company, JUNE, code="A")
    assert found.after("attainment") == Decimal("0.75")
    assert found.earned == 600  # 0.4 × 3000 × 20/30 × 50 ÷ (100 × 20/30)


def test_a_missing_target_or_base_blocks_by_name() -> None:
    company = weighted("1", measure_window="month")
    company.rows["salary_base"].clear()
    (block,) = calculate(company.inputs(), JUNE).blocks
    assert (block.employee_id, block.reason) == ("K", "missing_base")
    company.salary("K", 3000)
    company.rows["bonus_component"][0]["target_source"] = "target"
    (block,) = calculate(company.inputs(), JUNE).blocks
    assert (block.reason, block.detail) == ("missing_target", "revenue 2025-06-01")
    company.target("K", "revenue", JUNE, 25)
    assert line(company, JUNE, code="A").due == 6000
    company.rows["target"][0]["approved_by"] = None
    assert line(company, JUNE, code="A").status == "blocked"


def test_a_manager_without_accounts_needs_no_plan() -> None:
    company = Company(date(2025, 6, 30))
    company.plan()
    company.employee("K")
    company.employee("M", is_kam=False)
    company.employee("gone", left_on=date(2025, 5, 31))
    found = calculate(company.inputs(), JUNE).blocks
    assert [(block.employee_id, block.reason) for block in found] == [("K", "missing_plan")]


@pytest.mark.parametrize(
    ("on_null", "first", "second"),
    [("redistribute", 0, 1500), ("target", 1200, 900), ("zero", 0, 900), ("hold", 0, 900)],
)
def test_without_history_on_null_decides(on_null: str, first: int, second: int) -> None:
    company = weighted("0.4", "0.6", on_null=on_null)
    company.rows["bonus_component"][0]["measure"] = "won_revenue"
    company.reasons["key-K", "won_revenue", JUNE] = "insufficient_history"
    found = [line(company, JUNE, code=code) for code in "AB"]
    assert [one.due for one in found] == [first, second]
    assert found[0].status == ("held" if on_null == "hold" else "due")


@pytest.mark.parametrize("reason", ["no_data", "table_absent", "rate_absent", "pending"])
def test_any_other_reason_holds_the_line(reason: str) -> None:
    company = weighted("0.4", "0.6", on_null="redistribute")
    company.rows["bonus_component"][0]["measure"] = "won_revenue"
    company.reasons["key-K", "won_revenue", JUNE] = reason
    found = line(company, JUNE, code="A")
    assert (found.status, found.reason, found.due) == ("held", reason, 0)
    assert line(company, JUNE, code="B").due == 900
    assert settled([due_of(found)], [entry_of(JUNE, 50, "A")], "2025-07").entries == ()


def test_redistribution_with_nobody_left_holds() -> None:
    company = weighted("1", on_null="redistribute")
    company.reasons["key-K", "revenue", JUNE] = "insufficient_history"
    assert line(company, JUNE, code="A").status == "held"


def test_a_score_pays_its_part_of_the_target_bonus() -> None:
    company = weighted("0.5")
    company.rows["bonus_component"][0] |= {"kind": "mbo", "target_source": None}
    assert line(company, JUNE, code="A").status == "held"
    company.personal(
        "score", "K", component="A", period=JUNE, score=Decimal("0.8"), approved_by="head"
    )
    assert line(company, JUNE, code="A").due == 1200


def test_a_measure_that_lags_is_that_of_the_month_before() -> None:
    company = selling(100, 200, rate=Decimal("0.1"), as_of="2025-06-30", measure_lag_months=1)
    found = line(company, JUNE)
    assert (found.earned, found.period_earned) == (30, JUNE)
    assert line(company, MAY).earned == 0


def test_a_version_with_another_lag_settles_its_months_apart() -> None:
    company = selling(100, rate=Decimal("0.1"), as_of="2025-06-30")
    company.rows["bonus_plan"][0]["valid_to"] = JUNE
    company.plan(version=2, valid_from=JUNE, base="none")
    company.component(version=2, rate=Decimal("0.1"), measure_lag_months=1)
    dues = [due_of(line(company, period)) for period in (MAY, JUNE)]
    assert [(due.period_earned, due.amount) for due in dues] == [(MAY, 10), (JUNE, 10)]
    first = settled(dues[:1], [])
    second = settled(dues, first.entries, "2025-06")
    assert [(entry.type, entry.amount) for entry in second.entries] == [("earning", 10)]


def test_a_year_is_trued_up_to_its_total() -> None:
    """Flat tiers: what May lifts to the second rate lifts the months before as well."""
    company = selling(
        600, month=date(2025, 4, 1), accumulation="cumulative_true_up", shape={"mode": "flat"},
        tier_rows=[(0, 1000, "0.1"), (1000, None, "0.2")],
    )  # fmt: skip
    company.bill("K", "second", MAY, 400)
    assert [line(company, month).earned for month in (date(2025, 4, 1), MAY)] == [60, 140]


def test_an_approved_adjustment_stands_beside_the_plan() -> None:
    company = selling(100, rate=Decimal("0.1"))
    for approver in ("head", None):
        company.personal(
            "manual_adjustment", "K", adjustment_id=str(approver), period=MAY,
            amount=Decimal("-3"), currency="RUB", reason="error", approved_by=approver,
        )  # fmt: skip
    assert line(company, code="manual_adjustment").due == -3
    assert line(company).due == 10
