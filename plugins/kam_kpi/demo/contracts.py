"""Contracts of ordinary clients: chains of terms that are renewed, prolonged, lost and won back."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from kam_kpi.demo.calendar import (
    FIRST_DAY,
    LAST_DAY,
    add_months,
    at,
    month_end,
    month_start,
    stream,
    term_end,
)
from kam_kpi.demo.crm_rows import Account, Contract, Service
from kam_kpi.demo.products import PRODUCTS

_AMOUNTS = {"Крупный": (9, 52), "Средний": (4, 22), "Малый": (2, 9)}  # in 10 000 roubles a month
_EXTRA_FAMILIES = {"Крупный": (2, 0.30), "Средний": (1, 0.22), "Малый": (0, 0.16)}
_RECURRING = sorted(code for code, product in PRODUCTS.items() if product.is_recurring)
_OUTCOMES = ("on_time", "edited", "late", "too_late", "lost")
_OUTCOME_WEIGHTS = (62, 18, 8, 3, 9)
_REASONS = ("Цена", "Ушёл к конкуренту", "Закрытие площадки", "Качество услуги", "Свой центр")


@dataclass
class Portfolio:
    """Contract versions of the ordinary clients, and what is billed for them."""

    contracts: list[Contract] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)


class _Chain:
    """Successive terms of one product family at one account."""

    def __init__(self, rng: random.Random, account: Account, chain_no: int, product_id: str):
        self.rng, self.account, self.product_id = rng, account, product_id
        self.chain_no, self.contract_no = chain_no, 0
        self.portfolio = Portfolio()
        low, high = _AMOUNTS[account.segment]
        self.amount = Decimal(rng.randrange(low * 20, high * 20)) * 500

    def run(self, start: date) -> Portfolio:
        """Terms from `start` to the end of the calendar."""
        next_start: date | None = start
        renews: str | None = None
        signed = start - timedelta(days=self.rng.randint(3, 40))
        signed = max(signed, self.account.created_on)
        while next_start and next_start <= LAST_DAY:
            kind = self.rng.choices(("fixed", "auto", "evergreen"), (78, 16, 6))[0]
            contract = self._new(signed, next_start, renews, kind)
            if kind == "evergreen":
                next_start, signed, renews = self._evergreen(contract)
            elif kind == "auto":
                next_start, signed, renews = self._auto(contract)
            else:
                next_start, signed, renews = self._fixed(contract)
        return self.portfolio

    def _new(self, signed: date, start: date, renews: str | None, kind: str) -> Contract:
        self.contract_no += 1
        term = 12 if kind == "auto" else self.rng.choices((6, 12, 24), (15, 70, 15))[0]
        suffix = f"{self.chain_no}{self.contract_no:02d}"
        contract = Contract(
            contract_id=f"Д-{self.account.account_id[1:]}-{suffix}",
            account_id=self.account.account_id,
            product_id=self.product_id,
            signed_on=signed,
            starts_on=start,
            ends_on=None if kind == "evergreen" else term_end(start, term),
            amount=self.amount,
            modified_at=at(signed, self.rng),
            notice_days=self.rng.choice((30, 60)),
            auto_renew=kind == "auto",
            renewal_months=12 if kind == "auto" else None,
            renews_id=renews,
        )
        self.portfolio.contracts.append(contract)
        return contract

    def _version(self, contract: Contract, day: date, **changes: object) -> Contract:
        changed = replace(contract, modified_at=at(day, self.rng), **changes)  # type: ignore[arg-type]
        self.portfolio.contracts.append(changed)
        return changed

    def _bill(self, contract: Contract, start: date, end: date) -> None:
        self.portfolio.services.append(
            Service(
                contract.account_id,
                contract.contract_id,
                contract.product_id,
                start,
                end,
                self.amount,
            )
        )

    def _terminate(self, contract: Contract, last_day: date) -> tuple[None, date, None]:
        """Ends the service before its time; the client goes."""
        noticed = max(contract.starts_on, last_day - timedelta(days=self.rng.randint(20, 45)))
        self._version(
            contract, noticed, status="terminated", notice_given_on=noticed,
            terminated_on=last_day, termination_reason=self.rng.choice(_REASONS),
        )  # fmt: skip
        self._bill(contract, contract.starts_on, last_day)
        return None, last_day, None

    def _evergreen(self, contract: Contract) -> tuple[date | None, date, str | None]:
        if self.rng.random() < 0.4:
            months = self.rng.randint(8, 40)
            return self._terminate(contract, month_end(add_months(contract.starts_on, months)))
        self._bill(contract, contract.starts_on, LAST_DAY)
        return None, LAST_DAY, None

    def _auto(self, contract: Contract) -> tuple[date | None, date, str | None]:
        """Renews by itself each year until notice is given."""
        end = term_end(contract.starts_on, 12)
        while end < LAST_DAY and self.rng.random() > 0.12:
            end = term_end(end + timedelta(days=1), 12)
        self._bill(contract, contract.starts_on, end)
        if end < LAST_DAY:
            noticed = end - timedelta(days=contract.notice_days + self.rng.randint(1, 20))
            self._version(contract, noticed, notice_given_on=noticed)
        return None, end, None

    def _raise(self) -> None:
        percent = Decimal(self.rng.choice((0, 0, 3, 5, 6, 8, 10, 14, -6)))
        self.amount = (self.amount * (100 + percent) / 100).quantize(Decimal(1))

    def _fixed(self, contract: Contract) -> tuple[date | None, date, str | None]:
        """One contract to its end, then what came of it: start, signature and link of the next."""
        while True:
            end = contract.ends_on or LAST_DAY
            if self.rng.random() < 0.025:
                months = self.rng.randint(2, 5)
                last_day = month_end(add_months(end, -months))
                if last_day > contract.starts_on:
                    return self._terminate(contract, last_day)
            outcome = self.rng.choices(_OUTCOMES, _OUTCOME_WEIGHTS)[0]
            if outcome != "edited":
                break
            day = end - timedelta(days=self.rng.randint(2, 30))
            later = term_end(end + timedelta(days=1), 12)
            contract = self._version(contract, day, ends_on=later)
        self._bill(contract, contract.starts_on, end)
        return self._after(contract, end, outcome)

    def _after(
        self, contract: Contract, end: date, outcome: str
    ) -> tuple[date | None, date, str | None]:
        link = contract.contract_id if self.rng.random() < 0.7 else None
        if outcome == "on_time":
            self._raise()
            return end + timedelta(days=1), end - timedelta(days=self.rng.randint(3, 45)), link
        if outcome in ("late", "too_late"):
            gap = self.rng.randint(4, 25) if outcome == "late" else self.rng.randint(36, 75)
            self._raise()
            start = end + timedelta(days=gap + 1)
            return start, start - timedelta(days=self.rng.randint(0, 3)), link
        self._version(contract, end + timedelta(days=self.rng.randint(3, 9)), status="expired")
        if self.rng.random() < 0.3:
            start = add_months(end, self.rng.randint(5, 9))
            return start, start - timedelta(days=self.rng.randint(1, 20)), None
        return None, end, None


def _first_start(rng: random.Random, account: Account) -> date:
    """An old client's present terms began within the year before the history."""
    entered = add_months(account.created_on, 1)
    return max(entered, add_months(FIRST_DAY, -rng.randrange(0, 12)))


def portfolio(seed: int, accounts: list[Account], holding_ids: set[str]) -> Portfolio:
    """Contracts of all ordinary clients; a holding's head company mostly has none."""
    result = Portfolio()
    for account in accounts:
        rng = stream(seed, "contracts", account.account_id)
        if account.account_id in holding_ids and rng.random() < 0.7:
            continue
        families = rng.sample(_RECURRING, len(_RECURRING))
        products = list({PRODUCTS[code].family: code for code in families}.values())
        start = _first_start(rng, account)
        most, chance = _EXTRA_FAMILIES[account.segment]
        starts = [start] * (1 + rng.randint(0, most))
        for year in range(5):  # another family now and then
            if rng.random() < chance:
                starts.append(add_months(start, 12 * year + rng.randint(4, 15)))
        for number, (product_id, first) in enumerate(zip(products, starts, strict=False), 1):
            chain_rng = stream(seed, "chain", account.account_id, number)
            chain = _Chain(chain_rng, account, number, product_id).run(month_start(first))
            result.contracts += chain.contracts
            result.services += chain.services
    return result
