"""Stories of money: paid in part, paid too much, returned, disputed."""

from datetime import date

from kam_kpi.demo.billing_rows import Dispute
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.story import KpiFact, OpenFact, Story, Told
from kam_kpi.demo.story_kit import INTERNET, PROJECT, SUPPORT, client, rub


def _overdue(month: date, overdue: int, opened: int) -> KpiFact:
    return KpiFact("overdue_share", month, rub(overdue), rub(opened))


def partial_payment() -> Told:
    """122 000 due on 4 June; 50 000 come on 10 June, 72 000 on 3 August."""
    facts = Facts()
    who = client(facts, 41, "ООО «По частям»", "K01")
    invoice = who.invoice(
        f"СЧ-2605-{who.code}", date(2026, 5, 5), date(2026, 6, 4), [(PROJECT, rub(100000), None)]
    )
    who.settle(invoice, date(2026, 6, 10), rub(50000))
    who.settle(invoice, date(2026, 8, 3), rub(72000))
    may, june, july, august = (date(2026, month, 1) for month in (5, 6, 7, 8))
    opened = (
        OpenFact(invoice.invoice_id, may, rub(122000), rub(0)),
        OpenFact(invoice.invoice_id, june, rub(72000), rub(72000)),
        OpenFact(invoice.invoice_id, july, rub(72000), rub(72000)),
        OpenFact(invoice.invoice_id, august, rub(0), rub(0)),
    )
    kpis = (
        _overdue(may, 0, 122000), _overdue(june, 72000, 72000), _overdue(july, 72000, 72000),
        _overdue(august, 0, 0),
    )  # fmt: skip
    return Story(
        "partial_payment",
        (who.account_id,), (), kpis, opened, ids={"invoice": invoice.invoice_id},
    ), facts  # fmt: skip


def over_payment() -> Told:
    """70 000 for an invoice of 61 000: 9 000 wait unapplied and reduce July's invoice."""
    facts = Facts()
    who = client(facts, 42, "ООО «С запасом»", "K02")
    june = who.invoice(
        f"СЧ-2606-{who.code}", date(2026, 6, 3), date(2026, 7, 3), [(PROJECT, rub(50000), None)]
    )
    july = who.invoice(
        f"СЧ-2607-{who.code}", date(2026, 7, 3), date(2026, 7, 23), [(PROJECT, rub(50000), None)]
    )
    paid = who.pay(f"ПП-260620-{who.code}", date(2026, 6, 20), rub(70000))
    who.apply(
        f"{paid.payment_id}-1", date(2026, 6, 20), rub(61000),
        invoice_id=june.invoice_id, payment_id=paid.payment_id,
    )  # fmt: skip
    who.apply(
        f"{paid.payment_id}-2", date(2026, 8, 5), rub(9000),
        invoice_id=july.invoice_id, payment_id=paid.payment_id,
    )  # fmt: skip
    who.settle(july, date(2026, 8, 6), rub(52000))
    month, later = date(2026, 7, 1), date(2026, 8, 1)
    opened = (
        OpenFact(june.invoice_id, date(2026, 6, 1), rub(0), rub(0)),
        OpenFact(july.invoice_id, month, rub(52000), rub(52000)),
        OpenFact(july.invoice_id, later, rub(0), rub(0)),
    )
    return Story(
        "over_payment",
        (who.account_id,), (), (_overdue(month, 52000, 52000), _overdue(later, 0, 0)), opened,
        ids={"payment": paid.payment_id, "invoice": july.invoice_id},
    ), facts  # fmt: skip


def refund() -> Told:
    """All paid, then a credit note of 24 400 gross on 12 May, paid out on 25 May."""
    facts = Facts()
    who = client(facts, 43, "АО «Возврат»", "K03")
    only = who.contract(
        1, SUPPORT, rub(100000), date(2024, 5, 1), date(2028, 4, 30), date(2024, 4, 15)
    )
    who.bill_monthly(only)
    month = date(2026, 5, 1)
    note = who.invoice(
        f"КС-2605-{who.code}", date(2026, 5, 12), None, [(SUPPORT, rub(-20000), only.contract_id)],
        corrects_id=who.monthly_id(date(2026, 4, 1)),
    )  # fmt: skip
    returned = who.pay(f"ПП-260525-{who.code}", date(2026, 5, 25), note.gross)
    who.apply(
        f"{returned.payment_id}-1", date(2026, 5, 25), -note.gross,
        payment_id=returned.payment_id, note_id=note.invoice_id,
    )  # fmt: skip
    kpis = (
        KpiFact("revenue", date(2026, 4, 1), rub(100000)), KpiFact("revenue", month, rub(80000)),
        _overdue(month, 0, 0),
    )  # fmt: skip
    return Story(
        "refund",
        (who.account_id,), (only.contract_id,), kpis,
        (OpenFact(note.invoice_id, month, rub(0), rub(0)),),
        ids={"credit_note": note.invoice_id, "payment": returned.payment_id},
    ), facts  # fmt: skip


def disputed_overdue_invoice() -> Told:
    """244 000 due on 2 August, 100 000 of it disputed: by default all of it is overdue."""
    facts = Facts()
    who = client(facts, 44, "ПАО «Не согласны»", "K04")
    base = who.contract(
        1, INTERNET, rub(10000), date(2024, 2, 1), date(2028, 1, 31), date(2024, 1, 22)
    )
    who.bill_monthly(base)
    invoice = who.invoice(
        f"СЧ-2607-{who.code}/2", date(2026, 7, 3), date(2026, 8, 2),
        [(PROJECT, rub(200000), None)],
    )  # fmt: skip
    dispute = Dispute(
        f"СПОР-2607-{who.code}", invoice.invoice_id, date(2026, 8, 10), None, rub(100000)
    )
    facts.disputes.append(dispute)
    july = date(2026, 7, 1)
    overdue_months = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
    opened = (
        OpenFact(invoice.invoice_id, july, rub(244000), rub(0)),
        *(OpenFact(invoice.invoice_id, m, rub(244000), rub(244000)) for m in overdue_months),
    )
    kpis = (_overdue(july, 0, 244000), *(_overdue(m, 244000, 244000) for m in overdue_months))
    return Story(
        "disputed_overdue_invoice",
        (who.account_id,), (base.contract_id,), kpis, opened,
        ids={"invoice": invoice.invoice_id, "dispute": dispute.dispute_id},
    ), facts  # fmt: skip


TELLERS = (partial_payment, over_payment, refund, disputed_overdue_invoice)
