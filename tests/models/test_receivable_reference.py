"""The marts of receivables against the definition in plain Python, for any ledger and policy."""

import copy
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from expectations.receivables_sql import AGING_BUCKETS, DISPUTED_AMOUNTS
from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.marts import Row
from tests.models.receivable_ledger import ZERO, Ledger, Measured, Tables

FIRST, LAST, MONTHS = date(2024, 1, 1), date(2025, 6, 30), 18
CREDITS = ("oldest_first", "ignore", "own_bucket")
DISPUTES = ("include", "exclude")
MODES = list(product(CREDITS, DISPUTES))
SHARES = ("overdue_share", "overdue_share_gate", "receivables_share")


def month(number: int) -> date:
    """First day of a month, 0 for the first one."""
    return date(FIRST.year + number // 12, number % 12 + 1, 1)


# ------------------------------------------------------------------------------- what is generated

# month ends and the days around them most of the time
EDGES = [month(n) + timedelta(days=d) for n in range(1, MONTHS) for d in (-2, -1, 0)]
DAYS = st.sampled_from(EDGES) | st.integers(0, 545).map(lambda n: FIRST + timedelta(days=n))
RARELY = st.none() | st.none() | DAYS
AMOUNTS = st.integers(1, 300).map(lambda n: Decimal(n) / 4)
PLACES = st.integers(0, 9)


def lists(
    most: int, least: int = 0, **fields: st.SearchStrategy[Any]
) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.fixed_dictionaries(fields), min_size=least, max_size=most)


ANY_LEDGER = st.fixed_dictionaries(
    {
        "invoices": lists(
            6, least=1, account_id=st.sampled_from("AB"), issued_on=DAYS, due_on=st.none() | DAYS,
            amount=AMOUNTS, is_note=st.sampled_from([False, False, True]), voided_on=RARELY,
            corrects=st.none() | st.none() | PLACES,
            dues=st.just({}) | st.dictionaries(DAYS, AMOUNTS, max_size=3),
        ),
        "payments": lists(
            4, account_id=st.sampled_from("AB"), received_on=DAYS, amount=AMOUNTS,
            is_refund=st.sampled_from([False, False, False, True]), reversed_on=RARELY,
        ),
        "allocations": lists(
            6, invoice=PLACES, by=PLACES, applied_on=DAYS, amount=AMOUNTS, undone_on=RARELY
        ),
        "refunds": lists(2, payment=PLACES, note=PLACES, applied_on=DAYS, amount=AMOUNTS),
        "write_offs": lists(3, invoice=PLACES, written_on=DAYS, amount=AMOUNTS),
        "disputes": lists(
            3, invoice=PLACES, opened_on=DAYS, closed_on=st.none() | DAYS, amount=AMOUNTS
        ),
    }
)  # fmt: skip
POLICIES = st.lists(
    st.fixed_dictionaries(
        {
            "receivables_credits": st.sampled_from(CREDITS),
            "receivables_disputes": st.sampled_from(DISPUTES),
            "aging_buckets": st.lists(
                st.integers(0, 200), min_size=1, max_size=4, unique=True
            ).map(sorted),
        }
    ),
    min_size=1, max_size=3,
)  # fmt: skip


def filled(new_company: NewCompany, ledger: Any) -> Company:
    """The company with these documents; what names nothing that exists is left out."""
    company = new_company(str(LAST))
    for account in "AB":
        company.account(account)
        company.owner(account, "K")
    # in every month, so that the tables that KPIs need are there
    company.payment("none", "A", str(FIRST), Decimal(1), reversed_on=FIRST)
    for number, row in enumerate(ledger["invoices"]):
        amount = -row["amount"] if row["is_note"] else row["amount"]
        company.invoice(
            f"I{number}", row["account_id"], row["issued_on"], amount, due_on=row["due_on"],
            voided_on=row["voided_on"], status="void" if row["voided_on"] else "issued",
        )  # fmt: skip
    bills = [n for n, row in enumerate(ledger["invoices"]) if not row["is_note"]]
    notes = [n for n, row in enumerate(ledger["invoices"]) if row["is_note"]]
    for place, number in enumerate(bills):
        row = ledger["invoices"][number]
        before = [
            n for n in bills[:place] if ledger["invoices"][n]["issued_on"] <= row["issued_on"]
        ]
        if before and row["corrects"] is not None:
            corrected = before[row["corrects"] % len(before)]
            company.tables["invoice"][number]["corrects_id"] = f"I{corrected}"
        for due_on, amount in row["dues"].items():
            company.add("invoice_due", invoice_id=f"I{number}", due_on=due_on, amount=amount)
    for number, row in enumerate(ledger["payments"]):
        amount = -row["amount"] if row["is_refund"] else row["amount"]
        company.payment(
            f"P{number}", row["account_id"], row["received_on"], amount,
            reversed_on=row["reversed_on"],
        )  # fmt: skip
    paid = [n for n, row in enumerate(ledger["payments"]) if not row["is_refund"]]
    returned = [n for n, row in enumerate(ledger["payments"]) if row["is_refund"]]
    sources: list[Row] = [{"payment_id": f"P{n}"} for n in paid]
    sources += [{"credit_note_id": f"I{n}"} for n in notes]
    for row in ledger["allocations"] if bills and sources else []:
        company.allocation(
            row["applied_on"], row["amount"], undone_on=row["undone_on"],
            invoice_id=f"I{bills[row['invoice'] % len(bills)]}",
            **sources[row["by"] % len(sources)],
        )  # fmt: skip
    for row in ledger["refunds"] if returned and notes else []:
        company.allocation(
            row["applied_on"], row["amount"], payment_id=f"P{returned[row['payment'] % len(returned)]}",
            credit_note_id=f"I{notes[row['note'] % len(notes)]}",
        )  # fmt: skip
    for name in ("write_off", "dispute") if bills else ():
        for number, row in enumerate(ledger[f"{name}s"]):
            days = {key: value for key, value in row.items() if key.endswith("_on")}
            company.add(
                name, **{f"{name}_id": f"{name}{number}"}, amount=row["amount"],
                invoice_id=f"I{bills[row['invoice'] % len(bills)]}", **days,
            )  # fmt: skip
    return company


def governed(company: Company, policies: list[Row], starts: int) -> Company:
    """The first policy, and from a month on the next ones, two months each."""
    company.policy(**policies[0])
    for number, policy in enumerate(policies[1:]):
        company.policy_from(str(month(starts + 2 * number)), f"v{number + 2}", **policy)
    return company


def policy_of(company: Company, period: date) -> Row:
    return [row for row in company.policies if row["valid_from"] <= period][-1]


def shares(company: Company) -> dict[tuple[str, date], Measured]:
    """Evidence of the three shares by KPI and month."""
    company.build("fct_kpi_evidence")
    names = ", ".join(f"'{name}'" for name in SHARES)
    rows = company.marts.rows(
        "select kpi_code, period, record_type, record_id, numerator, denominator"
        f" from kpi.fct_kpi_evidence where kpi_code in ({names})"
        " and credit_role = 'owner' and \"window\" = 'month'"
    )
    found: dict[tuple[str, date], Measured] = defaultdict(dict)
    for row in rows:
        key = row["record_type"], row["record_id"]
        assert key not in found[row["kpi_code"], row["period"]]
        found[row["kpi_code"], row["period"]][key] = row["numerator"], row["denominator"]
    return found


def open_rows(company: Company) -> dict[date, list[tuple[Any, ...]]]:
    """Open items by month, in order."""
    found: dict[date, list[tuple[Any, ...]]] = defaultdict(list)
    for row in company.rows("fct_open_item_month", order="period, invoice_id, instalment"):
        found[row["period"]].append(
            tuple(
                row[name]
                for name in (
                    "invoice_id", "instalment", "due_on", "item_amount", "credit_applied",
                    "open_amount", "overdue_amount", "disputed_amount", "days_overdue",
                    "aging_bucket",
                )
            )
        )  # fmt: skip
    return found


def expected_rows(ledger: Ledger) -> list[tuple[Any, ...]]:
    return sorted(
        (
            item.invoice, item.instalment, item.due_on, item.amount, item.credit, item.open,
            item.open if item.age(ledger.day) else ZERO, item.disputed, item.age(ledger.day),
            ledger.bucket(item.age(ledger.day)),
        )
        for item in ledger.items(is_gate=False)
    )  # fmt: skip


def few(examples: int) -> settings:
    # without shrinking, which would take minutes: an example is small as it is
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )  # fmt: skip


def in_mode(credits: str, disputes: str, policies: list[Row]) -> list[Row]:
    """The policies, the first of them in a mode."""
    mode = {"receivables_credits": credits, "receivables_disputes": disputes}
    return [policies[0] | mode, *policies[1:]]


@pytest.mark.parametrize(("credits", "disputes"), MODES)
@few(5)
@given(ANY_LEDGER, POLICIES, st.integers(1, MONTHS))
def test_every_month_is_what_the_definition_says(
    new_company: NewCompany, credits: str, disputes: str, ledger: Any, policies: Any, starts: int
) -> None:
    company = filled(new_company, ledger)
    governed(company, in_mode(credits, disputes, policies), starts)
    items, found = open_rows(company), shares(company)
    for number in range(MONTHS):
        period, day = month(number), month(number + 1) - timedelta(days=1)
        known = Ledger(company.tables, day, policy_of(company, period))
        assert items[period] == expected_rows(known), period
        assert found["overdue_share", period] == known.measured(), period
        assert found["overdue_share_gate", period] == known.measured(is_gate=True), period
        assert found["receivables_share", period] == known.receivables(), period
    for check in (AGING_BUCKETS, DISPUTED_AMOUNTS):
        assert not company.marts.rows(check.format(batch="core.fct_open_item_month"))


STARTS = ("issued_on", "received_on", "applied_on", "written_on", "opened_on")
ENDS = ("voided_on", "reversed_on", "undone_on", "closed_on")


def known_on(day: date, tables: Tables) -> Tables:
    """The rows as the sources had them at the end of that day."""
    known: Tables = {}
    for table, rows in copy.deepcopy(tables).items():
        known[table] = [row for row in rows if all(row.get(n, day) <= day for n in STARTS)]
        for row in known[table]:
            for name in ENDS:
                if row.get(name) and row[name] > day:
                    row[name] = None
                    row |= {"status": "issued"} if name == "voided_on" else {}
    names = {row["invoice_id"] for row in known.get("invoice", [])}
    payments = {row["payment_id"] for row in known.get("payment", [])}
    ends = {"invoice_id": names, "credit_note_id": names, "payment_id": payments}
    known["allocation"] = [
        row
        for row in known.get("allocation", [])
        if all(row[name] in ends[name] for name in ends if row.get(name))
    ]
    return known


@pytest.mark.parametrize(("credits", "disputes"), MODES)
@few(3)
@given(ANY_LEDGER, POLICIES, st.integers(1, MONTHS), st.integers(2, MONTHS - 2))
def test_nothing_that_happens_later_changes_a_month_end(
    new_company: NewCompany, credits: str, disputes: str, ledger: Any, policies: Any, starts: int,
    last: int,
) -> None:  # fmt: skip
    # payments, credits, allocations and their undoing, write-offs, disputes, voids, policies
    def until_then(company: Company) -> list[Any]:
        items, found = open_rows(company), shares(company)
        months = [month(number) for number in range(last + 1)]
        return [
            *(items[period] for period in months),
            *(found[name, period] for name in SHARES for period in months),
        ]

    company = filled(new_company, ledger)
    governed(company, in_mode(credits, disputes, policies), starts)
    afterwards = until_then(company)
    company.tables = known_on(month(last + 1) - timedelta(days=1), company.tables)
    company.policies = [row for row in company.policies if row["valid_from"] <= month(last)]
    company.policies[-1]["valid_to"] = None
    assert until_then(company) == afterwards
