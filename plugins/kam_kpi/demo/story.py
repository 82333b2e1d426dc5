"""A planted story: what happens in it, and the numbers that must come out of the warehouse.

The expected numbers are worked out by hand from the KPI catalogue with the default policy. A story
has accounts of its own, which nothing else in the company touches, and amounts chosen so that a
wrong formula gives another number.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from kam_kpi.demo.facts import Facts
from kam_kpi.texts import text

ALL_OWNERS = ""


@dataclass(frozen=True)
class KpiFact:
    """Sums over the evidence of the story's accounts, window `month`, company currency.

    Args:
        kpi_code: as in `kpi.dim_kpi`.
        period: first day of the month.
        numerator: sum of numerators; 0 also when there is no evidence.
        denominator: sum of denominators; None where the KPI has none.
        employee_id: one credited employee, `UNASSIGNED`, or ALL_OWNERS for all together.
        after_days: days of `advance` after the first delivery from which the fact holds.
        before_days: days of `advance` from which it holds no more; None: for good.
    """

    kpi_code: str
    period: date
    numerator: Decimal
    denominator: Decimal | None = None
    employee_id: str = ALL_OWNERS
    after_days: int = 0
    before_days: int | None = None


@dataclass(frozen=True)
class OpenFact:
    """An open item at the end of the month `period`, in its own currency, credits applied."""

    invoice_id: str
    period: date
    open_amount: Decimal
    overdue_amount: Decimal


@dataclass(frozen=True)
class QuarantineFact:
    """A row that is quarantined; `line` counts the rows of the file, header included."""

    file: str
    line: int
    column: str | None
    value: str | None
    reason: str


@dataclass(frozen=True)
class Story:
    """One planted story.

    Args:
        name: stable; tests ask for it.
        account_ids: the story's own accounts (source demo_crm).
        contract_ids: its contracts (source demo_crm).
        kpis: expected evidence.
        open_items: expected open items.
        quarantined: expected quarantined rows.
        files: deliveries that belong to it, by file name.
        ids: ids of other rows of the story by what they are (deal, invoice, …).
    """

    name: str
    account_ids: tuple[str, ...]
    contract_ids: tuple[str, ...] = ()
    kpis: tuple[KpiFact, ...] = ()
    open_items: tuple[OpenFact, ...] = ()
    quarantined: tuple[QuarantineFact, ...] = ()
    files: tuple[str, ...] = ()
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """What happens, in one sentence, in the language in force."""
        return text(f"demo.story_{self.name}")

    def kpis_after(self, days: int) -> list[KpiFact]:
        """The evidence to expect when `days` days have been delivered after the first delivery."""
        return [
            fact
            for fact in self.kpis
            if fact.after_days <= days and (fact.before_days is None or days < fact.before_days)
        ]


Told = tuple[Story, Facts]
"""What is expected, and the rows that make it so."""
