"""Opportunities: one behind each contract, and those that were lost or are still open."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from kam_kpi.demo.accounts import Owners
from kam_kpi.demo.calendar import FIRST_DAY, LAST_DAY, at, money, stream, vat_rate
from kam_kpi.demo.crm_rows import Account, Contract, Deal, DealLine
from kam_kpi.demo.products import PRODUCTS

WON, LOST = "Успешно реализована", "Закрыта и не реализована"
OPEN_STAGES = ("Квалификация", "Предложение", "Переговоры")
_LOST_REASONS = ("Цена", "Сроки", "Выбрали конкурента", "Нет бюджета", "Отложили")
_HISTORY = (LAST_DAY - FIRST_DAY).days


def _deal(
    deal_id: str, account_id: str | None, owner: str, kind: str, amount: Decimal | None,
    opened_on: date, rng: random.Random,
) -> Deal:  # fmt: skip
    gross = None if amount is None else amount + money(amount * vat_rate(opened_on))
    return Deal(
        deal_id, account_id, owner, kind, rng.choice(OPEN_STAGES), amount, gross, "RUB",
        opened_on, None, None, None, at(opened_on, rng),
    )  # fmt: skip


def _kinds(contracts: list[Contract]) -> dict[str, str]:
    """Kind of deal behind each contract, by the account's earlier contracts."""
    seen: dict[str, set[str]] = {}
    kinds: dict[str, str] = {}
    for contract in sorted(contracts, key=lambda row: (row.signed_on, row.contract_id)):
        if contract.contract_id in kinds:
            continue
        families = seen.setdefault(contract.account_id, set())
        family = PRODUCTS[contract.product_id].family
        kind = "renewal" if family in families else "cross_sell" if families else "new"
        kinds[contract.contract_id] = kind
        families.add(family)
    return kinds


def _won(
    seed: int, contract: Contract, kind: str, known_from: date, owners: Owners
) -> tuple[list[Deal], list[DealLine]]:
    rng = stream(seed, "deal", contract.contract_id)
    opened_on = max(contract.signed_on - timedelta(days=rng.randint(15, 80)), known_from)
    owner = owners.on(contract.account_id, contract.signed_on)
    deal_id = contract.contract_id.replace("Д-", "СД-")
    amount = contract.amount * 12
    first = _deal(deal_id, contract.account_id, owner, kind, amount, opened_on, rng)
    won = replace(
        first, stage=WON, closed_on=contract.signed_on, contract_id=contract.contract_id,
        gross=amount + money(amount * vat_rate(contract.signed_on)),
        modified_at=max(at(contract.signed_on, rng), first.modified_at + timedelta(hours=1)),
    )  # fmt: skip
    line = DealLine(deal_id, 1, contract.product_id, 12, amount, first.modified_at)
    return [first, won], [line]


def _other(
    seed: int, number: int, accounts: list[Account], owners: Owners
) -> tuple[list[Deal], list[DealLine]]:
    """A deal that is lost, or open for long; an early one may lack client and amount."""
    rng = stream(seed, "other deal", number)
    opened_on = FIRST_DAY + timedelta(days=rng.randrange(_HISTORY))
    known = [account for account in accounts if account.created_on < opened_on]
    account = rng.choice(known)
    owner = owners.on(account.account_id, opened_on)
    product_id = rng.choice(sorted(PRODUCTS))
    amount = Decimal(rng.randrange(40, 2400)) * 1000
    kind = rng.choices(("new", "cross_sell", "upsell", "other"), (20, 40, 30, 10))[0]
    deal_id = f"СД-9{number:05d}"
    known_client = None if rng.random() < 0.1 else account.account_id
    known_amount = None if rng.random() < 0.15 else amount
    first = _deal(deal_id, known_client, owner, kind, known_amount, opened_on, rng)
    closed_on = opened_on + timedelta(days=rng.randint(20, 150))
    lost = replace(
        first, account_id=account.account_id, stage=LOST, closed_on=closed_on,
        lost_reason=rng.choice(_LOST_REASONS), modified_at=at(closed_on, rng),
    )  # fmt: skip
    lines = [DealLine(deal_id, 1, product_id, 1, amount, first.modified_at)]
    return [first, lost], lines if known_amount else []


def deals(
    seed: int, contracts: list[Contract], accounts: list[Account], owners: Owners
) -> tuple[list[Deal], list[DealLine]]:
    """Versions of all deals of ordinary clients that were opened within the calendar."""
    versions: list[Deal] = []
    lines: list[DealLine] = []
    kinds = _kinds(contracts)
    firsts = {contract.contract_id: contract for contract in reversed(contracts)}
    created_on = {account.account_id: account.created_on for account in accounts}
    made = [
        _won(seed, contract, kinds[key], created_on[contract.account_id], owners)
        for key, contract in sorted(firsts.items())
    ]
    other_count = _HISTORY * len(accounts) // 4200
    made += [_other(seed, number, accounts, owners) for number in range(other_count)]
    for deal, deal_lines in made:
        if deal[0].opened_on >= FIRST_DAY:
            versions += deal
            lines += deal_lines
    return versions, lines
