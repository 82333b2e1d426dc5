"""Stories of new product families, shared and handed-over clients, holdings and euros."""

from datetime import date, timedelta
from decimal import Decimal

from kam_kpi.demo.calendar import FIRST_DAY
from kam_kpi.demo.crm_rows import Deal, DealLine
from kam_kpi.demo.deals import OPEN_STAGES, WON
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.story import KpiFact, OpenFact, Story, Told
from kam_kpi.demo.story_facts import churned, due, grr
from kam_kpi.demo.story_kit import (
    CLOUD,
    INTERNET,
    PHONE,
    PROJECT,
    SECURITY,
    Client,
    Line,
    client,
    noon,
    rub,
)


def _sold(who: Client, deal_id: str, contract_id: str, won_on: date, amount: Decimal) -> None:
    """A won cross-sell deal behind a contract."""
    opened_on = won_on - timedelta(days=40)
    opened = Deal(
        deal_id, who.account_id, "K03", "cross_sell", OPEN_STAGES[0], amount, amount * 61 / 50,
        "RUB", opened_on, None, None, None, noon(opened_on),
    )  # fmt: skip
    won = Deal(
        deal_id, who.account_id, "K03", "cross_sell", WON, amount, amount * 61 / 50,
        "RUB", opened_on, won_on, contract_id, None, noon(won_on),
    )  # fmt: skip
    who.facts.deals += [opened, won]
    who.facts.deal_lines.append(DealLine(deal_id, 1, SECURITY, 12, amount, opened.modified_at))


def cross_sell() -> Told:
    """Internet 40 000 since 2023; security 15 000 from February 2026, credited for 12 months.

    May has a credit note of 3 000 on the new family. In June 5 000 more of the old family are
    bought: the grain's growth is then 20 000, of which still only 15 000 are cross-sell.
    """
    facts = Facts()
    who = client(facts, 21, "ООО «Двойной интерес»", "K03")
    base = who.contract(1, INTERNET, rub(40000), FIRST_DAY, date(2027, 10, 31), date(2023, 10, 20))
    new = who.contract(
        2, SECURITY, rub(15000), date(2026, 2, 1), date(2028, 1, 31), date(2026, 1, 28)
    )
    _sold(who, f"СД-{who.code}-1", new.contract_id, date(2026, 1, 28), rub(180000))
    extra: dict[date, list[Line]] = {date(2026, 6, 1): [(INTERNET, rub(5000), None)]}
    may = date(2026, 5, 1)
    who.bill_monthly(base, new, extra=extra, unpaid=frozenset({may}))
    invoice = next(row for row in facts.invoices if row.invoice_id == who.monthly_id(may))
    note = who.invoice(
        f"КС-2605-{who.code}", date(2026, 5, 12), None, [(SECURITY, rub(-3000), new.contract_id)],
        corrects_id=invoice.invoice_id,
    )  # fmt: skip
    who.apply(
        f"{note.invoice_id}-З", note.issued_on, -note.gross,
        invoice_id=invoice.invoice_id, note_id=note.invoice_id,
    )  # fmt: skip
    who.settle(invoice, date(2026, 5, 18), invoice.gross + note.gross)
    credited = {
        date(2026, 1, 1): 0, date(2026, 2, 1): 15000, date(2026, 3, 1): 15000, may: 12000,
        date(2026, 6, 1): 15000, date(2026, 10, 1): 15000,
    }  # fmt: skip
    kpis = [KpiFact("cross_sell_revenue", month, rub(net)) for month, net in credited.items()]
    kpis += [
        KpiFact("revenue", may, rub(52000)), KpiFact("revenue", date(2026, 6, 1), rub(60000)),
        KpiFact("cross_sell_revenue", date(2027, 1, 1), rub(15000), after_days=92),
        KpiFact("cross_sell_revenue", date(2027, 2, 1), rub(0), after_days=120),
    ]  # fmt: skip
    return Story(
        "cross_sell",
        (who.account_id,), (base.contract_id, new.contract_id), tuple(kpis),
        ids={"deal": f"СД-{who.code}-1", "credit_note": note.invoice_id},
    ), facts  # fmt: skip


def product_swap() -> Told:
    """Telephony goes, cloud comes for 42 000. Mean of January to March: 32 000; credited 10 000.

    42 000 would be the whole family, 6 000 the growth over March, 12 000 over February.
    """
    facts = Facts()
    who = client(facts, 22, "АО «Меняла»", "K04")
    old = who.contract(1, PHONE, rub(30000), FIRST_DAY, date(2026, 3, 31), date(2023, 10, 23))
    new = who.contract(
        2, CLOUD, rub(42000), date(2026, 4, 1), date(2028, 3, 31), date(2026, 3, 25),
        renews_id=old.contract_id,
    )  # fmt: skip
    who.bill_monthly(old, new, extra={date(2026, 3, 1): [(PHONE, rub(6000), None)]})
    kpis = [
        KpiFact("cross_sell_revenue", date(2026, 3, 1), rub(0)),
        KpiFact("cross_sell_revenue", date(2026, 4, 1), rub(10000)),
        KpiFact("cross_sell_revenue", date(2026, 10, 1), rub(10000)),
        *due(date(2026, 3, 1), 30000, 30000), churned(date(2026, 3, 1), 0),
    ]  # fmt: skip
    return Story(
        "product_swap",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def split_account() -> Told:
    """K03 owns 60 %, K04 40 %. 33 333.33 splits into 19 999.998 and 13 333.332."""
    facts = Facts()
    who = client(facts, 23, "ООО «На двоих»", None)
    who.owner("K03", date(2022, 3, 14), share="0.6")
    who.owner("K04", date(2022, 3, 14), share="0.4")
    old = who.contract(
        1, INTERNET, rub("33333.33"), date(2025, 9, 1), date(2026, 8, 31), date(2025, 8, 18)
    )
    new = who.contract(
        2, INTERNET, rub(35000), date(2026, 9, 1), date(2027, 8, 31), date(2026, 8, 20),
        renews_id=old.contract_id,
    )  # fmt: skip
    who.bill_monthly(old, new)
    month, first, second = date(2026, 8, 1), Decimal("19999.998"), Decimal("13333.332")
    kpis = [
        KpiFact("revenue", month, rub("33333.33")),
        KpiFact("revenue", month, first, employee_id="K03"),
        KpiFact("revenue", month, second, employee_id="K04"),
        KpiFact("revenue", month, rub(0), employee_id="UNASSIGNED"),
        KpiFact("renewal_rate_value", month, rub("33333.33"), rub("33333.33")),
        KpiFact("renewal_rate_value", month, first, first, "K03"),
        KpiFact("renewal_rate_value", month, second, second, "K04"),
    ]
    return Story(
        "split_account",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def hand_over_mid_month() -> Told:
    """K05 to 12 June, K06 from the 13th: 12 of 30 days are 40 %.

    Invoices of 3 and 20 June go to the owner of their day. The renewal due on the 30th and the
    open 24 400 are split by days: 20 000 and 30 000, 9 760 and 14 640.
    """
    facts = Facts()
    who = client(facts, 24, "ООО «Из рук в руки»", None)
    who.owner("K05", date(2022, 3, 14), date(2026, 6, 13))
    who.owner("K06", date(2026, 6, 13))
    old = who.contract(
        1, INTERNET, rub(50000), date(2025, 7, 1), date(2026, 6, 30), date(2025, 6, 20)
    )
    new = who.contract(
        2, INTERNET, rub(52000), date(2026, 7, 1), date(2027, 6, 30), date(2026, 6, 25),
        renews_id=old.contract_id,
    )  # fmt: skip
    who.bill_monthly(old, new)
    project = who.invoice(
        f"СЧ-2606-{who.code}/2", date(2026, 6, 20), date(2026, 7, 20),
        [(PROJECT, rub(20000), None)],
    )  # fmt: skip
    who.settle(project, date(2026, 7, 10))
    month = date(2026, 6, 1)
    kpis = [
        KpiFact("revenue", month, rub(50000), employee_id="K05"),
        KpiFact("revenue", month, rub(20000), employee_id="K06"),
        KpiFact("renewal_rate_value", month, rub(20000), rub(20000), "K05"),
        KpiFact("renewal_rate_value", month, rub(30000), rub(30000), "K06"),
        KpiFact("overdue_share", month, rub(0), rub(9760), "K05"),
        KpiFact("overdue_share", month, rub(0), rub(14640), "K06"),
    ]
    opened = OpenFact(project.invoice_id, month, rub(24400), rub(0))
    return Story(
        "hand_over_mid_month",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis), (opened,),
    ), facts  # fmt: skip


def holding() -> Told:
    """What one member buys first is not new to the holding; what one ends does not end it."""
    facts = Facts()
    head = client(facts, 25, "Холдинг «Большая семья»", "K07")
    east = client(facts, 26, "ООО «Семья-Восток»", "K07", parent=head.account_id)
    west = client(facts, 27, "ООО «Семья-Запад»", "K07", parent=head.account_id)
    internet = east.contract(
        1, INTERNET, rub(25000), date(2024, 1, 1), date(2027, 12, 31), date(2023, 12, 11)
    )
    guard = west.contract(
        1, SECURITY, rub(20000), date(2024, 6, 1), date(2026, 5, 31), date(2024, 5, 20)
    )
    guard_too = east.contract(
        2, SECURITY, rub(9000), date(2026, 3, 1), date(2028, 2, 29), date(2026, 2, 16)
    )
    east.bill_monthly(internet, guard_too)
    west.bill_monthly(guard)
    march, may = date(2026, 3, 1), date(2026, 5, 1)
    kpis = [
        KpiFact("cross_sell_revenue", march, rub(0)),
        KpiFact("cross_sell_revenue", may, rub(0)),
        *due(may, 0, 20000), churned(may, 0), grr(may, 34000, 54000),
        KpiFact("revenue", march, rub(54000)),
    ]  # fmt: skip
    return Story(
        "holding",
        (head.account_id, east.account_id, west.account_id),
        (internet.contract_id, guard.contract_id, guard_too.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def foreign_currency_client() -> Told:
    """10 000 euros a month, no VAT. July has two plan rates, 93 and from the 15th 95: 95 counts.

    The new term is 10 500 euros. Both ends of July's cohort take July's rate.
    """
    facts = Facts()
    who = client(
        facts, 28, "Rheinland Logistik GmbH", "K09", country="DE", foreign_tax_id="DE811234567"
    )
    old = who.contract(
        1, CLOUD, rub(10000), date(2024, 8, 1), date(2026, 7, 31), date(2024, 7, 15),
        currency="EUR",
    )  # fmt: skip
    new = who.contract(
        2, CLOUD, rub(10500), date(2026, 8, 1), date(2028, 7, 31), date(2026, 7, 10),
        currency="EUR", renews_id=old.contract_id,
    )  # fmt: skip
    who.bill_monthly(old, new)
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    kpis = [
        KpiFact("revenue", date(2026, 6, 1), rub(930000)), KpiFact("revenue", july, rub(950000)),
        KpiFact("revenue", august, rub(1010625)), *due(july, 950000, 950000),
        grr(july, 950000, 950000), KpiFact("nrr", july, rub(997500), rub(950000)),
        grr(august, 1010625, 1010625),
    ]  # fmt: skip
    return Story(
        "foreign_currency_client",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def shares_sum_to_0_9() -> Told:
    """Two owners with 0.6 and 0.3: a tenth of 10 000 is nobody's."""
    facts = Facts()
    who = client(facts, 29, "ООО «Потерянная десятая»", None)
    who.owner("K07", date(2022, 3, 14), share="0.6")
    who.owner("K08", date(2022, 3, 14), share="0.3")
    only = who.contract(
        1, PHONE, rub(10000), date(2024, 3, 1), date(2028, 2, 29), date(2024, 2, 12)
    )
    who.bill_monthly(only)
    month = date(2026, 10, 1)
    kpis = [
        KpiFact("revenue", month, rub(10000)),
        KpiFact("revenue", month, rub(6000), employee_id="K07"),
        KpiFact("revenue", month, rub(3000), employee_id="K08"),
        KpiFact("revenue", month, rub(1000), employee_id="UNASSIGNED"),
    ]
    return Story(
        "shares_sum_to_0_9",
        (who.account_id,), (only.contract_id,), tuple(kpis),
    ), facts  # fmt: skip


TELLERS = (
    cross_sell, product_swap, split_account, hand_over_mid_month, holding,
    foreign_currency_client, shares_sum_to_0_9,
)  # fmt: skip
