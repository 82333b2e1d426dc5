"""Everything that happens to the demo company, as one value."""

from dataclasses import dataclass, field, fields

from kam_kpi.demo.billing_rows import (
    Allocation,
    Dispute,
    Invoice,
    InvoiceLine,
    Payment,
    Rate,
    WriteOff,
)
from kam_kpi.demo.crm_rows import (
    Account,
    Activity,
    Assignment,
    Contract,
    Deal,
    DealLine,
    Employee,
    Escalation,
    Parent,
    Position,
    Product,
    Survey,
    Task,
)
from kam_kpi.demo.payroll_rows import Absence, Draw, Salary, Score, Target


@dataclass
class Facts:
    """Everything that happens to the company up to the end of the demo's calendar."""

    employees: list[Employee] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    salaries: list[Salary] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    deal_lines: list[DealLine] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    escalations: list[Escalation] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    invoice_lines: list[InvoiceLine] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    write_offs: list[WriteOff] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)

    def extend(self, other: "Facts") -> None:
        """Adds every row of `other`."""
        for part in fields(self):
            getattr(self, part.name).extend(getattr(other, part.name))
