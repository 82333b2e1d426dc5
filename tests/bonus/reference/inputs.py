"""The input tables as rows, and how one row finds another."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from typing import Any

Row = dict[str, Any]

SCHEMAS = {
    "control": (
        "run", "company", "policy", "bonus_plan", "bonus_component", "bonus_tier", "bonus_gate",
        "bonus_assignment",
    ),
    "conformed": (
        "salary_base", "target", "score", "absence", "draw", "bonus_budget", "manual_adjustment",
        "allocation", "payment", "write_off",
    ),
    "core": (
        "dim_employee", "dim_period", "dim_window", "fct_credit_share", "fct_plan_rate",
        "fct_invoice", "fct_deal", "fct_contract_term",
    ),
    "kpi": ("dim_kpi", "fct_kam_kpi", "fct_kpi_evidence"),
}  # fmt: skip
RESERVED = ("window", "interval")


def in_force(row: Row, day: date) -> bool:
    """Whether a row with valid_from and exclusive valid_to holds on a day."""
    return row["valid_from"] <= day and (row.get("valid_to") is None or day < row["valid_to"])


@dataclass(frozen=True, repr=False)
class Inputs:
    """Rows of each input table, under its name."""

    run: list[Row]
    company: list[Row]
    policy: list[Row]
    bonus_plan: list[Row] = field(default_factory=list)
    bonus_component: list[Row] = field(default_factory=list)
    bonus_tier: list[Row] = field(default_factory=list)
    bonus_gate: list[Row] = field(default_factory=list)
    bonus_assignment: list[Row] = field(default_factory=list)
    dim_kpi: list[Row] = field(default_factory=list)
    dim_employee: list[Row] = field(default_factory=list)
    dim_period: list[Row] = field(default_factory=list)
    dim_window: list[Row] = field(default_factory=list)
    fct_kam_kpi: list[Row] = field(default_factory=list)
    fct_kpi_evidence: list[Row] = field(default_factory=list)
    fct_credit_share: list[Row] = field(default_factory=list)
    fct_plan_rate: list[Row] = field(default_factory=list)
    fct_invoice: list[Row] = field(default_factory=list)
    fct_deal: list[Row] = field(default_factory=list)
    fct_contract_term: list[Row] = field(default_factory=list)
    salary_base: list[Row] = field(default_factory=list)
    target: list[Row] = field(default_factory=list)
    score: list[Row] = field(default_factory=list)
    absence: list[Row] = field(default_factory=list)
    draw: list[Row] = field(default_factory=list)
    bonus_budget: list[Row] = field(default_factory=list)
    manual_adjustment: list[Row] = field(default_factory=list)
    allocation: list[Row] = field(default_factory=list)
    payment: list[Row] = field(default_factory=list)
    write_off: list[Row] = field(default_factory=list)

    def __repr__(self) -> str:
        counts = (f"{table.name}={len(getattr(self, table.name))}" for table in fields(self))
        return f"Inputs(as of {self.as_of}: {', '.join(counts)})"

    def tables(self) -> dict[str, list[Row]]:
        """The rows by schema.table, reserved column names quoted, ready for an insert."""
        schema = {table: name for name, tables in SCHEMAS.items() for table in tables}
        return {
            f"{schema[table.name]}.{table.name}": [
                {f'"{name}"' if name in RESERVED else name: value for name, value in row.items()}
                for row in getattr(self, table.name)
            ]
            for table in fields(self)
        }

    @property
    def as_of(self) -> date:
        """Day up to which facts are known."""
        day: date = self.run[0]["as_of_date"]
        return day

    @property
    def currency(self) -> str:
        """Currency of the company and of its plans."""
        return str(self.company[0]["currency"])

    def policy_of(self, period: date) -> Row:
        """The policy in force on the first day of a month."""
        return next(row for row in self.policy if in_force(row, period))

    @cached_property
    def kpis(self) -> dict[str, Row]:
        """KPIs by code."""
        return {row["kpi_code"]: row for row in self.dim_kpi}

    @cached_property
    def employees(self) -> dict[str, Row]:
        """People by key, without UNASSIGNED."""
        return {
            row["employee_key"]: row
            for row in self.dim_employee
            if row["employee_key"] != "UNASSIGNED"
        }

    @cached_property
    def _keys(self) -> dict[tuple[str, str], str]:
        return {(row["source"], row["employee_id"]): key for key, row in self.employees.items()}

    @cached_property
    def _personal(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for table in ("salary_base", "target", "score", "absence", "draw", "manual_adjustment"):
            for row in getattr(self, table):
                key = self._keys.get((row["employee_source"], row["employee_id"]))
                found[table, key or ""].append(row)
        return found

    def personal(self, table: str, employee_key: str) -> list[Row]:
        """Rows of an HR or finance table that name an employee."""
        return self._personal.get((table, employee_key), [])

    @cached_property
    def assignments(self) -> dict[str, list[Row]]:
        """Plan assignments by employee_key: personnel number, else e-mail, else id."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.bonus_assignment:
            for name in ("personnel_no", "email", "employee_id"):
                named = [k for k, e in self.employees.items() if e.get(name) == row["employee"]]
                if named:
                    found[named[0]].append(row)
                    break
        return found

    @cached_property
    def kam_kpis(self) -> dict[tuple[str, str, str, date], Row]:
        """fct_kam_kpi by employee, KPI, window and period."""
        return {
            (row["employee_key"], row["kpi_code"], row["window"], row["period"]): row
            for row in self.fct_kam_kpi
        }

    @cached_property
    def _evidence(self) -> dict[tuple[str, str, str, date], list[Row]]:
        found: dict[tuple[str, str, str, date], list[Row]] = defaultdict(list)
        for row in self.fct_kpi_evidence:
            if row["credit_role"] in ("owner", "overlay"):
                key = (row["employee_key"], row["kpi_code"], row["window"], row["period"])
                found[key].append(row)
        return found

    def evidence(
        self, employee_key: str, kpi_code: str, window: str, months: Iterable[date]
    ) -> list[Row]:
        """What an employee is credited with, as owner and as overlay."""
        return [
            row
            for month in months
            for row in self._evidence.get((employee_key, kpi_code, window, month), [])
        ]

    @cached_property
    def invoices(self) -> dict[tuple[str, str], Row]:
        """Invoices and credit notes by source and id."""
        return {(row["source"], row["invoice_id"]): row for row in self.fct_invoice}

    @cached_property
    def deals(self) -> dict[tuple[str, str], Row]:
        """Deals by source and id."""
        return {(row["source"], row["deal_id"]): row for row in self.fct_deal}

    @cached_property
    def terms(self) -> dict[tuple[str, str], list[Row]]:
        """Contract terms by source and contract, in order."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in sorted(self.fct_contract_term, key=lambda row: row["term_no"]):
            found[row["source"], row["contract_id"]].append(row)
        return found

    @cached_property
    def invoices_of(self) -> dict[tuple[str, str, str], list[Row]]:
        """Documents by ('deal' or 'contract', source, id) of what they bill."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in self.fct_invoice:
            for kind in ("deal", "contract"):
                if row.get(f"{kind}_id"):
                    found[kind, row[f"{kind}_source"], row[f"{kind}_id"]].append(row)
        return found

    @cached_property
    def payments(self) -> dict[tuple[str, str], Row]:
        """Payments by source and id."""
        return {(row["source"], row["payment_id"]): row for row in self.payment}

    @cached_property
    def allocations_of(self) -> dict[tuple[str, str, str], list[Row]]:
        """Allocations by ('invoice' or 'credit_note', source, id)."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in self.allocation:
            for kind in ("invoice", "credit_note"):
                if row.get(f"{kind}_id"):
                    found[kind, row["source"], row[f"{kind}_id"]].append(row)
        return found

    @cached_property
    def write_offs_of(self) -> dict[tuple[str, str], list[Row]]:
        """Write-offs by source and invoice."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.write_off:
            found[row["source"], row["invoice_id"]].append(row)
        return found

    @cached_property
    def tiers(self) -> dict[tuple[str, int, str], list[Row]]:
        """Tiers by plan, version and component, in order."""
        found: dict[tuple[str, int, str], list[Row]] = defaultdict(list)
        for row in sorted(self.bonus_tier, key=lambda row: row["tier_from"]):
            found[row["plan_code"], row["version"], row["component_code"]].append(row)
        return found

    @cached_property
    def rates(self) -> dict[tuple[date, str], Row]:
        """Plan rates by month and currency."""
        return {(row["period"], row["currency"]): row for row in self.fct_plan_rate}
