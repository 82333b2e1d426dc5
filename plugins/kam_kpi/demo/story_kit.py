"""What stories are built with: a client, its contracts, and documents on chosen days."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from kam_kpi.demo import names
from kam_kpi.demo.billing_rows import Allocation, Invoice, InvoiceLine, Payment
from kam_kpi.demo.calendar import FIRST_DAY, LAST_DAY, month_end, months
from kam_kpi.demo.crm_rows import Account, Assignment, Contract, Parent
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.invoices import document, prorated
from kam_kpi.demo.products import line_cost

INTERNET, PHONE, CLOUD, STORAGE, SECURITY, SUPPORT = "P102", "P201", "P301", "P401", "P502", "P602"
PROJECT = "P701"
BILLED_ON, PAID_ON = 3, 18
"""Days of the month on which a story bills and is paid, unless it says otherwise."""

Line = tuple[str, Decimal, str | None]
"""Product, net amount, contract (None: a one-off sale)."""


def rub(amount: str | int) -> Decimal:
    """An amount with kopecks."""
    return Decimal(amount).quantize(Decimal("0.01"))


def noon(day: date) -> datetime:
    """Noon of the day, company time."""
    return datetime.combine(day, time(12))


@dataclass(frozen=True)
class Client:
    """One account of a story; every method adds rows to `facts`."""

    facts: Facts
    account_id: str

    @property
    def code(self) -> str:
        """The account's digits, with which the ids of its rows are made."""
        return self.account_id[1:]

    def owner(
        self, employee_id: str, since: date, until: date | None = None, share: str = "1"
    ) -> None:
        """Credits an owner from `since` until the day before `until`."""
        row = Assignment(self.account_id, employee_id, "owner", Decimal(share), since, until)
        self.facts.assignments.append(row)

    def contract(
        self, number: int, product_id: str, amount: Decimal, starts_on: date, ends_on: date | None,
        signed_on: date, **other: object,
    ) -> Contract:  # fmt: skip
        """Signs a contract, recorded on the day of signature."""
        contract = Contract(
            f"Д-{self.code}-{number}", self.account_id, product_id, signed_on, starts_on, ends_on,
            amount, noon(signed_on), **other,  # type: ignore[arg-type]
        )  # fmt: skip
        self.facts.contracts.append(contract)
        return contract

    def edit(self, contract: Contract, on: date, **changes: object) -> Contract:
        """Records a later version of a contract."""
        changed = replace(contract, modified_at=noon(on), **changes)  # type: ignore[arg-type]
        self.facts.contracts.append(changed)
        return changed

    def invoice(
        self, invoice_id: str, issued_on: date, due_on: date | None, lines: list[Line],
        **other: object,
    ) -> Invoice:  # fmt: skip
        """Issues an invoice, or with negative lines a credit note."""
        net = sum((line[1] for line in lines), Decimal(0))
        issued = document(invoice_id, self.account_id, issued_on, due_on, net, **other)
        self.facts.invoices.append(issued)
        month = issued_on.replace(day=1)
        for number, (product_id, amount, contract_id) in enumerate(lines, 1):
            is_service = contract_id is not None
            self.facts.invoice_lines.append(
                InvoiceLine(
                    invoice_id,
                    number,
                    product_id,
                    month if is_service else None,
                    month_end(month) if is_service else None,
                    1,
                    amount,
                    line_cost(product_id, amount),
                    is_service,
                )
            )
        return issued

    def pay(self, payment_id: str, on: date, amount: Decimal, currency: str = "RUB") -> Payment:
        """Receives money (negative: returns it) without applying it."""
        payment = Payment(payment_id, self.account_id, on, amount, currency)
        self.facts.payments.append(payment)
        return payment

    def apply(
        self, allocation_id: str, on: date, amount: Decimal, *, invoice_id: str | None = None,
        payment_id: str | None = None, note_id: str | None = None,
    ) -> None:  # fmt: skip
        """Applies part of a payment or of a credit note."""
        self.facts.allocations.append(
            Allocation(allocation_id, invoice_id, payment_id, note_id, on, amount)
        )

    def settle(self, invoice: Invoice, on: date, amount: Decimal | None = None) -> None:
        """Receives money for an invoice (default: all of it) and applies it the same day."""
        amount = invoice.gross if amount is None else amount
        payment = self.pay(f"ПП-{on:%y%m%d}-{invoice.invoice_id[3:]}", on, amount, invoice.currency)
        self.apply(
            f"{payment.payment_id}-1", on, amount,
            invoice_id=invoice.invoice_id, payment_id=payment.payment_id,
        )  # fmt: skip

    def monthly_id(self, month: date) -> str:
        """Id of the month's invoice for services."""
        return f"СЧ-{month:%y%m}-{self.code}"

    def bill_monthly(
        self,
        *contracts: Contract,
        extra: dict[date, list[Line]] | None = None,
        unpaid: frozenset[date] = frozenset(),
    ) -> None:
        """Bills terms month by month as the contracts' latest versions say; paid within the month.

        Args:
            contracts: billed for the days they are in force.
            extra: more lines of a month's invoice, by first day of the month.
            unpaid: first days of months whose payment the story makes itself.
        """
        for month in months(FIRST_DAY, LAST_DAY):
            lines = [line for contract in contracts for line in _service_line(contract, month)]
            lines += (extra or {}).get(month, [])
            if not lines:
                continue
            starts = [row.starts_on for row in contracts if row.starts_on <= month_end(month)]
            issued_on = max(month.replace(day=BILLED_ON), min(starts))
            invoice = self.invoice(
                self.monthly_id(month), issued_on, issued_on + timedelta(days=30), lines,
                currency=contracts[0].currency,
            )  # fmt: skip
            if month not in unpaid:
                self.settle(invoice, month.replace(day=PAID_ON))


def _service_line(contract: Contract, month: date) -> list[Line]:
    last = contract.terminated_on or contract.ends_on or LAST_DAY
    if contract.auto_renew and contract.notice_given_on is None:
        last = LAST_DAY
    if contract.starts_on > month_end(month) or last < month:
        return []
    net = prorated(contract.amount, contract.starts_on, last, month)
    return [(contract.product_id, net, contract.contract_id)]


def client(
    facts: Facts, number: int, name: str, owner: str | None, *, parent: str | None = None,
    created_on: date = date(2022, 3, 14), country: str = "RU", foreign_tax_id: str | None = None,
) -> Client:  # fmt: skip
    """A story's account `A9<number>`, owned from its first day by `owner` if one is named."""
    account_id = f"A9{number:04d}"
    facts.accounts.append(
        Account(
            account_id,
            name,
            parent,
            "Средний",
            "Услуги",
            country,
            foreign_tax_id or names.tax_id("77", 9000000 + number),
            False,
            2,
            created_on,
        )
    )
    if parent:
        facts.parents.append(Parent(account_id, parent, created_on, None))
    made = Client(facts, account_id)
    if owner:
        made.owner(owner, created_on)
    return made
