"""Stories of contracts that end: renewed early, late, by themselves, or not at all."""

from datetime import date

from kam_kpi.demo.facts import Facts
from kam_kpi.demo.story import KpiFact, Story, Told
from kam_kpi.demo.story_facts import churned, due, grr, on_time
from kam_kpi.demo.story_kit import CLOUD, INTERNET, STORAGE, SUPPORT, client, rub


def late_renewal_inside_grace() -> Told:
    """Ends 31 January, signed 15 February: day 15 of 30. Uncapped it would be 120 000."""
    facts = Facts()
    who = client(facts, 1, "ООО «Запоздалов и сыновья»", "K01")
    old = who.contract(
        1, INTERNET, rub(100000), date(2025, 2, 1), date(2026, 1, 31), date(2025, 1, 20)
    )
    new = who.contract(
        2, INTERNET, rub(120000), date(2026, 2, 16), date(2027, 2, 15), date(2026, 2, 15),
        renews_id=old.contract_id,
    )  # fmt: skip
    who.bill_monthly(old, new)
    month, signed_in = date(2026, 1, 1), date(2026, 2, 1)
    kpis = [
        *due(month, 100000, 100000), on_time(month, 0), churned(month, 0),
        grr(month, 100000, 100000), KpiFact("renewal_rate_value", signed_in, rub(0), rub(0)),
        KpiFact("winback_amount", signed_in, rub(0)),
    ]  # fmt: skip
    return Story(
        "late_renewal_inside_grace",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def late_renewal_outside_grace() -> Told:
    """Ends 31 December, signed on day 41: churn in December in spite of the link, win-back."""
    facts = Facts()
    who = client(facts, 2, "ООО «Долгие сборы»", "K02")
    old = who.contract(
        1, CLOUD, rub(70000), date(2025, 1, 1), date(2025, 12, 31), date(2024, 12, 10)
    )
    new = who.contract(
        2, CLOUD, rub(90000), date(2026, 2, 15), date(2027, 2, 14), date(2026, 2, 10),
        renews_id=old.contract_id,
    )  # fmt: skip
    who.bill_monthly(old, new)
    month = date(2025, 12, 1)
    kpis = [
        *due(month, 0, 70000), on_time(month, 0), churned(month, 1), grr(month, 0, 70000),
        KpiFact("winback_amount", date(2026, 2, 1), rub(90000)),
    ]  # fmt: skip
    return Story(
        "late_renewal_outside_grace",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def early_renewal() -> Told:
    """Ends 30 June, signed 20 March: counts in June, nothing in March."""
    facts = Facts()
    who = client(facts, 3, "АО «Заблаговременное»", "K03")
    old = who.contract(
        1, INTERNET, rub(60000), date(2025, 7, 1), date(2026, 6, 30), date(2025, 6, 16)
    )
    new = who.contract(
        2, INTERNET, rub(66000), date(2026, 7, 1), date(2027, 6, 30), date(2026, 3, 20),
        renews_id=old.contract_id,
    )  # fmt: skip
    who.bill_monthly(old, new)
    month = date(2026, 6, 1)
    kpis = [
        *due(month, 60000, 60000), on_time(month, 1), churned(month, 0),
        grr(month, 60000, 60000), KpiFact("nrr", month, rub(66000), rub(60000)),
        KpiFact("renewal_rate_value", date(2026, 3, 1), rub(0), rub(0)),
    ]  # fmt: skip
    return Story(
        "early_renewal",
        (who.account_id,), (old.contract_id, new.contract_id), tuple(kpis),
    ), facts  # fmt: skip


def prolongation_by_edited_end_date() -> Told:
    """One contract, two versions: the end moves from 31 July 2026 to 31 July 2027."""
    facts = Facts()
    who = client(facts, 4, "ООО «Росчерк пера»", "K04")
    first = who.contract(
        1, SUPPORT, rub(50000), date(2025, 8, 1), date(2026, 7, 31), date(2025, 7, 21)
    )
    later = who.edit(first, date(2026, 7, 20), ends_on=date(2027, 7, 31))
    who.bill_monthly(later)
    month = date(2026, 7, 1)
    kpis = [*due(month, 50000, 50000), on_time(month, 1), churned(month, 0)]
    return Story(
        "prolongation_by_edited_end_date",
        (who.account_id,), (first.contract_id,), tuple(kpis),
    ), facts  # fmt: skip


def short_extension() -> Told:
    """Six weeks are less than three months: the same term, due in July, lost there."""
    facts = Facts()
    who = client(facts, 5, "ООО «Ещё чуть-чуть»", "K05")
    first = who.contract(
        1, STORAGE, rub(40000), date(2025, 6, 1), date(2026, 5, 31), date(2025, 5, 19)
    )
    later = who.edit(first, date(2026, 5, 20), ends_on=date(2026, 7, 15))
    who.bill_monthly(later)
    may, july = date(2026, 5, 1), date(2026, 7, 1)
    kpis = [
        KpiFact("renewal_rate_value", may, rub(0), rub(0)),
        *due(july, 0, 40000), churned(may, 0), churned(july, 1),
    ]  # fmt: skip
    return Story(
        "short_extension",
        (who.account_id,), (first.contract_id,), tuple(kpis),
    ), facts  # fmt: skip


def auto_renewal() -> Told:
    """Never edited: the term due in February renews by itself."""
    facts = Facts()
    who = client(facts, 7, "АО «Само собой»", "K07")
    only = who.contract(
        1, INTERNET, rub(35000), date(2025, 3, 1), date(2026, 2, 28), date(2025, 2, 17),
        auto_renew=True, renewal_months=12,
    )  # fmt: skip
    who.bill_monthly(only)
    month = date(2026, 2, 1)
    kpis = [*due(month, 35000, 35000), on_time(month, 1), churned(month, 0)]
    return Story(
        "auto_renewal",
        (who.account_id,), (only.contract_id,), tuple(kpis),
    ), facts  # fmt: skip


def auto_renewal_with_notice() -> Told:
    """Notice on 15 March: the automatic renewal due in April does not happen."""
    facts = Facts()
    who = client(facts, 8, "ООО «Предупредили заранее»", "K08")
    first = who.contract(
        1, INTERNET, rub(22000), date(2025, 5, 1), date(2026, 4, 30), date(2025, 4, 21),
        auto_renew=True, renewal_months=12,
    )  # fmt: skip
    later = who.edit(first, date(2026, 3, 15), notice_given_on=date(2026, 3, 15))
    who.bill_monthly(later)
    month = date(2026, 4, 1)
    kpis = [*due(month, 0, 22000), churned(date(2026, 3, 1), 0), churned(month, 1)]
    return Story(
        "auto_renewal_with_notice",
        (who.account_id,), (first.contract_id,), tuple(kpis),
    ), facts  # fmt: skip


def evergreen() -> Told:
    """From 10 April 2024 without end: a term falls due every 9 April."""
    facts = Facts()
    who = client(facts, 9, "ООО «Вечнозелёное»", "K09")
    only = who.contract(1, SUPPORT, rub(18000), date(2024, 4, 10), None, date(2024, 4, 1))
    who.bill_monthly(only)
    kpis = [
        *due(date(2025, 4, 1), 18000, 18000), *due(date(2026, 4, 1), 18000, 18000),
        KpiFact("renewal_rate_value", date(2026, 3, 1), rub(0), rub(0)),
        churned(date(2026, 4, 1), 0),
    ]  # fmt: skip
    return Story(
        "evergreen",
        (who.account_id,), (only.contract_id,), tuple(kpis),
    ), facts  # fmt: skip


def early_termination() -> Told:
    """Planned to 30 September, terminated on 20 May: due in May, nothing due in September."""
    facts = Facts()
    who = client(facts, 10, "ООО «Раньше срока»", "K10")
    first = who.contract(
        1, CLOUD, rub(64000), date(2025, 10, 1), date(2026, 9, 30), date(2025, 9, 15)
    )
    later = who.edit(
        first, date(2026, 5, 15), status="terminated", notice_given_on=date(2026, 4, 20),
        terminated_on=date(2026, 5, 20), termination_reason="Закрытие площадки",
    )  # fmt: skip
    who.bill_monthly(later)
    may, september = date(2026, 5, 1), date(2026, 9, 1)
    kpis = [
        *due(may, 0, 64000), churned(may, 1), grr(may, 0, 64000),
        KpiFact("renewal_rate_value", september, rub(0), rub(0)), churned(september, 0),
    ]  # fmt: skip
    return Story(
        "early_termination",
        (who.account_id,), (first.contract_id,), tuple(kpis),
    ), facts  # fmt: skip


TELLERS = (
    late_renewal_inside_grace, late_renewal_outside_grace, early_renewal,
    prolongation_by_edited_end_date, short_extension, auto_renewal, auto_renewal_with_notice,
    evergreen, early_termination,
)  # fmt: skip
