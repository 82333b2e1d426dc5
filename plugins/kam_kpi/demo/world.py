"""The whole company, from its seed to the end of its calendar."""

from dataclasses import dataclass

from kam_kpi.demo.accounts import Owners, accounts, assignments
from kam_kpi.demo.calendar import FIRST_DELIVERY
from kam_kpi.demo.contracts import portfolio
from kam_kpi.demo.deals import deals
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.invoices import bill
from kam_kpi.demo.payroll import add_payroll
from kam_kpi.demo.people import employees
from kam_kpi.demo.products import products
from kam_kpi.demo.rates import rates
from kam_kpi.demo.receivables import collect
from kam_kpi.demo.service import activities, escalations, surveys, tasks
from kam_kpi.demo.stories import story_facts
from kam_kpi.errors import KamError

SMALLEST = 60
"""Fewer accounts than this leave no company around the stories."""


@dataclass(frozen=True)
class Company:
    """What a demo company is made from.

    Args:
        seed: any whole number; another seed is another company with the same stories.
        size: accounts known at the first delivery, story accounts included.
    """

    seed: int = 7
    size: int = 180


def world(company: Company) -> Facts:
    """Everything that ever happens to the company.

    Raises:
        KamError: `size` is below SMALLEST.
    """
    if company.size < SMALLEST:
        raise KamError("demo.too_small", size=company.size, smallest=SMALLEST)
    seed, size = company.seed, company.size
    facts = story_facts()
    known = [row for row in facts.accounts if row.created_on <= FIRST_DELIVERY]
    clients, parents = accounts(seed, size - len(known))
    owned = assignments(seed, size, clients)
    owners = Owners(owned)
    contracts = portfolio(seed, clients, {parent.parent_id for parent in parents})
    billing = bill(seed, contracts.services)
    receipts = collect(seed, billing)
    facts.accounts += clients
    facts.parents += parents
    facts.assignments += owned
    facts.contracts += contracts.contracts
    facts.invoices += billing.invoices
    facts.invoice_lines += billing.lines
    facts.payments += receipts.payments
    facts.allocations += billing.allocations + receipts.allocations
    facts.disputes += receipts.disputes
    facts.write_offs += receipts.write_offs
    facts.employees, facts.positions = employees(seed, size)
    facts.products = products()
    facts.rates = rates(seed)
    sold, sold_lines = deals(seed, contracts.contracts, clients, owners)
    facts.deals += sold
    facts.deal_lines += sold_lines
    facts.activities += activities(seed, owned)
    facts.tasks += tasks(seed, clients, owners)
    facts.surveys += surveys(seed, clients)
    facts.escalations += escalations(seed, clients, owners)
    add_payroll(facts, seed)
    return facts
