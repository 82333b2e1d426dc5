"""A branch's monthly register as an XLSX workbook; the same facts, the same bytes."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from kam_kpi.demo.billing_rows import Allocation, Invoice, InvoiceLine, Payment
from kam_kpi.demo.calendar import month_end
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.products import PRODUCTS

TOTAL = "Итого"
_CREATED = datetime(2020, 1, 1)  # noqa: DTZ001 (a workbook's property has no zone)
_MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь",
    "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
_CURRENCY = {"RUB": "руб.", "EUR": "евро"}


@dataclass
class Register:
    """What one register holds."""

    month: date
    covers_to: date
    invoices: list[Invoice]
    lines: list[InvoiceLine]
    payments: list[Payment]
    allocations: list[Allocation]
    names: dict[str, str]

    @property
    def has_all(self) -> bool:
        """Every sheet has a row."""
        return bool(self.invoices and self.lines and self.payments and self.allocations)


class Ledger:
    """Billing facts by month, so that one register costs what it holds."""

    def __init__(self, facts: Facts, chosen: Callable[[str], bool]) -> None:
        """Takes the documents of the accounts for which `chosen` is true."""
        self.names = {account.account_id: account.name for account in facts.accounts}
        invoices = [row for row in facts.invoices if chosen(row.account_id)]
        payments = [row for row in facts.payments if chosen(row.account_id)]
        self.invoices = _by_month(invoices, lambda row: row.issued_on)
        self.payments = _by_month(payments, lambda row: row.received_on)
        known = {row.invoice_id for row in invoices} | {row.payment_id for row in payments}
        mine = [row for row in facts.allocations if (row.invoice_id or row.payment_id) in known]
        self.allocations = _by_month(mine, lambda row: row.applied_on)
        self.lines: dict[str, list[InvoiceLine]] = {}
        for line in facts.invoice_lines:
            self.lines.setdefault(line.invoice_id, []).append(line)

    def register(self, month: date, covers_to: date) -> Register:
        """The register of a month as it stands at the end of `covers_to`."""

        def known(rows: Iterable[Any], day: str, key: str) -> list[Any]:
            seen = [row for row in rows if getattr(row, day) <= covers_to]
            return sorted(seen, key=lambda row: (getattr(row, day), getattr(row, key)))

        invoices = known(self.invoices.get(month, []), "issued_on", "invoice_id")
        return Register(
            month, covers_to, invoices,
            [line for invoice in invoices for line in self.lines[invoice.invoice_id]],
            known(self.payments.get(month, []), "received_on", "payment_id"),
            known(self.allocations.get(month, []), "applied_on", "allocation_id"),
            self.names,
        )  # fmt: skip


def _by_month(rows: Iterable[Any], day: Callable[[Any], date]) -> dict[date, list[Any]]:
    result: dict[date, list[Any]] = {}
    for row in rows:
        result.setdefault(day(row).replace(day=1), []).append(row)
    return result


def _invoice_sheet(register: Register) -> tuple[list[str], list[list[Any]]]:
    header = [
        "Документ", "Вид", "Дата", "Срок оплаты", "Код клиента", "Клиент", "Договор", "Исправляет",
        "Состояние", "Аннулирован", "Сумма без НДС", "НДС", "Всего", "Валюта",
    ]  # fmt: skip
    rows = []
    for row in register.invoices:
        is_void = row.voided_on is not None and row.voided_on <= register.covers_to
        rows.append([
            row.invoice_id, "Счёт" if row.kind == "invoice" else "Корректировка", row.issued_on,
            row.due_on, row.account_id, register.names[row.account_id], row.contract_id,
            row.corrects_id, "Аннулирован" if is_void else "Проведён",
            row.voided_on if is_void else None, row.net, row.tax, row.gross,
            _CURRENCY[row.currency],
        ])  # fmt: skip
    return header, rows


def _line_sheet(register: Register) -> tuple[list[str], list[list[Any]]]:
    header = [
        "Документ", "№ строки", "Код услуги", "Наименование", "Период с", "Период по",
        "Количество", "Сумма без НДС", "Себестоимость", "Абонплата",
    ]  # fmt: skip
    return header, [
        [
            row.invoice_id, row.line_no, row.product_id, PRODUCTS[row.product_id].name,
            row.period_from, row.period_to, row.quantity, row.net, row.cost,
            "Да" if row.is_recurring else "Нет",
        ]
        for row in register.lines
    ]  # fmt: skip


def _payment_sheet(register: Register) -> tuple[list[str], list[list[Any]]]:
    return ["Платёж", "Дата", "Код клиента", "Клиент", "Сумма", "Валюта"], [
        [
            row.payment_id, row.received_on, row.account_id, register.names[row.account_id],
            row.amount, _CURRENCY[row.currency],
        ]
        for row in register.payments
    ]  # fmt: skip


def _allocation_sheet(register: Register) -> tuple[list[str], list[list[Any]]]:
    return ["Зачёт", "Дата", "Документ", "Платёж", "Корректировка", "Сумма"], [
        [
            row.allocation_id, row.applied_on, row.invoice_id, row.payment_id, row.credit_note_id,
            row.amount,
        ]
        for row in register.allocations
    ]  # fmt: skip


SHEETS = {
    "Счета": _invoice_sheet,
    "Строки": _line_sheet,
    "Оплаты": _payment_sheet,
    "Зачёты": _allocation_sheet,
}


def workbook(register: Register) -> bytes:
    """The register as XLSX: on each sheet a title, a header in row 2, rows, and a row of totals."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": _CREATED, "author": "Бухгалтерия"})
    bold = book.add_format({"bold": True})
    day_format = book.add_format({"num_format": "dd.mm.yyyy"})
    money_format = book.add_format({"num_format": "# ##0.00"})
    title = (
        f"за {_MONTHS[register.month.month - 1]} {register.month.year} г., "
        f"данные по {min(register.covers_to, month_end(register.month)):%d.%m.%Y}"
    )
    for name, build in SHEETS.items():
        header, rows = build(register)
        sheet = book.add_worksheet(name)
        sheet.write_string(0, 0, f"{name} {title}", bold)
        sheet.write_row(1, 0, header, bold)
        for number, row in enumerate([*rows, _totals(rows)], 2):
            for column, value in enumerate(row):
                if isinstance(value, Decimal):
                    sheet.write_number(number, column, float(value), money_format)
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value, day_format)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value is not None:
                    sheet.write_string(number, column, value)
    book.close()
    return buffer.getvalue()


def _totals(rows: list[list[Any]]) -> list[Any]:
    columns = zip(*rows, strict=True)
    sums = [
        sum(column, Decimal(0)) if isinstance(column[-1], Decimal) else None for column in columns
    ]
    return [TOTAL, *sums[1:]]


def row_counts(register: Register) -> dict[str, int]:
    """Rows of data per sheet, as the manifest announces them."""
    return {name: len(build(register)[1]) for name, build in SHEETS.items()}
