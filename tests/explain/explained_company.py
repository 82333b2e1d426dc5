"""A small company with something of everything behind its KPIs, for the tests of explanations."""

from decimal import Decimal

from tests.models.company import Company
from tests.models.marts import Marts


def small_company(marts: Marts) -> Company:
    """Two KAMs who share one account; a holding, a client without a contract, one nobody owns."""
    company = Company(marts, as_of="2026-10-31")
    for account, parent in (("A1", None), ("A2", "A1"), ("B1", None), ("C1", None), ("D1", None)):
        company.account(account, parent)
    company.employee("K01", personnel_no="001", email="Olga@example.org")
    company.employee("K02", personnel_no="002", email="oleg@example.org")
    company.owner("A1", "K01", Decimal("0.6"))
    company.owner("A1", "K02", Decimal("0.4"))
    company.owner("A2", "K01")
    company.owner("B1", "K02")
    company.owner("C1", "K02")
    company.owner("B1", "K01", role="overlay")
    company.product("base")
    company.product("more")
    contract = {"starts_on": "2024-01-01", "product_id": "base"}
    company.contract("TA1", "A1", ends_on="2026-10-15", amount_per_month=1000, **contract)
    company.contract(
        "TA2", "A1", starts_on="2026-10-16", signed_on="2026-10-10", ends_on="2027-10-15",
        product_id="base", amount_per_month=900,
    )  # fmt: skip
    company.contract("TB1", "A2", ends_on="2026-08-31", amount_per_month=300, **contract)
    company.contract("TC1", "B1", ends_on="2026-09-30", amount_per_month=500, **contract)
    for month in range(1, 11):
        first = f"2026-{month:02}-01"
        company.invoice(f"A1/{month}", "A1", first, 1000, "base", due_on=f"2026-{month:02}-20")
        company.invoice(f"C1-{month}", "C1", first, 70, "base", is_recurring=True, period_from=first,
                        period_to=f"2026-{month:02}-28", due_on=f"2026-{month:02}-21")  # fmt: skip
    company.invoice("OLD", "A1", "2023-06-10", 10, "base", due_on="2023-07-10")
    company.invoice("MID", "A1", "2025-01-10", 10, "base", due_on="2025-02-10")
    company.invoice("NEW", "A1", "2026-09-15", 400, "more", due_on="2026-10-15")
    company.invoice("BACK", "A1", "2026-10-05", -50, "more", corrects_id="NEW")
    company.invoice("LONE", "D1", "2026-10-07", 33, "base", due_on="2026-11-07")
    for number in range(25):
        company.invoice(f"B1-{number}", "B1", "2026-10-02", 100 + number, "base",
                        due_on="2026-10-30")  # fmt: skip
    # Surveys, an escalation, a target and costs.
    for number, (kind, score) in enumerate((("csat", 5), ("csat", 2), ("nps", 9), ("nps", 6))):
        company.add(
            "survey_response", response_id=f"R{number}", account_id="A1", kind=kind, score=score,
            scale_max=5 if kind == "csat" else 10, answered_at="2026-10-10 09:00:00",
        )  # fmt: skip
    for number, hours in enumerate(("10", "12", "17")):
        company.add(
            "escalation", escalation_id=f"X{number}", account_id="A1", employee_id="K01",
            topic="late", severity="high", opened_at="2026-10-10 09:00:00",
            first_response_at=f"2026-10-10 {hours}:00:00",
        )  # fmt: skip
    company.add("target", employee_id="K01", measure="revenue", period="2026-10-01", amount=900,
                approved_by="head")  # fmt: skip
    for line in company.tables["invoice_line"]:
        line["cost"] = line["net"] / 2
    # Lost at the end of June, won back in October, by a contract that is renewed by nobody yet.
    company.account("W1")
    company.owner("W1", "K02")
    company.contract("TW1", "W1", starts_on="2025-07-01", ends_on="2026-06-30", amount_per_month=40,
                     product_id="base")  # fmt: skip
    company.contract("TW2", "W1", starts_on="2026-10-01", ends_on="2026-12-31", amount_per_month=50,
                     product_id="base", signed_on="2026-10-02")  # fmt: skip
    company.add("dispute", dispute_id="X1", invoice_id="C1-10", opened_on="2026-10-20", amount=30)
    # A currency without a rate, long ago; and another one that is nobody's.
    company.account("E1")
    company.owner("E1", "K03")
    company.invoice("EUR", "E1", "2023-09-03", 100, "base", currency="EUR", due_on="2023-10-03")
    company.invoice("RUB", "E1", "2023-09-04", 200, "base", due_on="2023-10-03")
    company.invoice("CHF", "D1", "2023-09-05", 100, "base", currency="CHF", due_on="2023-10-03")
    for paid, account in (("EUR", "E1"), ("RUB", "E1"), ("CHF", "D1")):
        amount = 200 if paid == "RUB" else 100
        company.payment(paid, account, "2023-09-20", amount, currency=paid)
    company.payment("P1", "A1", "2026-09-20", 8500)
    company.deal("W1", "K02", account_id="B1", state="won", amount=800, closed_on="2026-10-09")
    company.deal("L1", "K02", account_id="B1", state="lost", amount=90, closed_on="2026-09-09")
    return company
