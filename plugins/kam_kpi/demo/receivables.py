"""How ordinary clients pay: in time, late, in parts, two invoices at once, or never."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from kam_kpi.demo.billing_rows import Allocation, Dispute, Invoice, Payment, WriteOff
from kam_kpi.demo.calendar import KOPECK, money, stream, workday
from kam_kpi.demo.invoices import Billing

_HABITS = ("prompt", "ordinary", "slow", "bad")
_HABIT_WEIGHTS = (36, 49, 12, 3)
_DELAYS = {"prompt": (-6, 0), "ordinary": (-3, 5), "slow": (3, 24), "bad": (15, 70)}
_WRITE_OFF_AFTER = 180  # days past due


@dataclass
class Receipts:
    """Money that came in, what it was applied to, and what was disputed or given up."""

    payments: list[Payment] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    write_offs: list[WriteOff] = field(default_factory=list)


def _paid_on(invoice: Invoice, habit: str, rng: random.Random) -> date:
    early, late = _DELAYS[habit]
    planned = (invoice.due_on or invoice.issued_on) + timedelta(days=rng.randint(early, late))
    day = planned if habit == "prompt" else workday(planned)  # the prompt pay by standing order
    return max(day, invoice.issued_on + timedelta(days=8))  # after any credit note


def _instalments(total: Decimal, rng: random.Random) -> list[Decimal]:
    if rng.random() > 0.06:
        return [total]
    first = money(total * rng.choice((30, 50, 60)) / 100)
    return [first, total - first]


class _Payer:
    """One client's payments; those of one day are one payment."""

    def __init__(self, seed: int, account_id: str) -> None:
        self.seed, self.account_id = seed, account_id
        self.habit = stream(seed, "habit", account_id).choices(_HABITS, _HABIT_WEIGHTS)[0]
        self.parts: dict[date, list[tuple[str, Decimal]]] = defaultdict(list)
        self.receipts = Receipts()

    def take(self, invoice: Invoice, total: Decimal) -> None:
        """Decides when and how `total` of an invoice is paid."""
        rng = stream(self.seed, "pay", invoice.invoice_id)
        if rng.random() < 0.006:
            self._dispute(invoice, total, rng)
        if rng.random() < {"bad": 0.05, "slow": 0.005}.get(self.habit, 0):
            written_on = (invoice.due_on or invoice.issued_on) + timedelta(days=_WRITE_OFF_AFTER)
            number = f"СП-{invoice.invoice_id[3:]}"
            self.receipts.write_offs.append(WriteOff(number, invoice.invoice_id, written_on, total))
            return
        day = _paid_on(invoice, self.habit, rng)
        for turn, part in enumerate(_instalments(total, rng)):
            self.parts[day + timedelta(days=17 * turn)].append((invoice.invoice_id, part))

    def _dispute(self, invoice: Invoice, total: Decimal, rng: random.Random) -> None:
        opened_on = invoice.issued_on + timedelta(days=rng.randint(4, 20))
        closed_on = opened_on + timedelta(days=rng.randint(10, 60))
        amount = max(KOPECK, money(total * rng.choice((20, 50, 100)) / 100))
        number = f"СПОР-{invoice.invoice_id[3:]}"
        self.receipts.disputes.append(
            Dispute(number, invoice.invoice_id, opened_on, closed_on, amount)
        )

    def finish(self) -> Receipts:
        """Payments and allocations, by day."""
        for day, parts in sorted(self.parts.items()):
            payment_id = f"ПП-{day:%y%m%d}-{self.account_id[1:]}"
            rng = stream(self.seed, "apply", payment_id)
            amount = sum((part for _, part in parts), Decimal(0))
            self.receipts.payments.append(Payment(payment_id, self.account_id, day, amount))
            applied_on = day + timedelta(days=rng.choices((0, 1, 3), (85, 10, 5))[0])
            for number, (invoice_id, part) in enumerate(parts, 1):
                self.receipts.allocations.append(
                    Allocation(
                        f"{payment_id}-{number}", invoice_id, payment_id, None, applied_on, part
                    )
                )
        return self.receipts


def collect(seed: int, billing: Billing) -> Receipts:
    """Everything that ordinary clients pay, dispute or never pay."""
    credited: dict[str, Decimal] = defaultdict(Decimal)
    for allocation in billing.allocations:
        credited[str(allocation.invoice_id)] += allocation.amount
    payers: dict[str, _Payer] = {}
    for invoice in billing.invoices:
        if invoice.kind == "invoice" and invoice.voided_on is None:
            payer = payers.setdefault(invoice.account_id, _Payer(seed, invoice.account_id))
            payer.take(invoice, invoice.gross - credited[invoice.invoice_id])
    result = Receipts()
    for payer in payers.values():
        receipts = payer.finish()
        result.payments += receipts.payments
        result.allocations += receipts.allocations
        result.disputes += receipts.disputes
        result.write_offs += receipts.write_offs
    return result
