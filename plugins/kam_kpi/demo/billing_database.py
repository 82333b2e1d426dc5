"""The accounting system's database: an SQLite file with everything known on a day."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any

from kam_kpi.demo.billing_rows import Invoice
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.products import PRODUCTS

DATABASE = "billing.db"
"""Its name in the inbox."""
_CURRENCY = {"RUB": 643, "EUR": 978}
_TABLES = {
    "sale": "doc_no primary key, kind, client_code, contract_no, corrects_no, doc_date, pay_until,"
    " is_void, voided_on, net, vat, total, currency, edited_at",
    "sale_line": "doc_no, line_no, product_code, title, served_from, served_to, quantity, net,"
    " cost, is_subscription, primary key (doc_no, line_no)",
    "receipt": "receipt_no primary key, client_code, value_date, amount, currency, edited_at",
    "settlement": "settlement_no primary key, doc_no, receipt_no, credit_no, settled_on, amount,"
    " edited_at",
    "dispute": "dispute_no primary key, doc_no, opened_on, closed_on, amount",
    "write_off": "write_off_no primary key, doc_no, written_on, amount",
    "exchange_rate": "currency, kind, valid_on, rate",
    "closed_day": "day primary key",
}
"""Dates and amounts are texts, as in many an ERP that grew on SQLite: no digit is lost."""


def database(facts: Facts, chosen: Callable[[str], bool], day: date) -> bytes:
    """The file as it stands at the end of `day`; the same facts give the same bytes.

    Args:
        facts: everything that happens to the company.
        chosen: whether the documents of an account are kept here.
        day: rows entered later are not there yet, and rows deleted by then are gone.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, columns in _TABLES.items():
            connection.execute(f"create table {name} ({columns})")
        for name, rows in _rows(facts, chosen, day).items():
            stored = sorted(([_stored(value) for value in row] for row in rows), key=str)
            for row in stored:
                marks = ", ".join("?" * len(row))
                connection.execute(f"insert into {name} values ({marks})", row)
        connection.commit()
        return connection.serialize()


def _rows(
    facts: Facts, chosen: Callable[[str], bool], day: date
) -> dict[str, Iterable[Iterable[Any]]]:
    sales = {r.invoice_id: r for r in facts.invoices if chosen(r.account_id) and r.is_kept_on(day)}
    receipts = {
        r.payment_id: r for r in facts.payments if chosen(r.account_id) and r.received_on <= day
    }
    return {
        "sale": map(_Sale(day), sales.values()),
        "sale_line": (
            (r.invoice_id, r.line_no, r.product_id, PRODUCTS[r.product_id].name, r.period_from,
             r.period_to, r.quantity, r.net, r.cost, r.is_recurring)
            for r in facts.invoice_lines if r.invoice_id in sales
        ),
        "receipt": (
            (r.payment_id, r.account_id, r.received_on, r.amount, _CURRENCY[r.currency],
             _instant(r.received_on))
            for r in receipts.values()
        ),
        "settlement": (
            (r.allocation_id, r.invoice_id, r.payment_id, r.credit_note_id, r.applied_on, r.amount,
             _instant(r.applied_on))
            for r in facts.allocations
            if r.applied_on <= day and (r.invoice_id in sales or r.payment_id in receipts)
        ),
        "dispute": (
            (r.dispute_id, r.invoice_id, r.opened_on,
             r.closed_on if r.closed_on and r.closed_on <= day else None, r.amount)
            for r in facts.disputes if r.opened_on <= day
        ),
        "write_off": (
            (r.write_off_id, r.invoice_id, r.written_on, r.amount)
            for r in facts.write_offs if r.written_on <= day
        ),
        "exchange_rate": (
            (_CURRENCY[r.currency], r.kind, r.valid_on, r.rate)
            for r in facts.rates if r.valid_on <= day
        ),
        "closed_day": [(day,)],
    }  # fmt: skip


class _Sale:
    """A document as a row; what happens after `day` is not known yet."""

    def __init__(self, day: date) -> None:
        self.day = day

    def __call__(self, row: Invoice) -> list[Any]:
        voided_on = row.voided_on if row.voided_on and row.voided_on <= self.day else None
        return [
            row.invoice_id, 1 if row.kind == "invoice" else 2, row.account_id, row.contract_id,
            row.corrects_id, row.issued_on, row.due_on, voided_on is not None, voided_on,
            row.net, row.tax, row.gross, _CURRENCY[row.currency],
            _instant(voided_on or row.entered_on or row.issued_on),
        ]  # fmt: skip


def _instant(day: date) -> str:
    return f"{day} 18:00:00"


def _stored(value: Any) -> Any:
    if isinstance(value, date | Decimal):
        return str(value)
    return int(value) if isinstance(value, bool) else value
