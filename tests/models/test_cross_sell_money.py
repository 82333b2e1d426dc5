"""Currencies, order and shares of cross-sales."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.cross_sell import base, credited, credits, seller

FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def euros(company: Company, rates: dict[str, int]) -> None:
    """Plan rates of the euro by month."""
    for month, rate in rates.items():
        company.add("fx_rate", from_currency="EUR", valid_on=f"{month}-20", rate=rate)


def test_growth_is_measured_at_the_plan_rate_of_each_month(new_company: NewCompany) -> None:
    # 3 euros of `base` in February at 100 are 100 a month before; in March 5 euros of `new` at 60
    # are 300, of them 200 growth. At the rate of March growth would be 240, at February's 400.
    company = seller(new_company(), "A")
    base(company, "A")
    euros(company, {"2025-02": 100, "2025-03": 60})
    company.invoice("0", "A", "2025-02-10", 3, product="base", currency="EUR")
    company.invoice("1", "A", "2025-03-10", 5, product="new", currency="EUR")
    rows = credits(company)
    assert [(row["amount"], row["currency"]) for row in rows] == [(200, "RUB")]
    assert company.value("cross_sell_revenue", "2025-03", "KA") == 200


def test_what_is_not_limited_stays_in_its_own_currency(new_company: NewCompany) -> None:
    company = seller(new_company(), "A")
    base(company, "A")
    euros(company, {"2025-03": 60})
    company.invoice("1", "A", "2025-03-10", 5, product="new", currency="EUR")
    assert [(row["amount"], row["currency"]) for row in credits(company)] == [(5, "EUR")]
    assert company.value("cross_sell_revenue", "2025-03", "KA") == 300


def test_what_was_taken_back_in_full_was_not_bought_at_any_rate(new_company: NewCompany) -> None:
    # sold at 100 and taken back at 60: 40 a euro are left of nothing
    company = seller(new_company(), "A")
    base(company, "A", "2023-12-05")
    euros(company, {"2023-12": 100, "2024-02": 60})
    company.invoice("0", "A", "2023-12-10", 9, product="new", currency="EUR")
    company.invoice("n", "A", "2024-02-10", -9, product="new", currency="EUR", corrects_id="0")
    company.invoice("1", "A", "2025-03-10", 50, product="new")
    assert credited(company) == {"A": {"2025-03": 50}}


def test_without_any_rate_a_purchase_is_still_a_purchase(new_company: NewCompany) -> None:
    company = seller(new_company(), "A")
    base(company, "A")
    company.invoice("0", "A", "2023-12-10", 9, product="new", currency="EUR")
    company.invoice("1", "A", "2025-03-10", 50, product="new")
    assert credits(company) == []


def test_a_missing_rate_of_a_month_of_the_baseline_leaves_all_credit_months_unknown(
    new_company: NewCompany,
) -> None:
    company = seller(new_company(), "A", "B")
    for account in ("A", "B"):
        base(company, account)
        company.invoice(f"{account}1", account, "2025-03-10", 50, product="new")
        company.invoice(f"{account}2", account, "2025-05-10", 50, product="new")
    company.invoice("A0", "A", "2024-12-10", 9, product="base", currency="EUR")
    company.invoice("B0", "B", "2024-11-10", 9, product="base", currency="EUR")
    found = {row["record_id"]: (row["amount"], row["reason"]) for row in credits(company)}
    unknown = (None, "rate_absent")
    assert found == {"A1/1": unknown, "A2/1": unknown, "B1/1": (50, None), "B2/1": (50, None)}


@dataclass(frozen=True)
class Line:
    """A line of A's `new` or `base` in March or April."""

    product: str
    day: int
    amount: int
    parts: int


LINES = st.lists(
    st.builds(
        Line, st.sampled_from(("new", "base", "other")), st.sampled_from((10, 11, 45)),
        st.integers(1, 90), st.integers(1, 3),
    ), min_size=1, max_size=6,
)  # fmt: skip


def lined(new_company: NewCompany, lines: list[Line], is_split: bool, is_one: bool) -> Company:
    """The lines as documents of their own or one a day, and each as one line or several."""
    company = seller(new_company(), "A")
    base(company, "A")
    company.invoice("before", "A", "2025-02-10", 150, product="base")
    for number, line in enumerate(lines):
        issued_on = f"2025-03-{line.day}" if line.day < 32 else "2025-04-10"
        document = f"on {issued_on}" if is_one else f"{number}"
        known = {row["invoice_id"] for row in company.tables["invoice"]}
        if document not in known:
            company.add(
                "invoice", invoice_id=document, account_id="A", issued_on=issued_on, net=0, gross=0
            )
        next(r for r in company.tables["invoice"] if r["invoice_id"] == document)["net"] += (
            line.amount
        )
        parts = line.parts if is_split else 1
        for part in range(parts):
            company.add(
                "invoice_line", invoice_id=document, line_no=10 * number + part,
                product_id=line.product, is_recurring=False, net=Decimal(line.amount) / parts,
            )  # fmt: skip
    return company


@FEW
@given(lines=LINES, order=st.randoms(use_true_random=False), is_one=st.booleans())
def test_order_and_splitting_of_a_days_lines_change_nothing(
    new_company: NewCompany, lines: list[Line], order: Random, is_one: bool
) -> None:
    lines = [Line(line.product, line.day, 6 * line.amount, line.parts) for line in lines]
    whole = credited(lined(new_company, lines, is_split=False, is_one=False))
    order.shuffle(lines)
    assert credited(lined(new_company, lines, is_split=True, is_one=is_one)) == whole


@FEW
@given(
    amounts=st.lists(st.integers(1, 99), min_size=1, max_size=4),
    share=st.integers(1, 999999), left_on=st.sampled_from((None, "2025-03-11", "2025-04-01")),
    back=st.integers(0, 50),
)  # fmt: skip
def test_owners_and_nobody_together_have_what_the_company_has(
    new_company: NewCompany, amounts: list[int], share: int, left_on: str | None, back: int
) -> None:
    company = seller(new_company(), "A")
    base(company, "A")
    company.tables["account_assignment"].clear()
    company.owner("A", "K", Decimal(share) / 1000000, valid_to=left_on)
    company.owner("A", "L", 1 - Decimal(share) / 1000000, valid_from="2025-03-11")
    company.invoice("before", "A", "2025-02-10", 150, product="base")
    for number, amount in enumerate(amounts):
        company.invoice(f"{number}", "A", f"2025-03-{10 + number}", amount, product="new")
    if back:
        company.invoice("n", "A", "2025-04-10", -back, product="new", corrects_id="0")
    evidence = company.rows("fct_kpi_evidence", kpi_code="cross_sell_revenue")
    total = sum(row["amount"] for row in credits(company))
    assert sum(row["numerator"] for row in evidence if row["credit_role"] == "owner") == total
