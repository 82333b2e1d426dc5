"""The marts of receivables against the definition in plain Python, for any ledger and policy.

The reference looks at one day at a time and knows no spans: what is open of each document on day D,
then credits, disputes, buckets and shares as docs/kpis.md says them.
"""

import copy
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
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

FIRST, LAST, MONTHS = date(2024, 1, 1), date(2025, 6, 30), 18
CREDITS = ("oldest_first", "ignore", "own_bucket")
DISPUTES = ("include", "exclude")
MODES = list(product(CREDITS, DISPUTES))
SHARES = ("overdue_share", "overdue_share_gate", "receivables_share")
Tables = dict[str, list[Row]]
Measured = dict[tuple[str, str], tuple[Decimal, Decimal]]
ZERO = Decimal(0)


def month(number: int) -> date:
    """First day of a month, 0 for the first one."""
    return date(FIRST.year + number // 12, number % 12 + 1, 1)


def next_year(day: date) -> date:
    leap = (day.month, day.day) == (2, 29)
    return date(day.year + 1, day.month, 28 if leap else day.day)


# ---------------------------------------------------------------------------------- the reference


@dataclass(frozen=True)
class Item:
    """A part of an invoice that is open on D."""

    account: str
    invoice: str
    instalment: int
    due_on: date | None
    issued_on: date
    amount: Decimal
    is_written_off: bool = False
    credit: Decimal = ZERO
    disputed: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        return self.amount - self.credit

    def age(self, day: date) -> int:
        return max(0, (day - self.due_on).days) if self.due_on else 0


@dataclass(frozen=True)
class Ledger:
    """What is known of one day."""

    tables: Tables
    day: date
    policy: Row

    def holds(self, start: date, end: date | None) -> bool:
        return start <= self.day and not (end and end <= self.day)

    def documents(self, kind: str) -> dict[str, Row]:
        return {
            row["invoice_id"]: row
            for row in self.tables.get("invoice", [])
            if row["kind"] == kind and self.holds(row["issued_on"], row.get("voided_on"))
        }

    def payments(self) -> dict[str, Row]:
        return {
            row["payment_id"]: row
            for row in self.tables.get("payment", [])
            if self.holds(row["received_on"], row.get("reversed_on"))
        }

    def allocations(self) -> Iterator[Row]:
        ends = {
            "invoice_id": self.documents("invoice"),
            "credit_note_id": self.documents("credit_note"),
            "payment_id": self.payments(),
        }
        for row in self.tables.get("allocation", []):
            alive = all(row[name] in ends[name] for name in ends if row.get(name))
            if alive and self.holds(row["applied_on"], row.get("undone_on")):
                yield row

    def allocated(self, name: str, record: str) -> Decimal:
        return sum((r["amount"] for r in self.allocations() if r.get(name) == record), ZERO)

    def written_off(self, invoice: str, is_remembered: bool) -> Decimal:
        """Written off by D; or of that what was written off within twelve months."""
        return sum(
            (
                row["amount"]
                for row in self.tables.get("write_off", [])
                if row["invoice_id"] == invoice
                and row["written_on"] <= self.day
                and (not is_remembered or self.day < next_year(row["written_on"]))
            ),
            ZERO,
        )

    def first_invoice(self, row: Row) -> Row:
        known = {row["invoice_id"]: row for row in self.tables["invoice"]}
        while row.get("corrects_id"):
            row = known[row["corrects_id"]]
        return row

    def instalments(self, row: Row) -> list[tuple[date | None, Decimal]]:
        """Due dates with their amounts, oldest first; the last one has the rest."""
        dues = sorted(
            (due["due_on"], due["amount"])
            for due in self.tables.get("invoice_due", [])
            if due["invoice_id"] == row["invoice_id"]
        )
        if not dues:
            return [(row.get("due_on"), row["gross"])]
        left, parts = row["gross"], []
        for due_on, amount in dues[:-1]:
            parts.append((due_on, min(amount, left)))
            left -= parts[-1][1]
        return [*parts, (dues[-1][0], left)]

    def due_days(self, row: Row) -> list[date | None]:
        own = [due_on for due_on, _ in self.instalments(row)]
        first = [due_on for due_on, _ in self.instalments(self.first_invoice(row))]
        pairs = [(due_on, first[min(n, len(first) - 1)]) for n, due_on in enumerate(own)]
        return [min((due for due in pair if due), default=None) for pair in pairs]

    def open_parts(self, row: Row, is_gate: bool) -> Iterator[Item]:
        """What is open of an invoice, the amounts written off before the rest of it."""
        invoice = row["invoice_id"]
        balance = self.balance(row, is_gate=False)
        seen = max(ZERO, self.balance(row, is_gate))
        settled = row["gross"] - seen
        written = seen - max(ZERO, balance)
        dues = self.due_days(row)
        for number, (_, amount) in enumerate(self.instalments(row)):
            paid = min(amount, settled)
            settled -= paid
            lost = min(amount - paid, written)
            written -= lost
            for part, is_written_off in ((lost, True), (amount - paid - lost, False)):
                if part > 0:
                    yield Item(
                        row["account_id"], invoice, number + 1, dues[number], row["issued_on"],
                        part, is_written_off,
                    )  # fmt: skip

    def balance(self, row: Row, is_gate: bool) -> Decimal:
        invoice = row["invoice_id"]
        settled = self.allocated("invoice_id", invoice) + self.written_off(invoice, False)
        back = max(ZERO, self.written_off(invoice, True)) if is_gate else ZERO
        amount: Decimal = row["gross"] - settled + back
        return amount

    def credits(self, is_gate: bool) -> dict[tuple[str, str, str], Decimal]:
        """Open credit by account, record type and record; a refund not yet applied is negative."""
        found = {}
        for name, row in self.documents("credit_note").items():
            left = -row["gross"] - self.allocated("credit_note_id", name)
            found[row["account_id"], "credit_note", name] = left
        for name, row in self.payments().items():
            applied = self.allocated("payment_id", name)
            left = row["amount"] - applied if row["amount"] > 0 else row["amount"] + applied
            found[row["account_id"], "payment", name] = left
        for name, row in self.documents("invoice").items():
            found[row["account_id"], "invoice", name] = max(ZERO, -self.balance(row, is_gate))
        return {key: amount for key, amount in found.items() if amount}

    def items(self, is_gate: bool) -> list[Item]:
        """Open items, oldest first, with the credits and disputes of each."""
        items = [
            item
            for row in self.documents("invoice").values()
            for item in self.open_parts(row, is_gate)
        ]
        items.sort(
            key=lambda item: (
                item.due_on or item.issued_on, item.invoice, item.instalment,
                not item.is_written_off,
            )
        )  # fmt: skip
        credit: dict[str, Decimal] = defaultdict(lambda: ZERO)
        if self.policy["receivables_credits"] == "oldest_first":
            for (account, _, _), amount in self.credits(is_gate).items():
                credit[account] += amount
        disputed: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for row in self.tables.get("dispute", []):
            if self.holds(row["opened_on"], row.get("closed_on")):
                disputed[row["invoice_id"]] += row["amount"]
        judged = []
        for item in items:
            applied = max(ZERO, min(item.amount, credit[item.account]))
            credit[item.account] -= applied
            in_doubt = min(item.amount - applied, disputed[item.invoice])
            disputed[item.invoice] -= in_doubt
            judged.append(replace(item, credit=applied, disputed=in_doubt))
        return judged

    def measured(self, is_gate: bool = False) -> Measured:
        """Overdue and open by record type and record."""
        sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for item in self.items(is_gate):
            counted = item.open
            if self.policy["receivables_disputes"] == "exclude":
                counted -= item.disputed
            is_overdue = item.is_written_off or item.age(self.day) > 0
            sums["invoice", item.invoice][0] += counted if is_overdue else ZERO
            sums["invoice", item.invoice][1] += counted
        if self.policy["receivables_credits"] == "own_bucket":
            for (_, kind, name), amount in self.credits(is_gate).items():
                sums[kind, name][1] -= amount
        return {key: (overdue, open_) for key, (overdue, open_) in sums.items() if open_}

    def receivables(self) -> Measured:
        """Open and gross billed in twelve months, by account."""
        accounts = {
            ("invoice", row["invoice_id"]): row["account_id"] for row in self.tables["invoice"]
        } | {("payment", row["payment_id"]): row["account_id"] for row in self.tables["payment"]}
        sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for (kind, name), (_, open_) in self.measured().items():
            account = accounts["payment" if kind == "payment" else "invoice", name]
            sums["account", account][0] += open_
        ends = self.day.replace(day=1)
        starts = date(ends.year - 1, ends.month, 1)
        for row in (self.documents("invoice") | self.documents("credit_note")).values():
            if row["issued_on"] >= (starts + timedelta(days=31)).replace(day=1):
                sums["account", row["account_id"]][1] += row["gross"]
        return {key: (open_, billed) for key, (open_, billed) in sums.items() if open_ or billed}

    def bucket(self, age: int) -> str:
        first = 0
        for last in self.policy["aging_buckets"]:
            if age <= last:
                return "not_due" if last == 0 else f"{first}-{last}"
            first = last + 1
        return f"{self.policy['aging_buckets'][-1]}+"


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
