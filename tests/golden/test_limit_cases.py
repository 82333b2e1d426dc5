"""Golden cases of gates, caps, floors, pools and rounding, and the rules beside them."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.bonus.reference.money import spread
from tests.golden.bonus_kit import (
    earned,
    expected,
    gated,
    golden,
    line,
    numbers,
    selling,
    teammates,
)


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


@pytest.mark.parametrize(("earned", "paid"), [("9.99", 10), ("10", 10), ("10.01", "10.01")])
def test_a_plan_floor_only_ever_lifts(earned: str, paid: int | str) -> None:
    company = selling(100, rate=Decimal(earned) / 100)
    company.rows["bonus_plan"][0]["floor"] = Decimal(10)
    assert line(company).earned == Decimal(paid)
