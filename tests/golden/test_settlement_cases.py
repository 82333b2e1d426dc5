"""The golden cases of settlement, and the rules beside them: reference and product."""

from datetime import date
from decimal import Decimal

import pytest

from tests.bonus.reference import months
from tests.bonus.reference.results import Draw
from tests.bonus.reference.settlement import Due, DueSheet, due_of
from tests.golden.bonus_kit import (
    MAY,
    drawing,
    entry_of,
    expected,
    golden,
    line,
    numbers,
    other,
    selling,
    settle,
    settled,
)


def test_line_only_takes_no_more_than_was_posted_for_the_event() -> None:
    posted = [
        entry_of(MAY, 30, evidence_key="I0"), entry_of(MAY, 70, evidence_key="I1"),
        entry_of(MAY, 500, component="other", posted_in="2025-05"),
    ]  # fmt: skip
    due = Due(
        "key-K", MAY, MAY, "C", Decimal(40), clawed=Decimal(60),
        clawed_events=(("I0", Decimal(60)),),
    )  # fmt: skip
    june = Due("key-K", date(2025, 6, 1), date(2025, 6, 1), "C", Decimal(1000))
    found = settled([due, other(500), june], posted, "2025-06")
    assert [entry.amount for entry in found.entries if entry.type == "clawback"] == [-30]


def test_b_p18_settling_twice_adds_nothing() -> None:
    due = [due_of(line(selling(100, rate=Decimal("0.1"))))]
    first = settled(due, [])
    assert [(entry.type, entry.amount) for entry in first.entries] == [("earning", 10)]
    assert settled(due, first.entries).entries == ()


def test_b_d9_an_unchanged_month_has_nothing_due_however_often() -> None:
    paid, *_ = numbers(golden("B-D9")["input"])
    ledger = [entry_of(MAY, paid)]
    for _ in range(5):
        found = settled([Due("key-K", MAY, MAY, "C", paid)], ledger, "2025-09").entries
        assert sum(entry.amount for entry in found) == expected("B-D9")[0]
        ledger += found


def test_b_d1_guarantee_recoverable() -> None:
    draw, *own = numbers(golden("B-D1")["input"].replace(" 1000;", " 1000 ;"))
    advances, balances = expected("B-D1")[:3], expected("B-D1")[3:6]
    found = drawing("guarantee_recoverable", draw, own)
    assert found == [(Decimal(1000), owed) for owed in balances]
    assert [paid - one for (paid, _), one in zip(found, own, strict=True)] == advances


def test_b_d2_guarantee_recoverable_recovers_from_the_surplus() -> None:
    draw, *own = numbers(golden("B-D2")["input"])
    paid, owed = expected("B-D2")[:6], expected("B-D2")[6:]
    assert drawing("guarantee_recoverable", draw, own) == list(zip(paid, owed, strict=True))


def test_b_d3_guarantee_nonrecoverable() -> None:
    draw, own = numbers(golden("B-D3")["input"])
    assert drawing("guarantee_nonrecoverable", draw, [own]) == [tuple(expected("B-D3"))]


def test_a_nonrecoverable_draw_is_paid_beside_what_is_earned() -> None:
    assert drawing("nonrecoverable", Decimal(100), [Decimal(30)]) == [(130, 0)]


def test_a_recoverable_draw_is_recovered_from_the_first_period_without_one() -> None:
    june = date(2025, 6, 1)
    dues = [Due("key-K", MAY, MAY, "C", Decimal(30)), Due("key-K", june, june, "C", Decimal(80))]
    sheet = DueSheet(MAY, tuple(dues[:1]), (Draw("key-K", MAY, "recoverable", Decimal(100)),))
    first = settle(sheet, [])
    assert sum(entry.amount for entry in first.entries) == 130
    later = settle(DueSheet(june, tuple(dues), sheet.draws), first.entries)
    assert [(entry.type, entry.amount) for entry in later.entries] == [
        ("earning", 80), ("draw_recovery", -80),
    ]  # fmt: skip
    assert later.balances == {"key-K": 20}


@pytest.mark.parametrize(
    ("age", "cause", "is_paid"),
    [(12, "facts", True), (13, "facts", False), (13, "cash", True)],
)
def test_corrections_older_than_the_window_are_listed_only(
    age: int, cause: str, is_paid: bool
) -> None:
    due = Due("key-K", MAY, MAY, "C", Decimal(70), cause)
    found = settled([due], [entry_of(MAY, 60)], f"{months.plus(MAY, age):%Y-%m}")
    assert [entry.amount for entry in found.entries] == [10] * is_paid
    assert [entry.amount for entry in found.out_of_window] == [10] * (not is_paid)


@pytest.mark.parametrize(("now", "is_posted"), [("60.99", False), ("61.00", True), ("61.01", True)])
def test_small_corrections_accumulate(now: str, is_posted: bool) -> None:
    due = Due("key-K", MAY, MAY, "C", Decimal(now))
    assert bool(settled([due], [entry_of(MAY, 60)], "2025-06").entries) is is_posted


def test_a_draw_tops_no_clawback_up() -> None:
    """Guarantee 100, earned 100, 60 of it lost again: the month keeps what it was topped up to."""
    draws = (Draw("key-K", MAY, "guarantee_nonrecoverable", Decimal(100)),)
    due = Due("key-K", MAY, MAY, "C", Decimal(40), clawed=Decimal(60))
    june = Due("key-K", date(2025, 6, 1), date(2025, 6, 1), "C", Decimal(500))
    found = settled([due, june], [entry_of(MAY, 100)], "2025-06", draws=draws)
    assert sorted((entry.type, entry.amount) for entry in found.entries) == [
        ("clawback", -60), ("earning", 500),
    ]  # fmt: skip
