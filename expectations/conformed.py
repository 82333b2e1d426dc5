"""The conformed gate: what every contract table must fulfil, whatever source filled it.

The product guarantees keys and closed lists of values: breaking them is an error. References and
shares are what the sources say: a reference that leads nowhere may heal with the next load, so the
gate only tells.
"""

from collections.abc import Iterator, Mapping

from great_expectations.expectations.expectation import Expectation

from kam_kpi.contract import Entity
from kam_kpi.quality.suite import RelationSuite, is_known_value, key, no_rows

PERSONAL = ("employee", "employee_position", "bonus_budget")
"""Tables that name people or tell their pay, beside those that the contract calls personal."""

SAME_SOURCE = {
    "account": {"merged_into_id": "account"},
    "allocation": {"invoice_id": "invoice", "payment_id": "payment", "credit_note_id": "invoice"},
    "contract_renewal": {"old_contract_id": "contract", "new_contract_id": "contract"},
    "deal_line": {"deal_id": "deal"},
    "dispute": {"invoice_id": "invoice"},
    "invoice": {"corrects_id": "invoice"},
    "invoice_due": {"invoice_id": "invoice"},
    "invoice_line": {"invoice_id": "invoice"},
    "receivable_snapshot": {"invoice_id": "invoice"},
    "write_off": {"invoice_id": "invoice"},
}
"""References within one source: table → column → table it points into."""

OWNER_SHARES = """
    with owners as (
        select assigned.* from {batch} as assigned where assigned.role = 'owner'
    ),

    days as (
        select account_source, account_id, valid_from as day from owners
        union
        select account_source, account_id, valid_to from owners where valid_to is not null
    ),

    sums as (
        select
            days.account_source, days.account_id, days.day,
            sum(owners.share) as share_sum, count(*) as owners
        from days
        inner join owners
            on days.account_source = owners.account_source
            and days.account_id = owners.account_id
            and owners.valid_from <= days.day
            and (owners.valid_to is null or days.day < owners.valid_to)
        group by all
    )

    select account_source, account_id, min(day) as first_day, min(share_sum) as share_sum
    from sums
    where share_sum <> 0 and abs(share_sum - 1) > owners * 0.000001
    group by account_source, account_id
    order by account_source, account_id
"""
"""Shares change only on the days where an assignment begins or ends."""

UNKNOWN_ACCOUNTS = """
    with issued as (
        select invoices.* from {batch} as invoices where invoices.status = 'issued'
    ),

    unknown as (
        select issued.* from issued
        anti join conformed.account as accounts
            on issued.account_source = accounts.source and issued.account_id = accounts.account_id
    ),

    totals as (
        select currency, sum(abs(net)) as turnover from issued group by currency
    )

    select
        unknown.account_source, unknown.account_id, unknown.currency,
        count(*) as invoices, sum(unknown.net) as net,
        cast(
            sum(abs(unknown.net)) / nullif(max(totals.turnover), 0) as decimal(9, 6)
        ) as share_of_turnover
    from unknown
    inner join totals on unknown.currency = totals.currency
    group by unknown.account_source, unknown.account_id, unknown.currency
    order by sum(abs(unknown.net)) desc, unknown.account_source, unknown.account_id
"""

LINES_AND_INVOICE = """
    select invoices.source, invoices.invoice_id, invoices.net, sum(lines.net) as lines_net
    from {batch} as invoices
    inner join conformed.invoice_line as lines
        on invoices.source = lines.source and invoices.invoice_id = lines.invoice_id
    group by invoices.source, invoices.invoice_id, invoices.net
    having sum(lines.net) <> invoices.net
"""


def suites(contract: Mapping[str, Entity]) -> Iterator[RelationSuite]:
    """One suite per contract table, in the order of their names."""
    for name, entity in sorted(contract.items()):
        yield RelationSuite(
            relation=f"conformed.{name}",
            description=entity.description,
            expectations=(
                *key("source", *entity.key),
                *_known_values(entity),
                *_references(entity, contract),
                *_validity(entity),
                *_of_its_own(name),
            ),
            is_personal=entity.is_personal or name in PERSONAL,
        )


def _known_values(entity: Entity) -> Iterator[Expectation]:
    for column in entity.columns.values():
        if column.values:
            yield is_known_value(column.name, column.values)


def _references(entity: Entity, contract: Mapping[str, Entity]) -> Iterator[Expectation]:
    for column in entity.columns.values():
        if column.references and (entity.name, column.name) != ("invoice", "account_id"):
            source = f"{column.name.removesuffix('_id')}_source"
            yield _reference(entity, column.name, source, contract[column.references])
    for name, target in SAME_SOURCE.get(entity.name, {}).items():
        yield _reference(entity, name, "source", contract[target])


def _reference(entity: Entity, column: str, source: str, target: Entity) -> Expectation:
    target_id = next(name for name in target.key if not target.columns[name].is_computed)
    shown = dict.fromkeys(("source", *entity.key, source, column))
    query = f"""
        select {", ".join(f"facts.{name}" for name in shown)}
        from {{batch}} as facts
        anti join conformed.{target.name} as target
            on facts.{source} = target.source and facts.{column} = target.{target_id}
        where facts.{column} is not null
    """
    description = f"{column} leads to a row of {target.name}, or is empty."
    return no_rows("reference_is_known", description, query, "warn", column=column)


def _validity(entity: Entity) -> Iterator[Expectation]:
    if {"valid_from", "valid_to"} <= entity.columns.keys():
        shown = ", ".join(("source", *entity.key, "valid_to"))
        yield no_rows(
            "validity_is_forward",
            "valid_to, which is exclusive, comes after valid_from.",
            f"select {shown} from {{batch}} where valid_to <= valid_from",
            "warn",
            column="valid_to",
        )


def _of_its_own(name: str) -> Iterator[Expectation]:
    if name == "account_assignment":
        yield no_rows(
            "owner_shares_sum_to_one",
            "Where an account has owners, their shares sum to 1 on every day. What is missing to 1"
            " goes to UNASSIGNED and the owners' bonus is blocked for the period.",
            OWNER_SHARES,
            "warn",
            column="share",
        )
    if name == "invoice":
        yield no_rows(
            "account_is_known",
            "Every issued invoice is of a known account. The others are kept on UNMATCHED.",
            UNKNOWN_ACCOUNTS,
            "warn",
            column="account_id",
        )
        yield no_rows(
            "lines_sum_to_invoice",
            "Where an invoice has lines, their net sums to the invoice's.",
            LINES_AND_INVOICE,
            "warn",
            column="net",
        )
