"""One month of marts that agree with each other and with the contract tables.

Invoice 1 of account a: net 100, gross 120, two lines, due on the 15th; 20 are paid and 30 lie
unapplied, so 70 are open and overdue at the month end. k owns 0.6 of the account, m 0.4.
"""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import duckdb

from tests.quality.small_warehouse import insert

OCTOBER, DUE, MONTH_END = date(2026, 10, 1), date(2026, 10, 15), date(2026, 10, 31)
Put = Callable[..., None]
OWNERS = {"k": ("0.6", 600_000), "m": ("0.4", 400_000)}


def fill_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Fills the empty tables of a build file."""
    put = partial(insert, connection)
    for fill in (_contract_tables, _dimensions, _facts, _receivables):
        fill(put)
    _kpi(put, "revenue", "1", {"k": (60, None), "m": (40, None)})
    _kpi(put, "overdue_share", "1", {"k": (42, 42), "m": (28, 28)})
    quarter = {"period": OCTOBER, "employee_key": "k", "window": "quarter"}
    put("kpi.fct_kam_kpi", {**quarter, "kpi_code": "revenue", "numerator": 60, "value": 60})


def _contract_tables(put: Put) -> None:
    document = {"source": "erp", "account_id": "a", "account_source": "crm", "currency": "RUB"}
    invoice = {**document, "kind": "invoice", "issued_on": OCTOBER}
    put(
        "conformed.invoice",
        {**invoice, "invoice_id": "1", "status": "issued", "net": 100, "gross": 120},
        {**invoice, "invoice_id": "2", "status": "draft", "net": 7, "gross": 7},
    )
    line = {"source": "erp", "net": 50, "is_recurring": False}
    put("conformed.invoice_line", *({**line, "invoice_id": "1", "line_no": n} for n in (1, 2)))
    put("conformed.invoice_line", {**line, "invoice_id": "2", "line_no": 1})
    paid = {**document, "received_on": DUE}
    put("conformed.payment", {**paid, "payment_id": "p", "amount": 50})
    applied = {"source": "erp", "invoice_id": "1", "payment_id": "p", "applied_on": DUE}
    put(
        "conformed.allocation",
        {**applied, "allocation_id": "1", "amount": 20},
        {**applied, "allocation_id": "2", "amount": 30, "undone_on": MONTH_END},
        {**applied, "allocation_id": "3", "amount": 30, "applied_on": date(2026, 11, 1)},
    )


def _dimensions(put: Put) -> None:
    month = {"period": OCTOBER, "next_period": date(2026, 11, 1), "month_end": MONTH_END}
    put("core.dim_period", {**month, "days": 31, "receivables_on": MONTH_END})
    window = {"period": OCTOBER, "next_period": date(2026, 11, 1)}
    put("core.dim_window", {**window, "window": "month", "first_period": OCTOBER})
    put("core.dim_window", {**window, "window": "quarter", "first_period": OCTOBER})
    for key in ("a", "UNMATCHED"):
        put("core.dim_account", {"account_key": key, "source": "crm", "account_id": key})
    for key in ("k", "m", "UNASSIGNED"):
        put("core.dim_employee", {"employee_key": key, "source": "crm", "employee_id": key})
    put("core.fct_plan_rate", {"period": OCTOBER, "currency": "RUB", "rate": 1})
    for key, (_, weight) in OWNERS.items():
        span = {"valid_from": date(1, 1, 1), "valid_to": date(9999, 12, 31)}
        share: dict[str, Any] = {"account_key": "a", "employee_key": key, "credit_role": "owner"}
        put("core.fct_credit_share", {**share, **span, "weight": weight, "weight_total": 1_000_000})


def _facts(put: Put) -> None:
    document = {"source": "erp", "invoice_id": "1", "account_key": "a", "kind": "invoice"}
    dated = {**document, "issued_on": OCTOBER, "period": OCTOBER, "currency": "RUB"}
    put("core.fct_invoice", {**dated, "is_void": False, "net": 100, "gross": 120})
    put("core.fct_invoice_line", *({**dated, "line_no": n, "net": 50} for n in (1, 2)))
    put("core.fct_account_month", {"period": OCTOBER, "account_key": "a", "revenue": 100})
    put("core.fct_account_month", {"period": OCTOBER, "account_key": "UNMATCHED", "revenue": 0})
    client = {"period": OCTOBER, "window": "month", "client_key": "a", "outcome": "kept", "new": 0}
    amounts = {"opening": 100, "contraction": 0, "churn": 0, "reactivation": 0, "closing": 100}
    put("core.fct_recurring_movement", {**client, **amounts, "account_key": "a", "expansion": 20})
    # growth is shared by what each account had at the start
    joined = {"opening": 0, "closing": 20, "expansion": 0, "account_key": "UNMATCHED"}
    put("core.fct_recurring_movement", {**client, **amounts, **joined})


def _receivables(put: Put) -> None:
    balance = {"period": OCTOBER, "account_key": "a", "source": "erp", "currency": "RUB"}
    put(
        "core.fct_open_credit_month",
        {**balance, "record_type": "payment", "record_id": "p", "credit_amount": 30},
    )
    amounts = {"item_amount": 100, "credit_applied": 30, "open_amount": 70, "overdue_amount": 70}
    seen = {"disputed_amount": 0, "days_overdue": 16, "aging_bucket": "1-30"}
    put(
        "core.fct_open_item_month",
        {**balance, "invoice_id": "1", "instalment": 1, "due_on": DUE, "measured_on": MONTH_END,
         **amounts, **seen},
    )  # fmt: skip


def _kpi(put: Put, code: str, record: str, parts: dict[str, tuple[int, int | None]]) -> None:
    for employee, (numerator, denominator) in parts.items():
        cell = {"period": OCTOBER, "employee_key": employee, "kpi_code": code, "window": "month"}
        sums = {"numerator": numerator, "denominator": denominator}
        origin = {"record_type": "invoice", "source": "erp", "record_id": record}
        share = {"credit_role": "owner", "account_key": "a", "share": OWNERS[employee][0]}
        put("kpi.fct_kpi_evidence", {**cell, **origin, **share, **sums})
        value = numerator if denominator is None else 1
        put("kpi.fct_kam_kpi", {**cell, **sums, "value": value})
