"""Golden cases of tiers and attainment, and the rules beside them."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.bonus.reference import tiers
from tests.bonus.reference.company import Company
from tests.golden.bonus_kit import (
    FLAT_OR_MARGINAL,
    MAY,
    PER_EVENT,
    amounts_of,
    earned,
    expected,
    line,
    selling,
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
