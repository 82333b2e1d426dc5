"""A small company as conformed rows: what a test says, and defaults for the rest."""

import re
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from kam_kpi.contract import load_contract
from tests.models.marts import Marts, Row

POLICY: Row = {
    "policy_version": "v1", "valid_from": date(2000, 1, 1), "valid_to": None, "grain": "holding",
    "renewal_grace_days": 30, "renewal_min_term_months": 3, "renewal_due_by": "end",
    "renewal_evergreen": "anniversary", "churn_inactivity_months": 3,
    "churn_reactivation_gap_days": 90, "churn_recognise": "end_of_service",
    "cross_sell_by": "invoice_line", "cross_sell_lookback_months": 24,
    "cross_sell_min_tenure_days": 90, "cross_sell_credit_months": 12,
    "receivables_credits": "oldest_first", "receivables_disputes": "include",
    "aging_buckets": [0, 30, 60, 90], "dso_days_basis": "actual", "credit_deal_by": "account_owner",
}  # fmt: skip
DEFAULTS: dict[str, Row] = {
    "account": {"is_deleted": False},
    "account_assignment": {"role": "owner", "share": 1, "valid_from": date(2000, 1, 1)},
    "product": {"is_active": True},
    "contract": {"auto_renew": False, "status": "active"},
    "invoice": {"kind": "invoice", "status": "issued"},
    "deal": {"kind": "new", "stage": "closed"},
    "account_parent": {"valid_from": date(1900, 1, 1)},
    "fx_rate": {"kind": "plan", "to_currency": "RUB"},
}
DOMAINS = ("crm", "billing", "receivables", "finance", "hr")


def day(text: str) -> date:
    """`2025-01` is the first of the month."""
    return date.fromisoformat(text if len(text) > 7 else f"{text}-01")


@cache
def _columns(entity: str) -> tuple[str, ...]:
    return tuple(load_contract()[entity].columns)


def _plain(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", value):
        return day(value)
    return value


class Company:
    """Rows of contract tables of one source, `s`, unless a row names another.

    Dates are given as `2025-01-31` or `2025-01` (the first). Amounts are int or Decimal.
    """

    def __init__(self, marts: Marts, as_of: str = "2026-12-31", currency: str = "RUB"):
        self.marts, self.as_of, self.currency = marts, day(as_of), currency
        self.tables: dict[str, list[Row]] = {}
        self.policies: list[Row] = [dict(POLICY)]
        self.covers: dict[str, date] = dict.fromkeys(DOMAINS, self.as_of)
        self.absent: set[str] = set()

    def add(self, entity: str, **values: Any) -> Row:
        """One row; every `<x>_id` gets its `<x>_source`."""
        row: Row = {"source": "s"} | DEFAULTS.get(entity, {})
        row |= {name: _plain(value) for name, value in values.items()}
        columns = _columns(entity)
        if "currency" in columns:
            row.setdefault("currency", self.currency)
        for name in [name for name in row if name.endswith("_id")]:
            source = name.replace("_id", "_source")
            if source in columns and row[name] is not None:
                row.setdefault(source, row["source"])
        self.tables.setdefault(entity, []).append(row)
        return row

    def policy(self, **parameters: Any) -> None:
        """Changes parameters of the last policy version."""
        self.policies[-1] |= parameters

    def policy_from(self, valid_from: str, version: str, **parameters: Any) -> None:
        """Another policy version from a month on: the last one with other parameters."""
        before = self.policies[-1]
        before["valid_to"] = day(valid_from)
        self.policies.append(
            before | {"policy_version": version, "valid_from": day(valid_from), "valid_to": None}
            | parameters
        )  # fmt: skip

    def account(self, account_id: str, parent: str | None = None, **values: Any) -> None:
        """A client, with its parent for ever."""
        self.add("account", account_id=account_id, name=account_id, **values)
        if parent:
            self.add("account_parent", account_id=account_id, parent_account_id=parent)

    def employee(self, employee_id: str, **values: Any) -> None:
        """An employee."""
        self.add("employee", employee_id=employee_id, name=employee_id, **values)

    def product(self, product_id: str, family: str | None = None, **values: Any) -> None:
        """A product whose family is its own id unless given."""
        self.add("product", product_id=product_id, name=product_id, **values)
        self.add(
            "product_family", product_id=product_id, family=family or product_id,
            valid_from="1900-01-01",
        )  # fmt: skip

    def owner(self, account_id: str, employee_id: str, share: Any = 1, **values: Any) -> None:
        """An assignment of the account; the employee is known from then on."""
        known = {row["employee_id"] for row in self.tables.get("employee", [])}
        if employee_id not in known:
            self.employee(employee_id)
        self.add(
            "account_assignment", account_id=account_id, employee_id=employee_id, share=share,
            **values,
        )  # fmt: skip

    def invoice(
        self, invoice_id: str, account_id: str, issued_on: str, net: Any, product: str | None = None,
        is_recurring: bool = False, period_from: str | None = None, period_to: str | None = None,
        **values: Any,
    ) -> None:  # fmt: skip
        """A document with one line; without tax unless gross is given; negative: credit note."""
        kind = "credit_note" if net < 0 else "invoice"
        values = {"kind": kind, "gross": net} | values
        self.add(
            "invoice", invoice_id=invoice_id, account_id=account_id, issued_on=issued_on, net=net,
            **values,
        )  # fmt: skip
        self.add(
            "invoice_line", invoice_id=invoice_id, line_no=1, product_id=product, net=net,
            is_recurring=is_recurring, period_from=period_from, period_to=period_to,
        )  # fmt: skip

    def payment(
        self, payment_id: str, account_id: str, received_on: str, amount: Any, **values: Any
    ) -> None:
        """Money received; negative: returned."""
        self.add(
            "payment", payment_id=payment_id, account_id=account_id, received_on=received_on,
            amount=amount, **values,
        )  # fmt: skip

    def allocation(self, applied_on: str, amount: Any, **values: Any) -> None:
        """Part of a payment or credit note applied."""
        number = len(self.tables.get("allocation", []))
        self.add(
            "allocation", allocation_id=f"L{number}", applied_on=applied_on, amount=amount, **values
        )

    def contract(self, contract_id: str, account_id: str, *versions: Row, **first: Any) -> None:
        """A contract: its first version, then what each later one changes (with version_on)."""
        row: Row = {"contract_id": contract_id, "account_id": account_id} | first
        row.setdefault("signed_on", row["starts_on"])
        row.setdefault("version_on", row["signed_on"])
        for number, changes in enumerate(({}, *versions), 1):
            row = row | changes
            self.add("contract", **row, version_no=number, is_latest=number == len(versions) + 1)

    def deal(self, deal_id: str, employee_id: str, **values: Any) -> None:
        """A deal of a seller."""
        self.add("deal", deal_id=deal_id, employee_id=employee_id, **values)

    def inputs(self) -> dict[str, list[Row]]:
        """The rows as tables of the build file."""
        delivered = [
            {
                "entity": e.name,
                "source": "s",
                "domain": e.domain,
                "covers_to": self.covers[e.domain],
            }
            for e in load_contract().values()
            if e.name not in self.absent
        ]
        control: dict[str, list[Row]] = {
            "run": [{"run_id": "r", "as_of_date": self.as_of}],
            "company": [{"name": "Test", "currency": self.currency, "time_zone": "UTC"}],
            "source": [{"source": "s", "domain": "crm", "priority": 1}],
            "delivered": delivered,
            "domain": [{"domain": d, "covers_to": c} for d, c in self.covers.items()],
            "policy": [dict(version) for version in self.policies],
        }
        return {f"control.{name}": [*rows] for name, rows in control.items()} | {
            f"conformed.{name}": [*rows] for name, rows in self.tables.items()
        }

    def build(self, *marts: str) -> "Company":
        """Builds the marts named and what they read, once for the same rows."""
        inputs = self.inputs()
        if self.marts.company != inputs:
            self.marts.fill(inputs)
            self.marts.company = inputs
        self.marts.build(marts)
        return self

    def rows(self, mart: str, order: str = "all", **where: Any) -> list[Row]:
        """Builds a mart and gives its rows, filtered by equality."""
        self.build(mart)
        rows = self.marts.rows(f"from {self.marts.marts[mart].relation} order by {order}")
        wanted = {name: _plain(value) for name, value in where.items()}
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def kpi(
        self, code: str, period: str, employee_id: str | None = None, window: str = "month"
    ) -> Row:
        """The row of fct_kam_kpi of an employee, by default UNASSIGNED's."""
        self.build("fct_kam_kpi")
        rows = self.marts.rows(
            f"""
            select kpi.* from kpi.fct_kam_kpi as kpi
            inner join core.dim_employee as employee using (employee_key)
            where employee.employee_id = '{employee_id or "UNASSIGNED"}'
                and kpi_code = '{code}' and period = '{day(period)}' and "window" = '{window}'
            """
        )
        assert len(rows) == 1, rows
        return rows[0]

    def value(
        self, code: str, period: str, employee_id: str | None = None, window: str = "month"
    ) -> Decimal | None:
        """The value alone."""
        value: Decimal | None = self.kpi(code, period, employee_id, window)["value"]
        return value
