"""The marts gate: published numbers agree with each other and with the contract tables.

A broken rule here is a fault of the product, not of the data, so all are errors except where the
other side is what a source claims.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from great_expectations.expectations.expectation import Expectation

from expectations import bonus_sql, receivables_sql
from expectations import marts_sql as sql
from kam_kpi.quality.suite import RelationSuite, judged_from, key, no_rows
from kam_kpi.warehouse.changes import CODE, EVERYTHING, MONTH_COLUMNS

KEYS = {
    "bonus.fct_bonus": ("employee_key", "period", "plan_code", "component_code"),
    "bonus.fct_bonus_block": ("employee_key", "period", "reason", "detail"),
    "bonus.fct_bonus_draw": ("employee_key", "period", "kind", "valid_from"),
    "bonus.fct_bonus_event": (
        *("employee_key", "period", "plan_code", "component_code"),
        *("record_type", "source", "record_id"),
    ),
    "bonus.fct_bonus_line": (
        *("employee_key", "period", "plan_code", "component_code"),
        *("place", "part"),
    ),
    "core.dim_account": ("account_key",),
    "core.dim_employee": ("employee_key",),
    "core.dim_period": ("period",),
    "core.dim_product": ("product_key",),
    "core.dim_window": ("period", '"window"'),
    "core.fct_account_month": ("period", "account_key"),
    "core.fct_contract_term": ("source", "term_id"),
    "core.fct_credit_share": ("account_key", "employee_key", "credit_role", "valid_from"),
    "core.fct_credit_share_month": ("period", "account_key", "employee_key", "credit_role"),
    "core.fct_deal": ("source", "deal_id"),
    "core.fct_deal_line": ("source", "deal_id", "line_no"),
    "core.fct_invoice": ("source", "invoice_id"),
    "core.fct_invoice_line": ("source", "invoice_id", "line_no"),
    "core.fct_open_credit_month": ("period", "source", "record_type", "record_id"),
    "core.fct_open_item_month": ("period", "source", "invoice_id", "instalment"),
    "core.fct_plan_rate": ("period", "currency"),
    "core.fct_recurring_amount": ("day", "account_key", "currency"),
    "core.fct_recurring_movement": ("period", '"window"', "account_key"),
    "core.fct_term_renewal": ("old_source", "old_term_id", "new_source", "new_term_id"),
    "kpi.dim_kpi": ("kpi_code",),
    "kpi.fct_kam_kpi": ("period", "employee_key", "kpi_code", '"window"'),
    "kpi.fct_kpi_evidence": (
        *("period", "employee_key", "credit_role", "kpi_code", '"window"'),
        *("record_type", "source", "record_id"),
    ),
    "quality.fct_freshness": ("source", "entity"),
    "quality.fct_quarantined_row": (),
}
"""Every mart with its key; a table that may hold equal rows has none."""

MONTHS = {
    "core.fct_contract_term": "due_period",
    "core.fct_deal": "closed_period",
    "core.fct_deal_line": "closed_period",
    "core.fct_invoice": "period",
    "core.fct_invoice_line": "period",
}
"""Months that are no part of the key."""

COMPARED_WITH = {"core.fct_open_item_month": ("receivable_snapshot",)}
"""Tables that a mart is compared with but not made from."""

NEVER = date(9999, 12, 1)
"""From when on a table is judged that has not changed."""

PERSONAL = ("core.dim_employee", *(name for name in KEYS if name.startswith("bonus.")))
"""Marts that name people or tell of their pay: counts only."""


def suites(changes: Mapping[str, date] | None = None) -> Iterator[RelationSuite]:
    """One suite per mart, in the order of their names.

    Args:
        changes: first day from which each table may differ from what was judged and published
            last. Marts that are kept by months are judged from that month on, and a table that is
            not named at all has nothing to judge; the other marts are judged as they are. None:
            everything is judged.
    """
    for relation, columns in KEYS.items():
        dated = _dated_by(relation)
        since = _since(relation, changes) if dated else EVERYTHING
        yield RelationSuite(
            relation=relation,
            name=f"marts.{relation}",
            description=f"Mart {relation}.",
            expectations=tuple(
                judged_from(rule, since, _judged(since))
                for rule in (
                    *(key(*columns) if columns else ()),
                    *_months(relation, columns),
                    *_RULES.get(relation, lambda: ())(),
                )
            ),
            is_personal=relation in PERSONAL,
            rows=f"{dated} >= date '{since}'" if since > EVERYTHING else "",
        )


def _dated_by(relation: str) -> str | None:
    columns = (*KEYS[relation], MONTHS.get(relation, ""))
    # bonuses are few, and compared with each other as a whole
    kept = MONTH_COLUMNS if not relation.startswith("bonus.") else ()
    return next((column for column in kept if column in columns), None)


def _judged(since: date) -> str:
    """What of a mart was judged, for those who read the result."""
    if since == EVERYTHING:
        return ""
    return "Unchanged, nothing to judge." if since == NEVER else f"Judged from {since:%Y-%m} on."


def _since(relation: str, changes: Mapping[str, date] | None) -> date:
    if changes is None or CODE in changes:
        return EVERYTHING
    names = (relation.partition(".")[2], *COMPARED_WITH.get(relation, ()))
    return min((changes[name] for name in names if name in changes), default=NEVER).replace(day=1)


def _months(relation: str, columns: tuple[str, ...]) -> Iterator[Expectation]:
    column = "period" if "period" in columns else MONTHS.get(relation)
    if column:
        yield no_rows(
            "is_first_of_month",
            f"{column} is the first day of a month.",
            f"select {column} from {{batch}} where day({column}) <> 1",
            column=column,
        )


def _known_account() -> Expectation:
    return no_rows(
        "account_is_in_dim_account",
        "account_key is in core.dim_account, UNMATCHED among them.",
        sql.UNKNOWN_ACCOUNT_KEY,
        column="account_key",
    )


def _invoices() -> Iterator[Expectation]:
    yield _known_account()
    yield no_rows(
        "no_invoice_is_lost",
        "Every invoice and credit note but drafts is here once, with its amounts unchanged.",
        sql.LOST_INVOICES,
    )


def _invoice_lines() -> Iterator[Expectation]:
    yield _known_account()
    yield no_rows(
        "no_line_is_lost",
        "Per document, lines and their net are those of conformed.invoice_line: a line that is"
        " lost or doubled changes revenue.",
        sql.LOST_LINES,
    )


def _open_items() -> Iterator[Expectation]:
    yield _known_account()
    yield no_rows(
        "amounts_add_up",
        "Open is the item less the credit set against it, overdue is all of it or nothing, and"
        " days are those since the due date.",
        receivables_sql.OPEN_ITEM_AMOUNTS,
    )
    yield no_rows(
        "open_follows_from_documents",
        "At the last month end, what is open of an invoice is its gross less allocations and"
        " write-offs in force that day.",
        receivables_sql.OPEN_FROM_DOCUMENTS,
    )
    yield no_rows(
        "credit_is_set_once",
        "Credit set against an account's items is no more than the account's open credit.",
        receivables_sql.CREDIT_USED_TWICE,
    )
    yield no_rows(
        "disputed_is_what_is_claimed",
        "Disputed of an invoice is the sum of its disputes that day, at most what is open, oldest"
        " instalment first.",
        receivables_sql.DISPUTED_AMOUNTS,
        column="disputed_amount",
    )
    yield no_rows(
        "bucket_is_of_the_policy",
        "Each item is in the bucket of its days overdue by the policy of the month.",
        receivables_sql.AGING_BUCKETS,
        column="aging_bucket",
    )
    yield no_rows(
        "agrees_with_accounting",
        "Open amounts are those that the accounting system reports for the same day.",
        receivables_sql.OPEN_AGAINST_SNAPSHOT,
        "warn",
    )


def _account_months() -> Iterator[Expectation]:
    yield _known_account()
    yield no_rows(
        "revenue_is_of_invoices",
        "Revenue of the accounts is that of the invoices, at the plan rate, per month.",
        sql.ACCOUNT_REVENUE,
    )


def _credit_shares() -> Iterator[Expectation]:
    yield _known_account()
    yield no_rows(
        "owners_have_the_whole",
        "Owners and UNASSIGNED of an account share the whole of it, no more and no less.",
        sql.SHARES_OF_ACCOUNT,
    )


def _recurring_movements() -> Iterator[Expectation]:
    yield _known_account()
    yield no_rows(
        "movements_sum_to_the_change",
        "Per client, the amount at the start and all movements give the amount at the end.",
        sql.MOVEMENTS_OF_CLIENT,
    )


def _evidence() -> Iterator[Expectation]:
    yield no_rows(
        "shares_do_not_exceed_record",
        "Shares of a record's owners, UNASSIGNED among them, sum to the whole record.",
        sql.SHARES_OF_RECORD,
        column="share",
    )
    yield no_rows(
        "revenue_evidence_is_of_invoices",
        "Revenue credited to owners and UNASSIGNED is each document's net at the plan rate.",
        sql.REVENUE_EVIDENCE,
    )
    yield no_rows(
        "record_exists",
        "Every piece of evidence points at a record of the facts.",
        sql.EVIDENCE_WITHOUT_RECORD,
        column="record_id",
    )
    yield no_rows(
        "is_known_value",
        "credit_role is one of: owner, overlay.",
        "select credit_role from {batch} where credit_role not in ('owner', 'overlay')",
        column="credit_role",
    )
    yield no_rows(
        "kpi_is_in_dim_kpi",
        "Every KPI is in kpi.dim_kpi.",
        "select facts.kpi_code from {batch} as facts anti join kpi.dim_kpi as kpis"
        " on facts.kpi_code = kpis.kpi_code",
        column="kpi_code",
    )


def _kam_kpis() -> Iterator[Expectation]:
    yield no_rows(
        "value_is_sum_of_evidence",
        "Every additive or ratio value is the sum of the evidence of its months, a cohort's of its"
        " window's, and nothing but zero stands without evidence.",
        sql.VALUE_AGAINST_EVIDENCE,
        column="numerator",
    )
    yield no_rows(
        "value_is_quotient",
        "A value is its numerator, or numerator over denominator.",
        sql.VALUE_AGAINST_PARTS,
        column="value",
    )
    yield no_rows(
        "value_is_median_of_evidence",
        "A derived value is the median of the evidence of its window.",
        sql.MEDIAN_AGAINST_EVIDENCE,
        column="value",
    )
    yield no_rows(
        "evidence_has_a_value",
        "No evidence stands without the KPI row that it explains.",
        sql.EVIDENCE_WITHOUT_VALUE,
    )
    yield no_rows(
        "empty_value_has_a_reason",
        "A value is empty if and only if a reason other than pending says why.",
        "select period, employee_key, kpi_code, value, reason from {batch}"
        " where (value is null) <> (reason is not null and reason <> 'pending')",
        column="reason",
    )


def _quarantined_rows() -> Iterator[Expectation]:
    yield no_rows(
        "row_can_be_found",
        "Every quarantined row names its load, file, line and reason.",
        "select load_id, file, line, reason from {batch}"
        " where load_id is null or file is null or line is null or reason is null",
    )


def _bonus() -> Iterator[Expectation]:
    yield no_rows(
        "amounts_add_up",
        "Earned is held and due together; what is held or blocked is not due.",
        bonus_sql.LINE_AMOUNTS,
    )
    yield no_rows(
        "employee_is_known",
        "A bonus is somebody's in core.dim_employee, never that of UNASSIGNED.",
        bonus_sql.LINES_OF_NOBODY,
        column="employee_key",
    )
    yield no_rows(
        "blocked_is_not_paid",
        "Nothing is due to a person of whom something is missing.",
        bonus_sql.BLOCKED_AND_PAID,
    )
    yield no_rows(
        "no_component_is_lost",
        "Every component that falls due in a month has its line.",
        bonus_sql.LOST_LINES,
    )
    yield no_rows(
        "pool_is_kept",
        "The people of a team together have no more than its pool.",
        bonus_sql.POOL_EXCEEDED,
    )


def _bonus_lines() -> Iterator[Expectation]:
    yield no_rows(
        "trace_ends_at_due",
        "The last step of every trace is what fct_bonus has.",
        bonus_sql.TRACE_ENDS_ELSEWHERE,
        column="amount",
    )


def _bonus_events() -> Iterator[Expectation]:
    yield no_rows(
        "records_sum_to_line",
        "What is earned and due for the records of a component is the line's.",
        bonus_sql.EVENTS_AGAINST_LINE,
    )


_RULES = {
    "bonus.fct_bonus": _bonus,
    "bonus.fct_bonus_event": _bonus_events,
    "bonus.fct_bonus_line": _bonus_lines,
    "core.fct_account_month": _account_months,
    "core.fct_credit_share": _credit_shares,
    "core.fct_invoice": _invoices,
    "core.fct_invoice_line": _invoice_lines,
    "core.fct_open_item_month": _open_items,
    "core.fct_recurring_movement": _recurring_movements,
    "kpi.fct_kam_kpi": _kam_kpis,
    "kpi.fct_kpi_evidence": _evidence,
    "quality.fct_quarantined_row": _quarantined_rows,
}
