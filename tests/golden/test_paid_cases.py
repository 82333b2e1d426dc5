"""Golden cases of the paid basis, holdback and clawback, and the rules beside them."""

from datetime import date
from decimal import Decimal

import pytest

from tests.bonus.reference.company import Company
from tests.bonus.reference.settlement import Due, Posted, due_of
from tests.golden.bonus_kit import (
    MAY,
    earned,
    entry_of,
    expected,
    line,
    numbers,
    other,
    paid_on,
    selling,
    settled,
)


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
