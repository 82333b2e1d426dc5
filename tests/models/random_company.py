"""A Hypothesis strategy of small companies: clients, KAMs, contracts, bills, money and deals."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.marts import Row

FIRST, AS_OF = date(2024, 1, 1), date(2025, 6, 30)
ACCOUNTS, KAMS, PRODUCTS = ("A", "B", "C", "D"), ("K1", "K2", "K3"), ("base", "new", "other")
DAYS = st.integers(0, (AS_OF - FIRST).days)
AMOUNTS = st.integers(1, 4000).map(lambda n: Decimal(n) / 4)
ACCOUNT, KAM, PRODUCT = st.sampled_from(ACCOUNTS), st.sampled_from(KAMS), st.sampled_from(PRODUCTS)
CURRENCY = st.sampled_from(("RUB", "RUB", "USD"))
# whole, parts, less and more than all, all of it nobody's
SHARES = st.sampled_from(
    (
        {"K1": "1"}, {"K2": "1"}, {"K1": "0.6", "K3": "0.4"}, {},
        {"K1": "0.333333", "K2": "0.333333", "K3": "0.333333"}, {"K2": "0.5", "K3": "0.3"},
        {"K1": "0.7", "K2": "0.6"}, {"K1": "0", "K2": "0"}, {"K3": "1", "K1": "0"},
    )
)  # fmt: skip
OWNERS = st.lists(st.tuples(DAYS, SHARES), min_size=1, max_size=3)
OVERLAY = st.fixed_dictionaries(
    {"account": ACCOUNT, "kam": KAM, "share": st.sampled_from(("1", "0.25")), "day": DAYS}
)
INVOICE = st.fixed_dictionaries(
    {
        "account": ACCOUNT, "day": DAYS, "net": AMOUNTS, "product": PRODUCT, "currency": CURRENCY,
        "due": st.none() | st.integers(0, 120), "months": st.sampled_from((0, 0, 1, 3, 12)),
        "note": st.sampled_from((None, None, "of_it", "new")), "note_day": st.integers(0, 90),
        "is_void": st.sampled_from((False, False, False, True)),
    }
)  # fmt: skip
CONTRACT = st.fixed_dictionaries(
    {
        "account": ACCOUNT, "day": st.integers(-400, 500), "months": st.integers(1, 14),
        "amount": AMOUNTS, "product": st.none() | PRODUCT, "currency": CURRENCY,
        "auto_renew": st.booleans(), "ended": st.sampled_from((None, None, 20, 200)),
        "prolonged": st.sampled_from((None, None, 1, 6)), "notice": st.none() | st.integers(10, 60),
    }
)  # fmt: skip
PAYMENT = st.fixed_dictionaries(
    {
        "account": ACCOUNT, "day": DAYS, "amount": AMOUNTS, "currency": CURRENCY,
        "invoice": st.none() | st.integers(0, 20), "reversed": st.sampled_from((None, None, 40)),
    }
)  # fmt: skip
DEAL = st.fixed_dictionaries(
    {
        "account": st.none() | ACCOUNT, "kam": KAM, "day": DAYS, "amount": AMOUNTS,
        "currency": CURRENCY, "state": st.sampled_from(("won", "won", "lost", "open")),
        "product": PRODUCT,
    }
)  # fmt: skip
LOSS = st.fixed_dictionaries({"invoice": st.integers(0, 20), "day": DAYS, "amount": AMOUNTS})
POLICY = st.fixed_dictionaries(
    {
        "grain": st.sampled_from(("holding", "account")),
        "renewal_grace_days": st.sampled_from((30, 5)),
        "renewal_due_by": st.sampled_from(("end", "notice_deadline")),
        "churn_recognise": st.sampled_from(("end_of_service", "notice")),
        "churn_reactivation_gap_days": st.sampled_from((90, 20)),
        "cross_sell_by": st.sampled_from(("invoice_line", "invoice_line", "won_deal")),
        "cross_sell_lookback_months": st.sampled_from((3, 6)),
        "cross_sell_min_tenure_days": st.just(10),
        "receivables_credits": st.sampled_from(("oldest_first", "ignore", "own_bucket")),
        "receivables_disputes": st.sampled_from(("include", "exclude")),
        "credit_deal_by": st.sampled_from(("account_owner", "deal_employee")),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What happens in a company, as drawn; `build` makes contract rows of it."""

    owners: dict[str, list[tuple[int, dict[str, str]]]]
    overlays: list[Row]
    parents: dict[str, int]
    invoices: list[Row]
    contracts: list[Row]
    payments: list[Row]
    deals: list[Row]
    write_offs: list[Row]
    disputes: list[Row]
    policy: Row
    policy_later: Row

    def build(
        self, new_company: NewCompany, with_owners: bool = True, with_overlays: bool = True
    ) -> Company:
        """The company; without owners everything is UNASSIGNED's."""
        company = new_company(str(AS_OF))
        company.policy(**self.policy)
        company.policy_from("2024-11", "v2", **self.policy_later)
        for kam in KAMS:
            company.employee(kam)
        for product in PRODUCTS:
            company.product(product)
        for account in ACCOUNTS:
            company.account(account)
        for child, day in self.parents.items():
            company.add(
                "account_parent", account_id=child, parent_account_id="A", valid_from=on(day)
            )
        for place in range(-36, 18):
            year, month = divmod(2024 * 12 + place, 12)
            valid_on = date(year, month + 1, 1)
            company.add("fx_rate", from_currency="USD", valid_on=valid_on, rate=90 + place % 7)
        # history of bills and contracts before all that is drawn
        company.invoice("old", "D", "2022-01-10", 10, "base")
        company.contract(
            "old", "D", starts_on="2022-01-10", ends_on="2024-03-31", amount_per_month=9
        )
        self._add_facts(company)
        if with_owners:
            self._add_owners(company)
        if with_overlays:
            for row in self.overlays:
                company.owner(
                    row["account"], row["kam"], Decimal(row["share"]), role="overlay",
                    valid_from=on(row["day"]),
                )  # fmt: skip
        return company

    def _add_owners(self, company: Company) -> None:
        for account, spans in self.owners.items():
            days = sorted({day for day, _ in spans} | {0})
            shares = dict(spans)
            for number, day in enumerate(days):
                until = on(days[number + 1]) if number + 1 < len(days) else None
                for kam, share in shares.get(day, {}).items():
                    company.owner(
                        account, kam, Decimal(share), valid_from=on(day) if day else "2000-01-01",
                        valid_to=until,
                    )  # fmt: skip

    def _add_facts(self, company: Company) -> None:
        for number, row in enumerate(self.invoices):
            add_invoice(company, f"I{number}", row)
        for number, row in enumerate(self.contracts):
            add_contract(company, f"C{number}", row)
        for number, row in enumerate(self.payments):
            add_payment(company, f"P{number}", row)
        for number, row in enumerate(self.deals):
            add_deal(company, f"D{number}", row)
        for number, row in enumerate(self.write_offs):
            invoice = self.invoice(row)
            if not invoice["is_void"]:
                company.add(
                    "write_off", write_off_id=f"W{number}", invoice_id=invoice["id"],
                    written_on=on(row["day"]), amount=min(row["amount"], invoice["net"] / 4),
                )  # fmt: skip
        for number, row in enumerate(self.disputes):
            company.add(
                "dispute", dispute_id=f"X{number}", invoice_id=self.invoice(row)["id"],
                opened_on=on(row["day"]), closed_on=on(row["day"] + 70), amount=row["amount"],
            )  # fmt: skip

    def invoice(self, row: Row) -> Row:
        """The invoice that a write-off or dispute is about."""
        number = row["invoice"] % len(self.invoices)
        return self.invoices[number] | {"id": f"I{number}"}


def on(offset: int) -> date:
    """A day of the horizon."""
    return FIRST + timedelta(days=offset)


def add_invoice(company: Company, number: str, row: Row) -> None:
    """An invoice, its service period and its credit note."""
    issued_on, months = on(row["day"]), row["months"]
    values: Row = {"currency": row["currency"], "gross": row["net"] * Decimal("1.2")}
    if months:
        last = issued_on + timedelta(days=round(months * 30.4) - 1)
        values |= {"is_recurring": True, "period_from": issued_on, "period_to": last}
    note = values | {"gross": -values["gross"] / 2}
    if row["due"] is not None:
        values["due_on"] = issued_on + timedelta(days=row["due"])
    if row["is_void"]:
        values |= {"status": "void", "voided_on": issued_on + timedelta(days=45)}
    company.invoice(number, row["account"], str(issued_on), row["net"], row["product"], **values)
    noted_on = issued_on + timedelta(days=row["note_day"])
    if row["note"] and noted_on <= AS_OF:
        corrects = {"corrects_id": number} if row["note"] == "of_it" else {}
        company.invoice(
            f"{number}n", row["account"], str(noted_on), -row["net"] / 2, row["product"],
            **note | corrects,
        )  # fmt: skip


def add_contract(company: Company, number: str, row: Row) -> None:
    """A contract: perhaps prolonged, ended early, or with notice given."""
    starts_on = on(row["day"])
    ends_on = starts_on + timedelta(days=round(row["months"] * 30.4) - 1)
    versions: list[Row] = []
    if row["prolonged"]:
        ends_on_later = ends_on + timedelta(days=round(row["prolonged"] * 30.4))
        recorded = ends_on - timedelta(days=10)
        versions.append(
            {
                "version_on": recorded,
                "ends_on": ends_on_later,
                "amount_per_month": row["amount"] + 7,
            }
        )
    if row["ended"] and row["ended"] < row["months"] * 28:
        day = starts_on + timedelta(days=row["ended"])
        versions = [{"version_on": day, "status": "terminated", "terminated_on": day}]
    elif row["notice"] and not versions:
        day = ends_on - timedelta(days=row["notice"] + 5)
        versions = [{"version_on": max(day, starts_on), "notice_given_on": max(day, starts_on)}]
    company.contract(
        number, row["account"], *versions, starts_on=starts_on, ends_on=ends_on,
        amount_per_month=row["amount"], product_id=row["product"], currency=row["currency"],
        auto_renew=row["auto_renew"], renewal_term_months=6, notice_days=row["notice"],
    )  # fmt: skip


def add_payment(company: Company, number: str, row: Row) -> None:
    """Money received, for an invoice or for nothing in particular."""
    values: Row = {"currency": row["currency"]}
    if row["reversed"]:
        values["reversed_on"] = on(row["day"] + row["reversed"])
    company.payment(number, row["account"], str(on(row["day"])), row["amount"], **values)
    mine = [
        invoice
        for invoice in company.tables["invoice"]
        if invoice["account_id"] == row["account"] and invoice["currency"] == row["currency"]
        and invoice["kind"] == "invoice" and invoice["issued_on"] <= on(row["day"])
    ]  # fmt: skip
    if mine and row["invoice"] is not None:
        invoice = mine[row["invoice"] % len(mine)]
        company.allocation(
            str(on(row["day"])), min(row["amount"], invoice["gross"]) / 2, payment_id=number,
            invoice_id=invoice["invoice_id"],
        )  # fmt: skip


def add_deal(company: Company, number: str, row: Row) -> None:
    """A deal with one line."""
    closed = {} if row["state"] == "open" else {"closed_on": on(row["day"])}
    company.deal(
        number, row["kam"], account_id=row["account"], amount=row["amount"], state=row["state"],
        currency=row["currency"], opened_on=FIRST, **closed,
    )  # fmt: skip
    company.add(
        "deal_line", deal_id=number, line_no=1, product_id=row["product"], quantity=1,
        amount=row["amount"],
    )  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A company of four clients and three KAMs over 18 months."""
    return Plan(
        owners={account: draw(OWNERS) for account in ACCOUNTS},
        overlays=draw(st.lists(OVERLAY, min_size=1, max_size=3)),
        parents=draw(
            st.dictionaries(st.sampled_from(("B", "C")), st.sampled_from((-900, 250, 400)))
        ),
        invoices=draw(st.lists(INVOICE, min_size=6, max_size=14)),
        contracts=draw(st.lists(CONTRACT, min_size=2, max_size=6)),
        payments=draw(st.lists(PAYMENT, min_size=1, max_size=5)),
        deals=draw(st.lists(DEAL, min_size=1, max_size=5)),
        write_offs=draw(st.lists(LOSS, max_size=1)),
        disputes=draw(st.lists(LOSS, max_size=1)),
        policy=draw(POLICY),
        policy_later=draw(POLICY),
    )


def money_of(rows: list[Row], column: str) -> Any:
    """Sum of a column; None where a row has none."""
    values = [row[column] for row in rows]
    return None if None in values else sum(values)
