"""The expected numbers of the stories agree with the rows that tell them.

Only what needs no KPI model is worked out here a second time: revenue, and open items.
"""

from datetime import date
from decimal import Decimal

import pytest

from kam_kpi.demo.calendar import month_end
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.rates import rates
from kam_kpi.demo.stories import KpiFact, OpenFact, Story, stories, story_facts
from kam_kpi.texts import LANGUAGES, catalogue

ASKED_FOR = (
    "late_renewal_inside_grace", "late_renewal_outside_grace", "early_renewal",
    "prolongation_by_edited_end_date", "partial_churn", "win_back", "cross_sell", "product_swap",
    "split_account", "hand_over_mid_month", "refund", "disputed_overdue_invoice",
    "partial_payment", "over_payment", "foreign_currency_client", "holding", "auto_renewal",
    "evergreen", "early_termination", "duplicated_file", "corrected_file", "late_file",
    "broken_row", "unparsable_amount", "unknown_account", "shares_sum_to_0_9",
)  # fmt: skip
ALL_DELIVERED = 10_000


@pytest.fixture(scope="module")
def facts() -> Facts:
    return story_facts()


def plan_rate(currency: str, month: date) -> Decimal:
    """The latest plan rate of the month."""
    if currency == "RUB":
        return Decimal(1)
    planned = [row for row in rates(7) if row.kind == "plan"]
    return [row.rate for row in planned if row.valid_on.replace(day=1) == month][-1]


def revenue(facts: Facts, story: Story, fact: KpiFact) -> Decimal:
    """Net of the month's documents that stay, each by the owner's share of its day."""
    total = Decimal(0)
    for row in facts.invoices:
        is_of_month = row.issued_on.replace(day=1) == fact.period and row.deleted_on is None
        if row.account_id in story.account_ids and is_of_month:
            shares: dict[str, Decimal] = {}
            for owner in facts.assignments:
                if (
                    owner.account_id == row.account_id
                    and owner.valid_from <= row.issued_on
                    and (owner.valid_to is None or row.issued_on < owner.valid_to)
                ):
                    shares[owner.employee_id] = owner.share
            shares["UNASSIGNED"] = 1 - sum(shares.values(), Decimal(0))
            share = shares.get(fact.employee_id, Decimal(0)) if fact.employee_id else Decimal(1)
            total += row.net * share * plan_rate(row.currency, fact.period)
    return total


def open_amount(facts: Facts, fact: OpenFact) -> Decimal:
    """Gross less what was applied by the end of the month, less unapplied credit of the account."""
    day = month_end(fact.period)
    invoice = next(row for row in facts.invoices if row.invoice_id == fact.invoice_id)
    applied = [row for row in facts.allocations if row.applied_on <= day]
    if invoice.kind == "credit_note":
        used = (row.amount for row in applied if row.credit_note_id == invoice.invoice_id)
        return invoice.gross + sum(used, Decimal(0))
    left = invoice.gross - sum(r.amount for r in applied if r.invoice_id == invoice.invoice_id)
    for payment in facts.payments:
        if payment.account_id == invoice.account_id and payment.amount > 0 and left:
            spent = sum(r.amount for r in applied if r.payment_id == payment.payment_id)
            unapplied = payment.amount - spent if payment.received_on <= day else Decimal(0)
            left -= min(left, unapplied)
    return left


def test_every_story_that_was_asked_for_is_told_in_both_languages() -> None:
    assert set(ASKED_FOR) <= set(stories())
    for name in stories():
        assert all(catalogue("demo")[f"story_{name}"][language] for language in LANGUAGES)


def test_stories_share_no_account_contract_or_document(facts: Facts) -> None:
    accounts = [account for story in stories().values() for account in story.account_ids]
    contracts = [contract for story in stories().values() for contract in story.contract_ids]
    assert sorted(accounts) == sorted(row.account_id for row in facts.accounts)
    assert len(contracts) == len(set(contracts))
    assert set(contracts) == {row.contract_id for row in facts.contracts}


@pytest.mark.parametrize("name", sorted(stories()))
def test_expected_revenue_is_what_the_documents_say(facts: Facts, name: str) -> None:
    story = stories()[name]
    for fact in story.kpis_after(ALL_DELIVERED):
        if fact.kpi_code == "revenue":
            assert revenue(facts, story, fact) == fact.numerator, fact


@pytest.mark.parametrize("name", [n for n, story in stories().items() if story.open_items])
def test_expected_open_items_are_what_the_documents_say(facts: Facts, name: str) -> None:
    for fact in stories()[name].open_items:
        invoice = next(row for row in facts.invoices if row.invoice_id == fact.invoice_id)
        left = open_amount(facts, fact)
        is_overdue = invoice.due_on is not None and invoice.due_on < month_end(fact.period)
        assert (left, left if is_overdue else 0) == (fact.open_amount, fact.overdue_amount), fact


def test_facts_hold_from_their_day_until_their_day() -> None:
    late = stories()["late_file"]
    before = [f.numerator for f in late.kpis_after(0) if f.kpi_code == "revenue"]
    after = [f.numerator for f in late.kpis_after(1) if f.kpi_code == "revenue"]
    assert (before, after) == ([Decimal(0)], [Decimal(77000)])
