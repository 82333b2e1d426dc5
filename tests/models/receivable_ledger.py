"""Receivables by their definition in plain Python, for one day of any ledger and policy.

Knows no spans: what is open of each document on day D, then credits, disputes, buckets and shares as
docs/kpis.md says them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tests.models.marts import Row

Tables = dict[str, list[Row]]
Measured = dict[tuple[str, str], tuple[Decimal, Decimal]]
ZERO = Decimal(0)


def next_year(day: date) -> date:
    leap = (day.month, day.day) == (2, 29)
    return date(day.year + 1, day.month, 28 if leap else day.day)


@dataclass(frozen=True)
class Item:
    """A part of an invoice that is open on D."""

    account: str
    invoice: str
    instalment: int
    due_on: date | None
    issued_on: date
    amount: Decimal
    is_written_off: bool = False
    credit: Decimal = ZERO
    disputed: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        return self.amount - self.credit

    def age(self, day: date) -> int:
        return max(0, (day - self.due_on).days) if self.due_on else 0


@dataclass(frozen=True)
class Ledger:
    """What is known of one day."""

    tables: Tables
    day: date
    policy: Row

    def holds(self, start: date, end: date | None) -> bool:
        return start <= self.day and not (end and end <= self.day)

    def documents(self, kind: str) -> dict[str, Row]:
        return {
            row["invoice_id"]: row
            for row in self.tables.get("invoice", [])
            if row["kind"] == kind and self.holds(row["issued_on"], row.get("voided_on"))
        }

    def payments(self) -> dict[str, Row]:
        return {
            row["payment_id"]: row
            for row in self.tables.get("payment", [])
            if self.holds(row["received_on"], row.get("reversed_on"))
        }

    def allocations(self) -> Iterator[Row]:
        ends = {
            "invoice_id": self.documents("invoice"),
            "credit_note_id": self.documents("credit_note"),
            "payment_id": self.payments(),
        }
        for row in self.tables.get("allocation", []):
            alive = all(row[name] in ends[name] for name in ends if row.get(name))
            if alive and self.holds(row["applied_on"], row.get("undone_on")):
                yield row

    def allocated(self, name: str, record: str) -> Decimal:
        return sum((r["amount"] for r in self.allocations() if r.get(name) == record), ZERO)

    def written_off(self, invoice: str, is_remembered: bool) -> Decimal:
        """Written off by D; or of that what was written off within twelve months."""
        return sum(
            (
                row["amount"]
                for row in self.tables.get("write_off", [])
                if row["invoice_id"] == invoice
                and row["written_on"] <= self.day
                and (not is_remembered or self.day < next_year(row["written_on"]))
            ),
            ZERO,
        )

    def first_invoice(self, row: Row) -> Row:
        known = {row["invoice_id"]: row for row in self.tables["invoice"]}
        while row.get("corrects_id"):
            row = known[row["corrects_id"]]
        return row

    def instalments(self, row: Row) -> list[tuple[date | None, Decimal]]:
        """Due dates with their amounts, oldest first; the last one has the rest."""
        dues = sorted(
            (due["due_on"], due["amount"])
            for due in self.tables.get("invoice_due", [])
            if due["invoice_id"] == row["invoice_id"]
        )
        if not dues:
            return [(row.get("due_on"), row["gross"])]
        left, parts = row["gross"], []
        for due_on, amount in dues[:-1]:
            parts.append((due_on, min(amount, left)))
            left -= parts[-1][1]
        return [*parts, (dues[-1][0], left)]

    def due_days(self, row: Row) -> list[date | None]:
        own = [due_on for due_on, _ in self.instalments(row)]
        first = [due_on for due_on, _ in self.instalments(self.first_invoice(row))]
        pairs = [(due_on, first[min(n, len(first) - 1)]) for n, due_on in enumerate(own)]
        return [min((due for due in pair if due), default=None) for pair in pairs]

    def open_parts(self, row: Row, is_gate: bool) -> Iterator[Item]:
        """What is open of an invoice, the amounts written off before the rest of it."""
        invoice = row["invoice_id"]
        balance = self.balance(row, is_gate=False)
        seen = max(ZERO, self.balance(row, is_gate))
        settled = row["gross"] - seen
        written = seen - max(ZERO, balance)
        dues = self.due_days(row)
        for number, (_, amount) in enumerate(self.instalments(row)):
            paid = min(amount, settled)
            settled -= paid
            lost = min(amount - paid, written)
            written -= lost
            for part, is_written_off in ((lost, True), (amount - paid - lost, False)):
                if part > 0:
                    yield Item(
                        row["account_id"], invoice, number + 1, dues[number], row["issued_on"],
                        part, is_written_off,
                    )  # fmt: skip

    def balance(self, row: Row, is_gate: bool) -> Decimal:
        invoice = row["invoice_id"]
        settled = self.allocated("invoice_id", invoice) + self.written_off(invoice, False)
        back = max(ZERO, self.written_off(invoice, True)) if is_gate else ZERO
        amount: Decimal = row["gross"] - settled + back
        return amount

    def credits(self, is_gate: bool) -> dict[tuple[str, str, str], Decimal]:
        """Open credit by account, record type and record; a refund not yet applied is negative."""
        found = {}
        for name, row in self.documents("credit_note").items():
            left = -row["gross"] - self.allocated("credit_note_id", name)
            found[row["account_id"], "credit_note", name] = left
        for name, row in self.payments().items():
            applied = self.allocated("payment_id", name)
            left = row["amount"] - applied if row["amount"] > 0 else row["amount"] + applied
            found[row["account_id"], "payment", name] = left
        for name, row in self.documents("invoice").items():
            found[row["account_id"], "invoice", name] = max(ZERO, -self.balance(row, is_gate))
        return {key: amount for key, amount in found.items() if amount}

    def items(self, is_gate: bool) -> list[Item]:
        """Open items, oldest first, with the credits and disputes of each."""
        items = [
            item
            for row in self.documents("invoice").values()
            for item in self.open_parts(row, is_gate)
        ]
        items.sort(
            key=lambda item: (
                item.due_on or item.issued_on, item.invoice, item.instalment,
                not item.is_written_off,
            )
        )  # fmt: skip
        credit: dict[str, Decimal] = defaultdict(lambda: ZERO)
        if self.policy["receivables_credits"] == "oldest_first":
            for (account, _, _), amount in self.credits(is_gate).items():
                credit[account] += amount
        disputed: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for row in self.tables.get("dispute", []):
            if self.holds(row["opened_on"], row.get("closed_on")):
                disputed[row["invoice_id"]] += row["amount"]
        judged = []
        for item in items:
            applied = max(ZERO, min(item.amount, credit[item.account]))
            credit[item.account] -= applied
            in_doubt = min(item.amount - applied, disputed[item.invoice])
            disputed[item.invoice] -= in_doubt
            judged.append(replace(item, credit=applied, disputed=in_doubt))
        return judged

    def measured(self, is_gate: bool = False) -> Measured:
        """Overdue and open by record type and record."""
        sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for item in self.items(is_gate):
            counted = item.open
            if self.policy["receivables_disputes"] == "exclude":
                counted -= item.disputed
            is_overdue = item.is_written_off or item.age(self.day) > 0
            sums["invoice", item.invoice][0] += counted if is_overdue else ZERO
            sums["invoice", item.invoice][1] += counted
        if self.policy["receivables_credits"] == "own_bucket":
            for (_, kind, name), amount in self.credits(is_gate).items():
                sums[kind, name][1] -= amount
        return {key: (overdue, open_) for key, (overdue, open_) in sums.items() if open_}

    def receivables(self) -> Measured:
        """Open and gross billed in twelve months, by account."""
        accounts = {
            ("invoice", row["invoice_id"]): row["account_id"] for row in self.tables["invoice"]
        } | {("payment", row["payment_id"]): row["account_id"] for row in self.tables["payment"]}
        sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for (kind, name), (_, open_) in self.measured().items():
            account = accounts["payment" if kind == "payment" else "invoice", name]
            sums["account", account][0] += open_
        ends = self.day.replace(day=1)
        starts = date(ends.year - 1, ends.month, 1)
        for row in (self.documents("invoice") | self.documents("credit_note")).values():
            if row["issued_on"] >= (starts + timedelta(days=31)).replace(day=1):
                sums["account", row["account_id"]][1] += row["gross"]
        return {key: (open_, billed) for key, (open_, billed) in sums.items() if open_ or billed}

    def bucket(self, age: int) -> str:
        first = 0
        for last in self.policy["aging_buckets"]:
            if age <= last:
                return "not_due" if last == 0 else f"{first}-{last}"
            first = last + 1
        return f"{self.policy['aging_buckets'][-1]}+"
