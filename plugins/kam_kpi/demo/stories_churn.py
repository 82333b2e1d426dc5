"""Stories of clients that leave, partly leave, come back, or have not decided yet."""

from datetime import date
from decimal import Decimal

from kam_kpi.demo.facts import Facts
from kam_kpi.demo.story import KpiFact, Story, Told
from kam_kpi.demo.story_facts import churned, due, grr
from kam_kpi.demo.story_kit import INTERNET, PHONE, STORAGE, client, rub


def win_back() -> Told:
    """Lost in August 2025, back in 2026 by a contract signed on 12 January."""
    facts = Facts()
    who = client(facts, 6, "ООО «Возвращение»", "K06")
    old = who.contract(1, PHONE, rub(45000), date(2024, 9, 1), date(2025, 8, 31), date(2024, 8, 20))
    who.edit(old, date(2025, 9, 8), status="expired")
    new = who.contract(2, PHONE, rub(55000), date(2026, 2, 1), date(2027, 1, 31), date(2026, 1, 12))
    who.bill_monthly(old, new)
    month = date(2025, 8, 1)
    kpis = [
        *due(month, 0, 45000), churned(month, 1),
        KpiFact("winback_amount", date(2026, 1, 1), rub(55000)),
        KpiFact("winback_amount", date(2026, 2, 1), rub(0)),
    ]  # fmt: skip
    return Story(
        "win_back",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def partial_churn() -> Told:
    """80 000 of 110 000 end on 31 March: contraction, no churn."""
    facts = Facts()
    who = client(facts, 11, "АО «Наполовину»", "K01")
    lost = who.contract(
        1, INTERNET, rub(80000), date(2025, 4, 1), date(2026, 3, 31), date(2025, 3, 17)
    )
    kept = who.contract(
        2, PHONE, rub(30000), date(2025, 4, 1), date(2027, 3, 31), date(2025, 3, 17)
    )
    who.bill_monthly(lost, kept)
    month = date(2026, 3, 1)
    kpis = [
        *due(month, 0, 80000), churned(month, 0), grr(month, 30000, 110000),
        KpiFact("nrr", month, rub(30000), rub(110000)),
    ]  # fmt: skip
    return Story(
        "partial_churn",
        (who.account_id,), (lost.contract_id, kept.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def pending_renewal() -> Told:
    """Ended on 15 October: pending on the day of the first delivery, signed on 5 November."""
    facts = Facts()
    who = client(facts, 12, "ООО «Ждём ответа»", "K02")
    old = who.contract(
        1, STORAGE, rub(48000), date(2025, 10, 16), date(2026, 10, 15), date(2025, 10, 6)
    )
    new = who.contract(
        2, STORAGE, rub(50000), date(2026, 11, 6), date(2027, 11, 5), date(2026, 11, 5),
        renews_id=old.contract_id,
    )  # fmt: skip
    who.bill_monthly(old, new)
    month = date(2026, 10, 1)
    kpis = [
        KpiFact("renewal_rate_value", month, rub(0), rub(48000), before_days=5),
        KpiFact("renewal_rate_value", month, rub(48000), rub(48000), after_days=5),
        KpiFact("renewal_on_time_share", month, Decimal(0), Decimal(1)),
    ]
    return Story(
        "pending_renewal",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis),
    ), facts  # fmt: skip


TELLERS = (win_back, partial_churn, pending_renewal)
