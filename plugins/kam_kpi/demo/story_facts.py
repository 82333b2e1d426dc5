"""Short forms of the facts that several stories expect."""

from datetime import date
from decimal import Decimal

from kam_kpi.demo.story import KpiFact
from kam_kpi.demo.story_kit import rub


def due(month: date, renewed: str | int, owed: str | int) -> list[KpiFact]:
    """One term due in `month`, renewed for `renewed` a month of `owed`."""
    count = Decimal(1) if rub(renewed) else Decimal(0)
    return [
        KpiFact("renewal_rate_value", month, rub(renewed), rub(owed)),
        KpiFact("renewal_rate_count", month, count, Decimal(1)),
        KpiFact("renewals_count", month, count),
    ]


def on_time(month: date, renewed: int) -> KpiFact:
    """One term due, renewed on or before its end (1) or not (0)."""
    return KpiFact("renewal_on_time_share", month, Decimal(renewed), Decimal(1))


def churned(month: date, count: int) -> KpiFact:
    """Accounts whose last term ended in the month."""
    return KpiFact("churned_accounts", month, Decimal(count))


def grr(month: date, kept: int, start: int) -> KpiFact:
    """Monthly amount kept, at most the old one, of the amount at the month's start."""
    return KpiFact("grr", month, rub(kept), rub(start))
