"""Invoices and credit notes of ordinary clients: contract services, usage and one-off sales."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from kam_kpi.demo.billing_rows import Allocation, Invoice, InvoiceLine
from kam_kpi.demo.calendar import (
    FIRST_DAY,
    LAST_DAY,
    money,
    month_end,
    months,
    stream,
    vat_rate,
    workday,
)
from kam_kpi.demo.crm_rows import Service
from kam_kpi.demo.products import PRODUCTS, line_cost

_SEASON = (78, 92, 108, 100, 90, 102, 88, 84, 105, 110, 112, 135)  # percent, January first
_ONE_OFF = sorted(code for code, product in PRODUCTS.items() if not product.is_recurring)
_METERED = ("Телефония", "Облачные серверы", "Хранение данных")

Item = tuple[str, date | None, date | None, int, Decimal, bool]
"""Product, first and last day of service, quantity, net, recurring: a line to be."""


@dataclass
class Billing:
    """Documents of one client or of all."""

    invoices: list[Invoice] = field(default_factory=list)
    lines: list[InvoiceLine] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    """Credit notes applied to invoices."""


def document(
    invoice_id: str, account_id: str, issued_on: date, due_on: date | None, net: Decimal,
    **other: object,
) -> Invoice:  # fmt: skip
    """An invoice or credit note with VAT; foreign clients (`currency`) pay none."""
    rate = vat_rate(issued_on) if other.get("currency", "RUB") == "RUB" else Decimal(0)
    tax = money(net * rate)
    kind = "credit_note" if net < 0 else "invoice"
    return Invoice(
        invoice_id, account_id, kind, issued_on, due_on, net, tax, net + tax,
        **other,  # type: ignore[arg-type]
    )  # fmt: skip


def prorated(amount: Decimal, starts_on: date, ends_on: date, month: date) -> Decimal:
    """A monthly amount for the days of `month` between two dates, rounded to kopecks."""
    first, last = max(starts_on, month), min(ends_on, month_end(month))
    return money(amount * ((last - first).days + 1) / month_end(month).day)


class _Client:
    """Bills one client month by month."""

    def __init__(self, seed: int, account_id: str, services: list[Service]) -> None:
        self.seed, self.account_id, self.services = seed, account_id, services
        rng = stream(seed, "terms", account_id)
        self.due_days = rng.choices((10, 20, 30, 45), (10, 20, 45, 25))[0]
        self.is_automatic = rng.random() < 0.6  # billed in the first night of the month
        self.billing = Billing()

    def run(self) -> Billing:
        for month in months(FIRST_DAY, LAST_DAY):
            active = [
                service
                for service in self.services
                if service.starts_on <= month_end(month) and service.ends_on >= month
            ]
            if active:
                self._month(month, active, stream(self.seed, "bill", self.account_id, month))
        return self.billing

    def _id(self, month: date, suffix: str = "", prefix: str = "СЧ") -> str:
        return f"{prefix}-{month:%y%m}-{self.account_id[1:]}{suffix}"

    def _month(self, month: date, active: list[Service], rng: random.Random) -> None:
        lines: list[Item] = []
        for service in active:
            first, last = max(service.starts_on, month), min(service.ends_on, month_end(month))
            net = prorated(service.amount, service.starts_on, service.ends_on, month)
            lines.append((service.product_id, first, last, 1, net, True))
            if PRODUCTS[service.product_id].family in _METERED and rng.random() < 0.5:
                usage = money(net * rng.randint(2, 12) * _SEASON[month.month - 1] / 10000)
                lines.append((service.product_id, first, last, 1, usage, False))
        contract_id = active[0].contract_id if len(active) == 1 else None
        by_hand = workday(month + timedelta(days=rng.randint(0, 4)))
        issued_on = month if self.is_automatic else by_hand
        self._issue(self._id(month), issued_on, lines, rng, contract_id)
        if rng.random() < 0.09 * _SEASON[month.month - 1] / 100:
            self._one_off(month, rng)

    def _one_off(self, month: date, rng: random.Random) -> None:
        lines: list[Item] = []
        for product_id in rng.sample(_ONE_OFF, rng.randint(1, 3)):
            price = PRODUCTS[product_id].unit_cost * Decimal(rng.choice(("1.2", "1.3", "1.45")))
            quantity = 1 if PRODUCTS[product_id].family.startswith("Внедр") else rng.randint(1, 6)
            lines.append((product_id, None, None, quantity, money(price * quantity), False))
        issued_on = workday(month + timedelta(days=rng.randint(7, 22)))
        self._issue(self._id(month, "/2"), issued_on, lines, rng, None)

    def _issue(
        self,
        invoice_id: str,
        issued_on: date,
        lines: list[Item],
        rng: random.Random,
        contract_id: str | None,
    ) -> None:
        net = sum((line[4] for line in lines), Decimal(0))
        due_on = issued_on + timedelta(days=self.due_days)
        invoice = document(
            invoice_id, self.account_id, issued_on, due_on, net, contract_id=contract_id
        )
        chance = rng.random()
        if chance < 0.004:  # a wrong address: voided at once and issued anew
            void_on = issued_on + timedelta(days=1)
            self._add(replace(invoice, invoice_id=f"{invoice_id}-А", voided_on=void_on), lines)
            invoice = replace(invoice, issued_on=void_on, corrects_id=f"{invoice_id}-А")
        self._add(invoice, lines)
        if chance > 0.985:
            self._credit(invoice, lines[0], rng)

    def _add(
        self,
        invoice: Invoice,
        lines: list[Item],
    ) -> None:
        self.billing.invoices.append(invoice)
        for number, (product_id, first, last, quantity, net, is_recurring) in enumerate(lines, 1):
            self.billing.lines.append(
                InvoiceLine(
                    invoice.invoice_id,
                    number,
                    product_id,
                    first,
                    last,
                    quantity,
                    net,
                    line_cost(product_id, net),
                    is_recurring,
                )
            )

    def _credit(
        self,
        invoice: Invoice,
        line: Item,
        rng: random.Random,
    ) -> None:
        """Takes a part of the first line back, before the invoice is paid."""
        net = -money(line[4] * rng.choice((5, 10, 15, 20)) / 100)
        issued_on = workday(invoice.issued_on + timedelta(days=rng.randint(2, 5)))
        note_id = invoice.invoice_id.replace("СЧ", "КС")
        note = document(
            note_id, self.account_id, issued_on, None, net, corrects_id=invoice.invoice_id
        )
        self._add(note, [(line[0], line[1], line[2], line[3], net, line[5])])
        self.billing.allocations.append(
            Allocation(f"{note_id}-З", invoice.invoice_id, None, note_id, issued_on, -note.gross)
        )


def bill(seed: int, services: list[Service]) -> Billing:
    """Documents of all ordinary clients up to the end of the calendar."""
    by_account: dict[str, list[Service]] = {}
    for service in services:
        by_account.setdefault(service.account_id, []).append(service)
    result = Billing()
    for account_id, own in by_account.items():
        billing = _Client(seed, account_id, own).run()
        result.invoices += billing.invoices
        result.lines += billing.lines
        result.allocations += billing.allocations
    return result
