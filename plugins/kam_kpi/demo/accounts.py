"""Client companies and holdings, and who looks after them."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from kam_kpi.demo import names
from kam_kpi.demo.calendar import FIRST_DAY, FIRST_DELIVERY, LAST_DAY, stream
from kam_kpi.demo.crm_rows import Account, Assignment, Parent
from kam_kpi.demo.people import NEWCOMERS, kam_ids

_FORMS = ("ООО", "ООО", "ООО", "АО", "АО", "ПАО", "ГК")
_HOLDING_EVERY = 18
_HAND_OVER_DAYS = (FIRST_DELIVERY - FIRST_DAY).days


def _company_names(seed: int) -> Iterator[tuple[str, str]]:
    """Endless different names with their industry."""
    pairs = [(place, trade) for place in names.PLACES for trade in names.TRADES]
    stream(seed, "names").shuffle(pairs)
    rng, turn = stream(seed, "forms"), 1
    while True:
        for place, (trade, industry) in pairs:
            suffix = "" if turn == 1 else f"-{turn}"
            yield f"{rng.choice(_FORMS)} «{place}{trade}{suffix}»", industry
        turn += 1


def _created_on(rng: random.Random, is_future: bool) -> date:
    if is_future:
        return FIRST_DELIVERY + timedelta(days=rng.randrange(3, (LAST_DAY - FIRST_DELIVERY).days))
    if rng.random() < 0.72:  # a client before the history begins
        return date(2017, 1, 9) + timedelta(days=rng.randrange(0, 2300))
    return FIRST_DAY + timedelta(days=rng.randrange(0, _HAND_OVER_DAYS - 20))


def accounts(seed: int, count: int) -> tuple[list[Account], list[Parent]]:
    """`count` accounts known at the first delivery, one in six more after it, and holdings."""
    rows: list[Account] = []
    parents: list[Parent] = []
    company_names = _company_names(seed)
    parent, members = None, 0
    for number in range(1, count + count // 6 + 1):
        rng = stream(seed, "account", number)
        account_id = f"A{number:05d}"
        name, industry = next(company_names)
        created_on = _created_on(rng, number > count)
        if number % _HOLDING_EVERY == 1 and number + 3 < count:
            parent, members = account_id, rng.randint(2, 3)
            created_on, name = date(2016, 5, 10), "Холдинг " + name.split(maxsplit=1)[1]
        member_of = parent if parent != account_id and members > 0 else None
        if member_of:
            members -= 1
            parents.append(Parent(account_id, member_of, created_on, None))
        rows.append(
            Account(
                account_id,
                name,
                member_of,
                rng.choices(("Крупный", "Средний", "Малый"), (22, 43, 35))[0],
                industry,
                "RU",
                names.tax_id(rng.choice(names.REGIONS), 1000000 + number * 37),
                rng.random() < 0.12,
                rng.randint(1, 6),
                created_on,
            )
        )
    return rows, parents


def _owner(rng: random.Random, kams: list[str], day: date) -> str:
    return rng.choice([kam for kam in kams if NEWCOMERS.get(kam, day) <= day])


def _ownership(rng: random.Random, account: Account, kams: list[str]) -> list[Assignment]:
    """Owners of one account from its first day on, shares summing to 1 on every day."""
    since = account.created_on  # the CRM keeps owners from the first day
    first = _owner(rng, kams, since)
    kind = rng.random()
    if kind < 0.05:  # shared for good
        second = _owner(rng, [kam for kam in kams if kam != first], since)
        share = Decimal(rng.choice(("0.5", "0.7", "0.8")))
        return [
            Assignment(account.account_id, first, "owner", share, since, None),
            Assignment(account.account_id, second, "owner", 1 - share, since, None),
        ]
    if kind < 0.27 and since < FIRST_DELIVERY - timedelta(days=60):  # handed over once
        start = max(since, FIRST_DAY) + timedelta(days=30)
        handed_on = start + timedelta(days=rng.randrange(0, (FIRST_DELIVERY - start).days))
        newcomers = [kam for kam, hired_on in NEWCOMERS.items() if hired_on <= handed_on]
        heirs = newcomers or [kam for kam in kams if kam != first and kam not in NEWCOMERS]
        second = rng.choice(heirs)
        if second != first:
            return [
                Assignment(account.account_id, first, "owner", Decimal(1), since, handed_on),
                Assignment(account.account_id, second, "owner", Decimal(1), handed_on, None),
            ]
    return [Assignment(account.account_id, first, "owner", Decimal(1), since, None)]


def assignments(seed: int, size: int, rows: list[Account]) -> list[Assignment]:
    """Owners of every account; some accounts have an overlay specialist beside them."""
    kams = kam_ids(size)
    result = []
    for account in rows:
        rng = stream(seed, "owner", account.account_id)
        owners = _ownership(rng, account, kams)
        result += owners
        if rng.random() < 0.04:
            others = [kam for kam in kams if kam not in {row.employee_id for row in owners}]
            since = max(account.created_on, FIRST_DAY)
            overlay = _owner(rng, others, since)
            result.append(
                Assignment(account.account_id, overlay, "overlay", Decimal("0.3"), since, None)
            )
    return result


class Owners:
    """Looks up who owns an account on a day."""

    def __init__(self, rows: list[Assignment]) -> None:
        self._by_account: dict[str, list[Assignment]] = {}
        for row in rows:
            if row.role == "owner":
                self._by_account.setdefault(row.account_id, []).append(row)

    def on(self, account_id: str, day: date) -> str:
        """The owner with the greatest share; the first one before anybody owned the account."""
        rows = self._by_account[account_id]
        valid = [
            row
            for row in rows
            if row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
        ]
        return max(valid or rows[:1], key=lambda row: (row.share, row.employee_id)).employee_id
