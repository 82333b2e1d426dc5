"""What stands behind a record of evidence: queries that add details to it, by kind of record.

Each query reads `evidence` (one KPI of one employee in a window, from `first_day` until `next_day`)
and gives `period`, `record_type`, `source`, `record_id` and some of `DETAILS`.
"""

from dataclasses import dataclass

DETAILS = (
    "record_on", "currency", "corrects_id", "due_on", "days_overdue", "disputed", "contract_id",
    "starts_on", "ends_on", "outcome", "renewed_by", "wins_back", "family", "state", "opening",
    "closing", "client", "client_opening", "client_closing", "client_outcome", "documents",
)  # fmt: skip
"""`client` is a client of several accounts; its amounts and the account's are in the company's
currency, `disputed` is in the record's. `documents`, `renewed_by` and `wins_back` are lists.
"""

_KEY = "evidence.period, evidence.record_type, evidence.source, evidence.record_id"
# `<document>/<line>`, where a document's own number may have slashes.
_DOCUMENT = r"regexp_extract(evidence.record_id, '^(.*)/(\d+)$', 1)"
_LINE = r"try_cast(regexp_extract(evidence.record_id, '^(.*)/(\d+)$', 2) as integer)"

DOCUMENT = f"""
select {_KEY}, invoices.issued_on as record_on, invoices.currency, invoices.corrects_id
from evidence
inner join core.fct_invoice as invoices
    on evidence.source = invoices.source and evidence.record_id = invoices.invoice_id
"""

OPEN_ITEM = f"""
select {_KEY}, min(items.due_on) as due_on, max(items.days_overdue) as days_overdue,
    nullif(sum(items.disputed_amount), 0) as disputed
from evidence
inner join core.fct_open_item_month as items
    on evidence.period = items.period and evidence.source = items.source
        and evidence.record_id = items.invoice_id
where items.open_amount > 0
group by {_KEY}
"""

LINE = f"""
select {_KEY}, lines.issued_on as record_on, lines.currency, lines.family
from evidence
inner join core.fct_invoice_line as lines
    on evidence.period = lines.period and evidence.source = lines.source
        and {_DOCUMENT} = lines.invoice_id and {_LINE} = lines.line_no
"""

TERM = f"""
select {_KEY}, terms.ends_on as record_on, terms.currency, terms.contract_id, terms.starts_on,
    terms.ends_on, terms.outcome
from evidence
inner join core.fct_contract_term as terms
    on evidence.source = terms.source and evidence.record_id = terms.term_id
"""

RENEWAL = f"""
select {_KEY}, list(distinct renewals.new_term_id order by renewals.new_term_id) as renewed_by
from evidence
inner join core.fct_term_renewal as renewals
    on evidence.source = renewals.old_source and evidence.record_id = renewals.old_term_id
where renewals.is_within_grace
group by {_KEY}
"""

WINBACK = f"""
select {_KEY}, list(distinct renewals.old_term_id order by renewals.old_term_id) as wins_back,
    min(renewals.signed_on) as record_on
from evidence
inner join core.fct_term_renewal as renewals
    on evidence.source = renewals.new_source and evidence.record_id = renewals.new_term_id
where not renewals.is_within_grace
group by {_KEY}
"""

DEAL = f"""
select {_KEY}, deals.closed_on as record_on, deals.currency, deals.state
from evidence
inner join core.fct_deal as deals
    on evidence.source = deals.source and evidence.record_id = deals.deal_id
"""

DEAL_LINE = f"""
select {_KEY}, lines.closed_on as record_on, lines.currency, lines.family, lines.state
from evidence
inner join core.fct_deal_line as lines
    on evidence.source = lines.source and {_DOCUMENT} = lines.deal_id and {_LINE} = lines.line_no
"""

MOVEMENT = f"""
with clients as (
    select period, "window", client_key, sum(opening) as opening, sum(closing) as closing
    from core.fct_recurring_movement
    where (period, "window") in (select (period, "window") from evidence)
    group by period, "window", client_key
    having count(*) > 1
)

select {_KEY}, movements.opening, movements.closing, movements.outcome as client_outcome,
    accounts.name as client, clients.opening as client_opening, clients.closing as client_closing
from evidence
inner join core.fct_recurring_movement as movements
    on evidence.period = movements.period and evidence."window" = movements."window"
        and evidence.account_key = movements.account_key
left join clients
    on movements.period = clients.period and movements."window" = clients."window"
        and movements.client_key = clients.client_key
left join core.dim_account as accounts on clients.client_key = accounts.account_key
"""

OPEN_INVOICES = f"""
select {_KEY}, list(distinct items.invoice_id order by items.invoice_id) as documents
from evidence
inner join core.fct_open_item_month as items
    on evidence.period = items.period and evidence.account_key = items.account_key
where items.open_amount > 0
group by {_KEY}
"""

CROSS_SALES = f"""
select {_KEY}, list(distinct sales.record_id order by sales.record_id) as documents
from evidence
inner join kpi.fct_kpi_evidence as sales
    on evidence.account_key = sales.account_key
        and sales.kpi_code = 'cross_sell_revenue' and sales.credit_role = 'owner'
        and sales.period >= evidence.first_day and sales.period < evidence.next_day
group by {_KEY}
"""

RECURRING = f"""
with accounts as (
    select distinct account_key, first_day, next_day from evidence
),

terms as (
    select accounts.account_key, list(distinct terms.term_id order by terms.term_id) as documents
    from accounts
    inner join core.fct_contract_term as terms on accounts.account_key = terms.account_key
    where terms.starts_on < accounts.next_day and terms.active_to >= accounts.first_day
    group by accounts.account_key
),

without as (
    select * from accounts
    where account_key not in (select account_key from core.fct_contract_term)
),

billing as (
    select without.account_key, list(distinct lines.invoice_id order by lines.invoice_id desc)
        as documents
    from without
    inner join core.fct_invoice_line as lines on without.account_key = lines.account_key
    where lines.is_recurring and lines.issued_on < without.next_day
        and lines.issued_on >= without.first_day - interval 12 month
    group by without.account_key
)

select {_KEY}, coalesce(terms.documents, billing.documents) as documents
from evidence
left join terms on evidence.account_key = terms.account_key
left join billing on evidence.account_key = billing.account_key
"""


@dataclass(frozen=True)
class Lookup:
    """A query for some record types, and for these KPIs only if any are named."""

    sql: str
    record_types: frozenset[str]
    kpis: frozenset[str] = frozenset()

    def is_for(self, record_types: set[str], kpi_code: str) -> bool:
        """The query says something of these records."""
        return bool(self.record_types & record_types) and (not self.kpis or kpi_code in self.kpis)


_TERM = frozenset({"contract_term"})
_ACCOUNT = frozenset({"account"})
_CROSS_SALES = frozenset({"cross_sell_accounts", "cross_sell_share"})
_RETENTION = frozenset({
    "churned_accounts", "logo_churn_rate", "grr", "nrr", "grr_movement", "nrr_movement",
    "gross_churn_rate", "net_churn_rate",
})  # fmt: skip

LOOKUPS = (
    Lookup(DOCUMENT, frozenset({"invoice", "credit_note"})),
    Lookup(OPEN_ITEM, frozenset({"invoice"}), frozenset({"overdue_share", "overdue_share_gate"})),
    Lookup(LINE, frozenset({"invoice_line"})),
    Lookup(TERM, _TERM),
    Lookup(RENEWAL, _TERM),
    Lookup(WINBACK, _TERM, frozenset({"winback_amount"})),
    Lookup(DEAL, frozenset({"deal"})),
    Lookup(DEAL_LINE, frozenset({"deal_line"})),
    Lookup(OPEN_INVOICES, _ACCOUNT, frozenset({"receivables_share", "dso_simple"})),
    Lookup(RECURRING, _ACCOUNT, _RETENTION | _CROSS_SALES),
    Lookup(CROSS_SALES, _ACCOUNT, _CROSS_SALES),
    Lookup(MOVEMENT, _ACCOUNT, _RETENTION | _CROSS_SALES),
)
"""In this order: what a later one finds replaces what an earlier one did."""
