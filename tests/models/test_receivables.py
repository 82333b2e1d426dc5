"""What is open and overdue on the last day D of June 2026, one client per case."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.marts import Row

BEFORE, D, AFTER = "2026-06-29", "2026-06-30", "2026-07-01"
DAYS = {"before": BEFORE, "on": D, "after": AFTER}
Build = Callable[[Company, str], None]
# per invoice by name: amount before unapplied credits, open, overdue; then the credit left over
Expected = tuple[list[tuple[Any, Any, Any]], Any]
CASES: dict[str, tuple[Build, Expected]] = {}

ALL_OVERDUE = ([(100, 100, 100)], 0)
ALL_OPEN = ([(100, 100, 0)], 0)
NOTHING: Expected = ([], 0)


def case(name: str, *expected: Expected) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """One case, or one for the days before, on and after D."""

    def register(build: Callable[..., None]) -> Callable[..., None]:
        if len(expected) == 1:
            CASES[name] = (build, expected[0])
            return build
        for (when, day), outcome in zip(DAYS.items(), expected, strict=True):
            CASES[f"{name}_{when}"] = (lambda c, a, day=day: build(c, a, day), outcome)
        return build

    return register


def bill(company: Company, account: str, number: int = 1, **values: Any) -> str:
    """An invoice of 100, long overdue on D unless told."""
    invoice = {"issued_on": "2026-05-01", "net": 100, "due_on": "2026-06-10"} | values
    company.invoice(f"{account}-{number}", account, **invoice)
    return f"{account}-{number}"


def pay(company: Company, account: str, day: str, amount: Any = 100, **values: Any) -> str:
    company.payment(f"{account}-P", account, day, amount, **values)
    return f"{account}-P"


@case("due", ALL_OVERDUE, ALL_OPEN, ALL_OPEN)
def _(c: Company, a: str, day: str) -> None:
    bill(c, a, due_on=day)


@case("issued", ALL_OPEN, ALL_OPEN, NOTHING)
def _(c: Company, a: str, day: str) -> None:
    bill(c, a, issued_on=day, due_on="2026-07-15")


@case("voided", NOTHING, NOTHING, ALL_OVERDUE)
def _(c: Company, a: str, day: str) -> None:
    bill(c, a, status="void", voided_on=day)


@case("draft", NOTHING)
def _(c: Company, a: str) -> None:
    bill(c, a, status="draft")


@case("paid", NOTHING, NOTHING, ALL_OVERDUE)
def _(c: Company, a: str, day: str) -> None:
    invoice = bill(c, a)
    c.allocation(day, 100, invoice_id=invoice, payment_id=pay(c, a, day))


# the money is there on D either way: until it is applied it is a credit
@case("applied", NOTHING, NOTHING, ([(100, 0, 0)], 0))
def _(c: Company, a: str, day: str) -> None:
    invoice = bill(c, a)
    c.allocation(day, 100, invoice_id=invoice, payment_id=pay(c, a, "2026-06-01"))


@case("applied_ahead_of_the_money", NOTHING, NOTHING, ALL_OVERDUE)
def _(c: Company, a: str, day: str) -> None:
    invoice = bill(c, a)
    c.allocation("2026-06-01", 100, invoice_id=invoice, payment_id=pay(c, a, day))


@case("reversed", ALL_OVERDUE, ALL_OVERDUE, NOTHING)
def _(c: Company, a: str, day: str) -> None:
    payment = pay(c, a, "2026-06-05", reversed_on=day)
    c.allocation("2026-06-05", 100, invoice_id=bill(c, a), payment_id=payment)


@case("unapplied_reversed", ALL_OVERDUE, ALL_OVERDUE, ([(100, 0, 0)], 0))
def _(c: Company, a: str, day: str) -> None:
    bill(c, a)
    pay(c, a, "2026-06-05", reversed_on=day)


# applied to the invoice of another client by mistake: the credit does not come back to this one
@case("undone", ALL_OVERDUE, ALL_OVERDUE, NOTHING)
def _(c: Company, a: str, day: str) -> None:
    c.account(f"{a}-payer")
    payment = pay(c, f"{a}-payer", "2026-06-05")
    c.allocation("2026-06-05", 100, invoice_id=bill(c, a), payment_id=payment, undone_on=day)


@case("undone_own_payment", ([(100, 0, 0)], 0), ([(100, 0, 0)], 0), NOTHING)
def _(c: Company, a: str, day: str) -> None:
    payment = pay(c, a, "2026-06-05")
    c.allocation("2026-06-05", 100, invoice_id=bill(c, a), payment_id=payment, undone_on=day)


@case("written_off", ([(60, 60, 60)], 0), ([(60, 60, 60)], 0), ALL_OVERDUE)
def _(c: Company, a: str, day: str) -> None:
    c.add("write_off", write_off_id=a, invoice_id=bill(c, a), written_on=day, amount=40)


@case("written_off_whole", NOTHING)
def _(c: Company, a: str) -> None:
    c.add("write_off", write_off_id=a, invoice_id=bill(c, a), written_on=D, amount=100)


@case("gross", ([(120, 120, 120)], 0))
def _(c: Company, a: str) -> None:
    bill(c, a, gross=120, tax=20)


@case("part_payment", ([(60, 60, 60)], 0))
def _(c: Company, a: str) -> None:
    c.allocation("2026-06-05", 40, invoice_id=bill(c, a), payment_id=pay(c, a, "2026-06-05", 40))


@case("part_payment_not_applied", ([(100, 60, 60)], 0))
def _(c: Company, a: str) -> None:
    bill(c, a)
    pay(c, a, "2026-06-05", 40)


@case("over_payment", ([], 30))
def _(c: Company, a: str) -> None:
    payment = pay(c, a, "2026-06-05", 130)
    c.allocation("2026-06-05", 100, invoice_id=bill(c, a), payment_id=payment)


@case("over_payment_not_applied", ([(100, 0, 0)], 30))
def _(c: Company, a: str) -> None:
    bill(c, a)
    pay(c, a, "2026-06-05", 130)


@case("credit_note", ([(100, 60, 60)], 0), ([(100, 60, 60)], 0), ALL_OVERDUE)
def _(c: Company, a: str, day: str) -> None:
    bill(c, a)
    bill(c, a, 2, net=-40, issued_on=day, due_on=None)


@case("credit_note_applied", ([(60, 60, 60)], 0), ([(60, 60, 60)], 0), ([(100, 60, 60)], 0))
def _(c: Company, a: str, day: str) -> None:
    note = bill(c, a, 2, net=-40, due_on=None)
    c.allocation(day, 40, invoice_id=bill(c, a), credit_note_id=note)


@case("credit_note_applied_in_part", ([(75, 60, 60)], 0))
def _(c: Company, a: str) -> None:
    note = bill(c, a, 2, net=-40, due_on=None)
    c.allocation(D, 25, invoice_id=bill(c, a), credit_note_id=note)


@case("credit_note_voided", ALL_OVERDUE, ALL_OVERDUE, ([(100, 60, 60)], 0))
def _(c: Company, a: str, day: str) -> None:
    bill(c, a)
    bill(c, a, 2, net=-40, due_on=None, status="void", voided_on=day)


# gross -100 + 60 refunded leaves a credit of 40 for the invoice
@case("refund", ([(100, 60, 60)], 0), ([(100, 60, 60)], 0), ([(100, 0, 0)], 0))
def _(c: Company, a: str, day: str) -> None:
    bill(c, a)
    note = bill(c, a, 2, net=-100, due_on=None)
    c.allocation(day, 60, payment_id=pay(c, a, day, -60), credit_note_id=note)


@case("refund_of_an_over_payment", ([(70, 70, 0)], 0), ([(70, 70, 0)], 0), ([(70, 20, 0)], 0))
def _(c: Company, a: str, day: str) -> None:
    payment = pay(c, a, "2026-06-05", 150)
    c.allocation("2026-06-05", 100, invoice_id=bill(c, a), payment_id=payment)
    bill(c, a, 2, net=70, due_on="2026-08-01")
    c.payment(f"{a}-R", a, day, -50)


def two_invoices(c: Company, a: str, credit: Any, **values: Any) -> None:
    """The later one has the smaller number: names do not decide which is older."""
    bill(c, a, 2, issued_on="2026-03-01", due_on="2026-04-01")
    bill(c, a, 1, issued_on="2026-05-01", due_on="2026-07-15")
    pay(c, a, "2026-06-05", credit, **values)


LEAST = Decimal("0.0001")


@case("oldest_first_short_of_one", ([(100, 100, 0), (100, LEAST, LEAST)], 0))
def _(c: Company, a: str) -> None:
    two_invoices(c, a, 100 - LEAST)


@case("oldest_first_one", ([(100, 100, 0), (100, 0, 0)], 0))
def _(c: Company, a: str) -> None:
    two_invoices(c, a, 100)


@case("oldest_first_into_the_next", ([(100, 100 - LEAST, 0), (100, 0, 0)], 0))
def _(c: Company, a: str) -> None:
    two_invoices(c, a, 100 + LEAST)


@case("oldest_first_more_than_all", ([(100, 0, 0), (100, 0, 0)], 1))
def _(c: Company, a: str) -> None:
    two_invoices(c, a, 201)


@case("credit_in_another_currency", ([(100, 100, 0), (100, 100, 100)], 150))
def _(c: Company, a: str) -> None:
    two_invoices(c, a, 100, currency="EUR")


@case("credits_of_two_currencies", ([(100, 30, 30), (100, 80, 80)], 0))
def _(c: Company, a: str) -> None:
    bill(c, a)
    bill(c, a, 2, currency="EUR")
    pay(c, a, "2026-06-05", 70)
    c.payment(f"{a}-E", a, "2026-06-05", 20, currency="EUR")


@case("credit_of_the_parent", ALL_OVERDUE)
def _(c: Company, a: str) -> None:
    c.account(f"{a}-top")
    c.add("account_parent", account_id=a, parent_account_id=f"{a}-top")
    bill(c, a)
    pay(c, f"{a}-top", "2026-06-05")


# due as the first one was, though the new due date lies in August
@case("reissued_first_due", ALL_OVERDUE, ALL_OPEN, ALL_OPEN)
def _(c: Company, a: str, day: str) -> None:
    first = bill(c, a, due_on=day, status="void", voided_on="2026-06-10")
    bill(c, a, 2, issued_on="2026-06-10", due_on="2026-08-01", corrects_id=first)


@case("reissued_twice", ALL_OVERDUE)
def _(c: Company, a: str) -> None:
    first = bill(c, a, due_on=BEFORE, status="void", voided_on="2026-06-10")
    second = bill(
        c, a, 2, issued_on="2026-06-10", due_on="2026-08-01", corrects_id=first, status="void",
        voided_on="2026-06-20",
    )  # fmt: skip
    bill(c, a, 3, issued_on="2026-06-20", due_on="2026-09-01", corrects_id=second)


def all_cases(new_company: NewCompany, as_of: str) -> Company:
    company = new_company(as_of)
    company.add("fx_rate", from_currency="EUR", valid_on="2026-06-01", rate=Decimal("1.5"))
    for name, (build, _) in CASES.items():
        company.account(name)
        build(company, name)
    return company


def june(company: Company) -> tuple[list[Row], dict[str, Row]]:
    """Open items of June, and what fct_account_month says of each client."""
    company.build("fct_open_item_month", "fct_account_month")
    query = "from core.{} where period = '2026-06-01' order by all"
    months = company.marts.rows(
        "select account_id, months.* from core.fct_account_month as months"
        " inner join core.dim_account using (account_key) where period = '2026-06-01'"
    )
    items = company.marts.rows(query.format("fct_open_item_month"))
    return items, {row["account_id"]: row for row in months}


@pytest.fixture(scope="module")
def at_year_end(new_company: NewCompany) -> tuple[list[Row], dict[str, Row]]:
    return june(all_cases(new_company, "2026-12-31"))


@pytest.mark.parametrize("name", CASES)
def test_open_on_the_last_day(name: str, at_year_end: tuple[list[Row], dict[str, Row]]) -> None:
    items, months = at_year_end
    mine = sorted(
        (row for row in items if row["invoice_id"].rpartition("-")[0] == name),
        key=lambda row: row["invoice_id"],
    )
    got = [(row["item_amount"], row["open_amount"], row["overdue_amount"]) for row in mine]
    left = months[name]["unapplied_amount"] if name in months else 0
    assert (got, left) == CASES[name][1]


def known_on(day: str, rows: list[Row]) -> list[Row]:
    """The rows as the sources had them at the end of that day."""
    last_day = date.fromisoformat(day)
    happens = ("issued_on", "received_on", "applied_on", "written_on")
    known = [row for row in rows if all(row.get(name, last_day) <= last_day for name in happens)]
    for row in known:
        for name in ("voided_on", "reversed_on", "undone_on"):
            if row.get(name) and row[name] > last_day:
                row[name] = None
                row |= {"status": "issued"} if name == "voided_on" else {}
    return known


def test_what_happens_later_never_changes_a_past_month_end(
    new_company: NewCompany, at_year_end: tuple[list[Row], dict[str, Row]]
) -> None:
    company = all_cases(new_company, D)
    company.tables = {table: known_on(D, rows) for table, rows in company.tables.items()}
    payments = {row["payment_id"] for row in company.tables["payment"]}
    company.tables["allocation"] = [
        row
        for row in company.tables["allocation"]
        if row.get("payment_id") is None or row["payment_id"] in payments
    ]
    assert june(company)[0] == at_year_end[0]


def test_a_month_in_progress_is_measured_on_the_last_day_delivered(
    new_company: NewCompany,
) -> None:
    company = new_company("2026-07-10")
    company.covers["receivables"] = date(2026, 6, 15)
    for number, day in enumerate(("2026-06-14", "2026-06-15", "2026-06-16")):
        for what in ("due", "issued", "paid"):
            company.account(f"{what}{number}")
        company.invoice(f"due{number}", f"due{number}", "2026-05-01", 100, due_on=day)
        company.invoice(f"issued{number}", f"issued{number}", day, 100, due_on="2026-08-01")
        company.invoice(f"paid{number}", f"paid{number}", "2026-05-01", 100, due_on="2026-08-01")
        company.payment(f"P{number}", f"paid{number}", day, 30)
    rows = company.rows("fct_open_item_month")
    found = {
        row["invoice_id"]: (row["open_amount"], row["overdue_amount"], row["days_overdue"])
        for row in rows
        if row["measured_on"] == date(2026, 6, 15)
    }
    assert found == {
        "due0": (100, 100, 1), "due1": (100, 0, 0), "due2": (100, 0, 0),
        "issued0": (100, 0, 0), "issued1": (100, 0, 0),
        "paid0": (70, 0, 0), "paid1": (70, 0, 0), "paid2": (100, 0, 0),
    }  # fmt: skip
    assert {row["period"] for row in rows} == {date(2026, 5, 1), date(2026, 6, 1)}
    reasons = {
        (row["kpi_code"], row["period"]): row["reason"]
        for row in company.rows("fct_kam_kpi", employee_key="UNASSIGNED", window="month")
    }
    assert reasons["overdue_share", date(2026, 6, 1)] is None
    assert reasons["overdue_share", date(2026, 7, 1)] == "no_data"


def test_shares_of_what_is_open(new_company: NewCompany) -> None:
    company = new_company()
    company.account("a")
    billed = {"2025-06-30": 100, "2025-07-01": 200, "2026-06-30": 300, "2026-07-01": 400}
    for number, (day, amount) in enumerate(billed.items()):
        # by gross: the net would give other shares
        due_on = f"{int(day[:4]) + 1}-06-29"
        company.invoice(f"I{number}", "a", day, amount - 10, gross=amount, due_on=due_on)
    company.invoice("V", "a", "2026-01-10", 1000, status="void", voided_on="2026-01-10")
    company.payment("P", "a", "2025-08-01", 150)
    company.build("fct_kam_kpi")
    rows = company.marts.rows(
        "select * from kpi.fct_kam_kpi where employee_key = 'UNASSIGNED'"
        " and kpi_code in ('overdue_share', 'receivables_share') and \"window\" = 'month'"
    )
    found = {
        (row["kpi_code"], str(row["period"])[:7]): (
            row["numerator"], row["denominator"], row["reason"]
        )
        for row in rows
    }  # fmt: skip

    # eleven months after the first billing there are twelve months to look back on
    assert found["receivables_share", "2026-04"] == (None, None, "insufficient_history")
    assert found["receivables_share", "2026-05"] == (150, 300, None)
    # June 2025 has left the twelve months, June 2026 is in, July not yet
    assert found["receivables_share", "2026-06"] == (450, 500, None)
    assert found["receivables_share", "2026-07"] == (850, 700, None)
    # the payment settled the first invoice and 50 of the second, both due on 29 June 2026
    assert found["overdue_share", "2026-05"] == (0, 150, None)
    assert found["overdue_share", "2026-06"] == (150, 450, None)
    value = company.value("overdue_share", "2026-06")
    assert value == Decimal("0.333333333333")


def test_nothing_open_is_no_zero_share(new_company: NewCompany) -> None:
    company = new_company()
    company.account("a")
    company.invoice("I", "a", "2026-05-10", 100, due_on="2026-05-20")
    company.payment("P", "a", "2026-06-01", 100)
    assert company.value("overdue_share", "2026-05") == 1
    june_row = company.kpi("overdue_share", "2026-06")
    assert (june_row["value"], june_row["reason"]) == (None, "zero_denominator")


@pytest.mark.parametrize(
    ("voided_on", "june"), [("2026-06-30", (100, 100)), ("2026-07-01", (200, 200))]
)
def test_a_later_void_changes_no_past_share(
    new_company: NewCompany, voided_on: str, june: tuple[int, int]
) -> None:
    company = new_company()
    company.account("a")
    company.invoice("old", "a", "2025-06-10", 100)
    company.invoice("kept", "a", "2025-07-10", 100)
    company.invoice("gone", "a", "2026-06-10", 100, status="void", voided_on=voided_on)
    company.payment("P", "a", "2026-01-10", 100)
    row = company.kpi("receivables_share", "2026-06")
    assert (row["numerator"], row["denominator"]) == june
