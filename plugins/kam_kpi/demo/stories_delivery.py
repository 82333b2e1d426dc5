"""Stories of the deliveries themselves: twice, corrected, late, damaged, deleted, too early."""

from datetime import date
from decimal import Decimal

from kam_kpi.demo.billing_rows import Invoice
from kam_kpi.demo.calendar import FIRST_DELIVERY
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.invoices import document
from kam_kpi.demo.story import KpiFact, OpenFact, QuarantineFact, Story, Told
from kam_kpi.demo.story_kit import PHONE, PROJECT, SUPPORT, client, rub

DUPLICATED_MONTH = date(2026, 6, 1)
CORRECTED_MONTH, CORRECTED_ON = date(2026, 4, 1), date(2026, 5, 12)
LATE_MONTH, LATE_OFFICE, LATE_ON = date(2026, 8, 1), "vyborg", date(2026, 11, 1)
"""The Vyborg office's register of August comes with the first `advance`."""
BRANCH_ACCOUNTS = frozenset({"A90051", "A90052"})
"""Billed by the Petersburg branch, in its registers."""
LATE_ACCOUNT = "A90053"
NEXT_DAY = date(2026, 11, 1)
"""The first day that `advance` brings."""
DEALS_FILE = f"deals_{FIRST_DELIVERY}.csv"
BROKEN_LINE, UNPARSABLE_LINE = 10, 15
BROKEN_DEAL = (
    "СД-90054-1;A90054;K06;Новый;Предложение; ждём бюджет;480 000,00;585 600,00;RUB;05.10.2026;;;"
    ";05.10.2026 12:00:00"
)
UNPARSABLE_AMOUNT = "12O 500,00"
"""The letter O for the digit 0."""
UNPARSABLE_DEAL = (
    f"СД-90055-1;A90055;K07;Новый;Переговоры;{UNPARSABLE_AMOUNT};147 010,00;RUB;06.10.2026;;;"
    ";06.10.2026 12:00:00"
)


def register_file(month: date, covers_to: date, office: str = "", copy: str = "") -> str:
    """Name of a month's register: the period it replaces and the last day it speaks for."""
    scope = f"{month:%Y-%m}-{office}" if office else f"{month:%Y-%m}"
    return f"register_{scope}_{covers_to}{copy}.xlsx"


def duplicated_file() -> Told:
    """June's register lies in the inbox twice, the second time as a browser names copies."""
    facts = Facts()
    who = client(facts, 51, "ООО «Дважды два»", "K05")
    only = who.contract(
        1, PHONE, rub(12000), date(2024, 6, 1), date(2028, 5, 31), date(2024, 5, 27)
    )
    who.bill_monthly(only)
    end = date(2026, 6, 30)
    files = tuple(register_file(DUPLICATED_MONTH, end, copy=copy) for copy in ("", " (1)"))
    return Story(
        "duplicated_file",
        (who.account_id,), (only.contract_id,),
        (KpiFact("revenue", DUPLICATED_MONTH, rub(12000)),), files=files,
    ), facts  # fmt: skip


def _corrected_id() -> str:
    return f"СЧ-{CORRECTED_MONTH:%y%m}-90052"


def corrected_file() -> Told:
    """April's register said 30 000; the one that covers to 12 May says 25 000."""
    facts = Facts()
    who = client(facts, 52, "ООО «С поправкой»", "K06")
    invoice = who.invoice(
        _corrected_id(), date(2026, 4, 15), date(2026, 5, 15), [(PROJECT, rub(25000), None)]
    )
    who.settle(invoice, date(2026, 5, 20))
    files = (
        register_file(CORRECTED_MONTH, date(2026, 4, 30)),
        register_file(CORRECTED_MONTH, CORRECTED_ON),
    )
    kpis = (
        KpiFact("revenue", CORRECTED_MONTH, rub(25000)),
        KpiFact("overdue_share", CORRECTED_MONTH, rub(0), rub(30500)),
    )
    return Story(
        "corrected_file",
        (who.account_id,), (), kpis,
        (OpenFact(invoice.invoice_id, CORRECTED_MONTH, rub(30500), rub(0)),), files=files,
        ids={"invoice": invoice.invoice_id},
    ), facts  # fmt: skip


def before_correction(invoice: Invoice) -> Invoice:
    """The document as the first register of its month had it: 30 000 where 25 000 was right."""
    if invoice.invoice_id != _corrected_id():
        return invoice
    return document(
        invoice.invoice_id, invoice.account_id, invoice.issued_on, invoice.due_on, rub(30000)
    )


def net_before_correction(invoice_id: str, net: Decimal) -> Decimal:
    """The net amount of a line as the first register of its month had it."""
    return rub(30000) if invoice_id == _corrected_id() else net


def late_file() -> Told:
    """The Vyborg office delivers August's register on 1 November."""
    facts = Facts()
    who = client(facts, 53, "ООО «Почта подвела»", "K07")
    invoice = who.invoice(
        f"СЧ-2608-{who.code}", date(2026, 8, 6), date(2026, 9, 5), [(PROJECT, rub(77000), None)]
    )
    who.settle(invoice, date(2026, 8, 28), rub(50000))
    left = rub(43940)
    kpis = (
        KpiFact("revenue", LATE_MONTH, rub(0), before_days=1),
        KpiFact("revenue", LATE_MONTH, rub(77000), after_days=1),
        KpiFact("overdue_share", LATE_MONTH, rub(0), left, after_days=1),
        KpiFact("overdue_share", date(2026, 9, 1), left, left, after_days=1),
    )
    return Story(
        "late_file",
        (who.account_id,), (), kpis,
        files=(register_file(LATE_MONTH, date(2026, 8, 31), LATE_OFFICE),),
        ids={"invoice": invoice.invoice_id},
    ), facts  # fmt: skip


def broken_row() -> Told:
    """A deal with one column too many."""
    facts = Facts()
    who = client(facts, 54, "ООО «Точка с запятой»", "K06")
    fault = QuarantineFact(DEALS_FILE, BROKEN_LINE, None, BROKEN_DEAL, "wrong_column_count")
    return Story(
        "broken_row", (who.account_id,),
        quarantined=(fault,), files=(DEALS_FILE,), ids={"deal": "СД-90054-1"},
    ), facts  # fmt: skip


def unparsable_amount() -> Told:
    """A deal whose amount has the letter O for a zero."""
    facts = Facts()
    who = client(facts, 55, "ООО «О вместо нуля»", "K07")
    fault = QuarantineFact(
        DEALS_FILE, UNPARSABLE_LINE, "amount", UNPARSABLE_AMOUNT, "unparsable_decimal"
    )
    return Story(
        "unparsable_amount",
        (who.account_id,), quarantined=(fault,), files=(DEALS_FILE,), ids={"deal": "СД-90055-1"},
    ), facts  # fmt: skip


def unknown_account() -> Told:
    """Billed on 12 October, entered in the CRM on 2 November with its owner from 1 October."""
    facts = Facts()
    who = client(facts, 56, "ООО «Неизвестные герои»", None, created_on=date(2026, 11, 2))
    who.owner("K05", date(2026, 10, 1))
    invoice = who.invoice(
        f"СЧ-2610-{who.code}", date(2026, 10, 12), date(2026, 11, 11),
        [(SUPPORT, rub(12345), None)],
    )  # fmt: skip
    month = date(2026, 10, 1)
    kpis = (
        KpiFact("revenue", month, rub(0), before_days=2),
        KpiFact("revenue", month, rub(12345), employee_id="K05", after_days=2),
    )
    return Story(
        "unknown_account",
        (who.account_id,), (), kpis,
        (OpenFact(invoice.invoice_id, month, rub("15060.90"), rub(0)),),
        ids={"invoice": invoice.invoice_id},
    ), facts  # fmt: skip


def entered_late() -> Told:
    """Dated 20 October, entered on 1 November, when October was read already."""
    facts = Facts()
    who = client(facts, 57, "ООО «Задним числом»", "K06")
    invoice = who.invoice(
        f"СЧ-2610-{who.code}", date(2026, 10, 20), date(2026, 10, 25),
        [(PROJECT, rub(64000), None)], entered_on=NEXT_DAY,
    )  # fmt: skip
    month, gross = date(2026, 10, 1), rub(78080)
    kpis = (
        KpiFact("revenue", month, rub(0), before_days=1),
        KpiFact("revenue", month, rub(64000), after_days=1),
        KpiFact("overdue_share", month, rub(0), rub(0), before_days=1),
        KpiFact("overdue_share", month, gross, gross, after_days=1),
    )
    return Story(
        "entered_late", (who.account_id,), (), kpis, ids={"invoice": invoice.invoice_id}
    ), facts


def deleted_document() -> Told:
    """Entered by mistake on 14 October; on 1 November the row is simply gone."""
    facts = Facts()
    who = client(facts, 58, "ООО «Был да сплыл»", "K07")
    right = who.invoice(
        f"СЧ-2610-{who.code}", date(2026, 10, 14), date(2026, 11, 13),
        [(PROJECT, rub(21000), None)],
    )  # fmt: skip
    mistake = who.invoice(
        f"СЧ-2610-{who.code}/2", date(2026, 10, 14), date(2026, 11, 13),
        [(PROJECT, rub(210000), None), (SUPPORT, rub(5000), None)], deleted_on=NEXT_DAY,
    )  # fmt: skip
    month = date(2026, 10, 1)
    kpis = (
        KpiFact("revenue", month, rub(236000), before_days=1),
        KpiFact("revenue", month, rub(21000), after_days=1),
        KpiFact("overdue_share", month, rub(0), rub(287920), before_days=1),
        KpiFact("overdue_share", month, rub(0), rub(25620), after_days=1),
    )
    return Story(
        "deleted_document", (who.account_id,), (), kpis,
        ids={"invoice": right.invoice_id, "deleted": mistake.invoice_id},
    ), facts  # fmt: skip


TELLERS = (
    duplicated_file, corrected_file, late_file, broken_row, unparsable_amount, unknown_account,
    entered_late, deleted_document,
)  # fmt: skip
