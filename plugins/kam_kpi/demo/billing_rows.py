"""Rows of the demo company's billing and receivables, and its exchange rates."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Invoice:
    """An invoice, or a credit note with negative amounts.

    `entered_on` is the day of entry where that is not the day of issue; from `deleted_on` on the
    document is gone without a trace.
    """

    invoice_id: str
    account_id: str
    kind: str
    issued_on: date
    due_on: date | None
    net: Decimal
    tax: Decimal
    gross: Decimal
    contract_id: str | None = None
    corrects_id: str | None = None
    currency: str = "RUB"
    voided_on: date | None = None
    entered_on: date | None = None
    deleted_on: date | None = None

    def is_kept_on(self, day: date) -> bool:
        """Whether the accounting system has it at the end of the day."""
        is_entered = (self.entered_on or self.issued_on) <= day
        return is_entered and (self.deleted_on is None or day < self.deleted_on)


@dataclass(frozen=True)
class InvoiceLine:
    """A line of an invoice."""

    invoice_id: str
    line_no: int
    product_id: str
    period_from: date | None
    period_to: date | None
    quantity: int
    net: Decimal
    cost: Decimal
    is_recurring: bool


@dataclass(frozen=True)
class Payment:
    """Money received; negative when returned."""

    payment_id: str
    account_id: str
    received_on: date
    amount: Decimal
    currency: str = "RUB"


@dataclass(frozen=True)
class Allocation:
    """Part of a payment or credit note applied to an invoice, or a credit that was paid out."""

    allocation_id: str
    invoice_id: str | None
    payment_id: str | None
    credit_note_id: str | None
    applied_on: date
    amount: Decimal


@dataclass(frozen=True)
class Dispute:
    """A disputed amount, gross."""

    dispute_id: str
    invoice_id: str
    opened_on: date
    closed_on: date | None
    amount: Decimal


@dataclass(frozen=True)
class WriteOff:
    """An amount given up, gross."""

    write_off_id: str
    invoice_id: str
    written_on: date
    amount: Decimal


@dataclass(frozen=True)
class Rate:
    """Roubles per one unit of a currency."""

    currency: str
    kind: str
    valid_on: date
    rate: Decimal
