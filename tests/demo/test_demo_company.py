"""The company hangs together: references, shares, money, and size."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from kam_kpi.demo.calendar import FIRST_DAY, FIRST_DELIVERY, add_months, months
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.stories import story, story_facts
from kam_kpi.demo.world import Company, world


@pytest.fixture(scope="module")
def facts() -> Facts:
    return world(Company())


def known(facts: Facts) -> list[str]:
    return [row.account_id for row in facts.accounts if row.created_on <= FIRST_DELIVERY]


def test_size_is_the_number_of_accounts_at_the_first_delivery(facts: Facts) -> None:
    assert len(known(facts)) == 180
    kams = [row for row in facts.employees if row.grade != "head"]
    assert len(kams) == 12
    assert len({row.manager_id for row in kams}) == 2
    assert len({row.family for row in facts.products}) == 8
    assert len({row.parent_id for row in facts.parents}) >= 6
    big = world(Company(size=300))
    assert len(known(big)) == 300
    assert len([row for row in big.employees if row.grade != "head"]) == 20


def test_every_month_has_a_believable_number_of_documents(facts: Facts) -> None:
    per_month: dict[date, int] = defaultdict(int)
    for invoice in facts.invoices:
        per_month[invoice.issued_on.replace(day=1)] += 1
    history = list(months(FIRST_DAY, FIRST_DELIVERY))
    assert len(history) == 36
    assert all(90 <= per_month[month] <= 200 for month in history)


def test_ids_are_unique(facts: Facts) -> None:
    for rows, key in (
        (facts.accounts, "account_id"), (facts.employees, "email"), (facts.accounts, "tax_id"),
        (facts.accounts, "name"), (facts.invoices, "invoice_id"), (facts.payments, "payment_id"),
        (facts.allocations, "allocation_id"), (facts.disputes, "dispute_id"),
        (facts.write_offs, "write_off_id"), (facts.activities, "activity_id"),
        (facts.surveys, "response_id"),
    ):  # fmt: skip
        ids = [getattr(row, key) for row in rows]
        assert len(ids) == len(set(ids)), key


def test_versions_of_a_row_have_different_stamps(facts: Facts) -> None:
    for rows, key in (
        (facts.contracts, "contract_id"), (facts.deals, "deal_id"), (facts.tasks, "task_id"),
        (facts.escalations, "escalation_id"),
    ):  # fmt: skip
        stamps = [(getattr(row, key), row.modified_at) for row in rows]
        assert len(stamps) == len(set(stamps)), key


def test_references_hold(facts: Facts) -> None:
    accounts = {row.account_id for row in facts.accounts}
    employees = {row.employee_id for row in facts.employees}
    contracts = {row.contract_id for row in facts.contracts}
    invoices = {row.invoice_id for row in facts.invoices}
    payments = {row.payment_id for row in facts.payments}
    assert {row.account_id for row in facts.assignments} == accounts
    assert {row.employee_id for row in facts.assignments} <= employees
    assert {row.parent_id for row in facts.parents} <= accounts
    assert {row.account_id for row in facts.invoices} <= accounts
    assert {row.contract_id for row in facts.invoices} - {None} <= contracts
    assert {row.renews_id for row in facts.contracts} - {None} <= contracts
    assert {row.invoice_id for row in facts.invoice_lines} == invoices
    assert {row.invoice_id for row in facts.allocations} - {None} <= invoices
    assert {row.payment_id for row in facts.allocations} - {None} <= payments
    assert {row.credit_note_id for row in facts.allocations} - {None} <= invoices


def test_nothing_is_recorded_before_its_client_is(facts: Facts) -> None:
    early = set(story("unknown_account").account_ids)
    known_from = {row.account_id: row.created_on for row in facts.accounts}
    for name, day in (
        ("contracts", "signed_on"), ("deals", "opened_on"), ("invoices", "issued_on"),
        ("payments", "received_on"), ("assignments", "valid_from"),
    ):  # fmt: skip
        for row in getattr(facts, name):
            if row.account_id and row.account_id not in early:
                assert getattr(row, day) >= known_from[row.account_id], row
    for name in ("activities", "tasks", "surveys", "escalations"):
        for row in getattr(facts, name):
            assert row.modified_at.date() >= known_from[row.account_id], row


def test_a_document_is_the_sum_of_its_lines(facts: Facts) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in facts.invoice_lines:
        sums[line.invoice_id] += line.net
    for invoice in facts.invoices:
        assert invoice.net == sums[invoice.invoice_id], invoice.invoice_id
        assert invoice.gross == invoice.net + invoice.tax
        assert (invoice.net < 0) == (invoice.kind == "credit_note")
        assert invoice.due_on is None or invoice.due_on >= invoice.issued_on


def test_no_invoice_is_paid_twice_and_no_payment_is_applied_twice(facts: Facts) -> None:
    applied: dict[str, Decimal] = defaultdict(Decimal)
    for row in facts.allocations:
        assert row.amount > 0
        for target in (row.invoice_id, row.payment_id, row.credit_note_id):
            if target:
                applied[target] += row.amount
    for given_up in facts.write_offs:
        applied[given_up.invoice_id] += given_up.amount
    for invoice in facts.invoices:
        if invoice.kind == "invoice":
            assert applied[invoice.invoice_id] <= invoice.gross, invoice.invoice_id
        else:
            assert applied[invoice.invoice_id] == -invoice.gross, invoice.invoice_id
    for payment in facts.payments:
        assert applied[payment.payment_id] == abs(payment.amount), payment.payment_id


def test_only_the_planted_payment_waits_unapplied_for_long(facts: Facts) -> None:
    received = {row.payment_id: row.received_on for row in facts.payments}
    slow = {
        row.payment_id
        for row in facts.allocations
        if row.payment_id and (row.applied_on - received[row.payment_id]).days > 3
    }
    assert slow == {story("over_payment").ids["payment"]}


def test_shares_sum_to_one_on_every_day_but_for_the_planted_account(facts: Facts) -> None:
    by_account: dict[str, list[tuple[date, date | None, Decimal]]] = defaultdict(list)
    for row in facts.assignments:
        if row.role == "owner":
            by_account[row.account_id].append((row.valid_from, row.valid_to, row.share))
    wrong = set()
    for account_id, rows in by_account.items():
        edges = {start for start, _, _ in rows} | {end for _, end, _ in rows if end}
        for day in edges | {edge - timedelta(days=1) for edge in edges}:
            if day >= min(start for start, _, _ in rows):
                shares = [s for start, end, s in rows if start <= day and (not end or day < end)]
                if sum(shares) != 1:
                    wrong.add(account_id)
    assert wrong == set(story("shares_sum_to_0_9").account_ids)


def test_a_plan_rate_is_there_for_every_month(facts: Facts) -> None:
    planned = {row.valid_on.replace(day=1) for row in facts.rates if row.kind == "plan"}
    assert planned >= set(months(FIRST_DAY, add_months(FIRST_DELIVERY, 14)))


def test_company_and_stories_do_not_touch_each_other() -> None:
    planted = story_facts()
    ours = {row.account_id for row in planted.accounts}
    for company in (Company(seed=7), Company(seed=8, size=90)):
        facts = world(company)
        for name in ("invoices", "payments", "contracts", "assignments", "accounts", "deals"):
            rows = [row for row in getattr(facts, name) if row.account_id in ours]
            assert rows == getattr(planted, name), name
        for name in ("activities", "tasks", "surveys", "escalations"):
            assert not [row for row in getattr(facts, name) if row.account_id in ours], name
        documents = {row.invoice_id for row in planted.invoices}
        mine = [row for row in facts.allocations if row.invoice_id in documents]
        assert mine == [row for row in planted.allocations if row.invoice_id]
