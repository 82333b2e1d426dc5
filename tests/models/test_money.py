"""The macros that compute money, rendered as dbt renders them, against exact arithmetic."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kam_kpi import PROJECT

MACROS = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("money", "engine")
    for path in sorted((PROJECT / "dbt_project/macros" / folder).glob("*.sql"))
)
MACRO: Any = jinja2.Environment(autoescape=False).from_string(MACROS).module  # noqa: S701
CONNECTION = duckdb.connect()


def select(expression: str) -> Decimal:
    """Value of an expression."""
    row = CONNECTION.execute(f"select {expression}").fetchone()
    assert row is not None
    value: Decimal = row[0]
    return value


def amounts(digits: int = 12, places: int = 4) -> st.SearchStrategy[Decimal]:
    """Amounts of either sign."""
    largest = Decimal(10) ** digits
    return st.decimals(-largest, largest, places=places, allow_nan=False)


@pytest.mark.parametrize(
    ("amount", "scale", "rounded"),
    [
        ("0.00004", 4, "0.0000"), ("0.00005", 4, "0.0001"), ("0.00006", 4, "0.0001"),
        ("-0.00004", 4, "0.0000"), ("-0.00005", 4, "-0.0001"), ("2.5", 0, "3"), ("-2.5", 0, "-3"),
    ],
)  # fmt: skip
def test_half_is_rounded_away_from_zero(amount: str, scale: int, rounded: str) -> None:
    # half-even would give 2 for 2.5, half-up of a negative -2
    sql = MACRO.round_half_up(f"cast({amount} as decimal(38, 10))", scale)
    assert select(sql) == Decimal(rounded)


def test_a_product_of_large_amounts_does_not_overflow() -> None:
    # the engine's own product of two 18-digit decimals fails here
    sql = MACRO.mul("cast(99999999999999.9999 as decimal(18, 4))", "cast(999.5 as decimal(18, 6))")
    assert select(sql) == Decimal("99999999999999.9999") * Decimal("999.5")


@settings(max_examples=300, deadline=None)
@given(amounts(), amounts().filter(bool))
def test_a_ratio_is_exact_to_twelve_decimals_half_away_from_zero(n: Decimal, d: Decimal) -> None:
    with localcontext() as context:
        context.prec = 80
        expected = (n / d).quantize(Decimal("1e-12"), ROUND_HALF_UP)
    sql = MACRO.ratio(f"cast({n} as decimal(38, 10))", f"cast({d} as decimal(38, 10))")
    assert select(sql) == expected


def test_a_ratio_has_no_value_for_zero() -> None:
    sql = MACRO.ratio("cast(5 as decimal(38, 10))", "cast(0 as decimal(38, 10))")
    assert select(sql) is None


def test_a_ratio_keeps_what_a_double_loses() -> None:
    # a double has 15 digits: it ends in …667
    sql = MACRO.ratio("cast(20000000000000.0001 as decimal(38, 10))", "3")
    assert select(sql) == Decimal("6666666666666.666700000000")


@pytest.mark.parametrize(
    ("numerator", "quotient"), [(7, 3), (-7, -4), (6, 3), (-6, -3), (0, 0), (1, 0), (-1, -1)]
)
def test_floor_division_rounds_down(numerator: int, quotient: int) -> None:
    assert select(MACRO.floor_div(str(numerator), "2")) == quotient


def split(amount: Decimal, weights: list[int]) -> list[Decimal]:
    """Parts of an amount by the macro, in the order of the weights."""
    rows = ", ".join(
        f"('r', {place}, {weight}, {sum(weights)}, cast({amount} as decimal(38, 4)))"
        for place, weight in enumerate(weights)
    )
    CONNECTION.execute(
        "create or replace temp table members as select * from (values "
        f"{rows}) as t (record, member, weight, weight_total, amount)"
    )
    sql = MACRO.split_by_weight("members", key="record", amounts=["amount"], tie="member")
    return [
        row[0]
        for row in CONNECTION.execute(f"select amount from ({sql}) order by member").fetchall()
    ]


def test_thirds_go_by_largest_remainder_and_ties_by_order() -> None:
    assert split(Decimal(100), [1, 1, 1]) == [
        Decimal("33.3334"), Decimal("33.3333"), Decimal("33.3333")
    ]  # fmt: skip


def test_the_largest_remainder_wins_over_order() -> None:
    # 0.0010 by 26 : 74 is 2.6 and 7.4 units; rounding each, or giving the rest to the first, fails
    assert split(Decimal("0.0010"), [26, 74]) == [Decimal("0.0003"), Decimal("0.0007")]
    assert split(Decimal("0.0010"), [24, 76]) == [Decimal("0.0002"), Decimal("0.0008")]


def test_a_credit_note_splits_as_the_mirror_image_of_its_invoice() -> None:
    weights = [333333, 333333, 333334]
    parts = split(Decimal("0.0005"), weights)
    assert split(Decimal("-0.0005"), weights) == [-part for part in parts]


def test_shares_above_one_leave_less_than_nothing_to_the_rest() -> None:
    parts = split(Decimal("10.0000"), [700000, 400000, -100000])
    assert parts == [Decimal(7), Decimal(4), Decimal(-1)]


@settings(max_examples=200, deadline=None)
@given(amounts(10), st.lists(st.integers(0, 31_000_000), min_size=1, max_size=6).filter(any))
def test_parts_are_within_a_unit_of_their_share_and_sum_to_the_record(
    amount: Decimal, weights: list[int]
) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights) * Decimal("0.0001")


@settings(max_examples=100, deadline=None)
@given(amounts(10), st.integers(0, 1_000_000))
def test_an_overlays_part_is_rounded_on_its_own(amount: Decimal, weight: int) -> None:
    sql = MACRO.part_by_weight(f"cast({amount} as decimal(38, 4))", str(weight), "1000000")
    with localcontext() as context:
        context.prec = 60
        expected = (amount * weight / 1_000_000).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert select(sql) == expected


@pytest.mark.parametrize(
    ("end", "months", "later"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2025-02-28", 3, "2025-05-31"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-01-30", 1, "2025-02-27"),
        ("2025-11-30", 3, "2026-02-28"),
    ],
)
def test_a_service_of_whole_months_ends_on_its_last_day(end: str, months: int, later: str) -> None:
    # 28 February plus three months as dates is 28 May: three days short of three months of service
    assert str(select(MACRO.months_after(f"date '{end}'", months))) == later
