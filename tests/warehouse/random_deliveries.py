"""A random company whose documents become known bit by bit: as files, in the order of delivery."""

import csv
import io
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any, cast

from kam_kpi.contract import load_contract
from tests.models.company import Company
from tests.models.marts import Marts, Row
from tests.models.random_company import (
    ACCOUNTS,
    AS_OF,
    FIRST,
    KAMS,
    PRODUCTS,
    add_contract,
    add_deal,
    add_invoice,
    add_payment,
    on,
)

DAYS = (AS_OF - FIRST).days
KNOWN_ON = {
    "invoice": "issued_on", "payment": "received_on", "allocation": "applied_on",
    "write_off": "written_on", "dispute": "opened_on", "contract": "version_on",
    "deal": "closed_on",
}  # fmt: skip
LATER = {"invoice": "voided_on", "payment": "reversed_on", "dispute": "closed_on"}
"""What is added to a row later on; the row is delivered once without it."""
VERSION = {"contract": "version_on"}
CUTS = (330, 440, 490, 520, DAYS)
QUIET = 3
"""From this delivery on nothing old is touched, so that few months are made again."""


@dataclass
class Deliveries:
    """Files by the last day that they speak for; the first has everything that has no day."""

    random: Random
    cuts: tuple[date, ...]
    rows: dict[tuple[str, int], list[Row]] = field(default_factory=dict)

    def place(self, day: date) -> int:
        """The delivery that first knows of a day; now and then one later."""
        late = self.random.choices((0, 1, 2), (8, 1, 1))[0]
        due = sum(day > cut for cut in self.cuts)
        return min(due + late, QUIET - 1) if due < QUIET else min(due, len(self.cuts) - 1)

    def add(self, entity: str, place: int, row: Row) -> None:
        """The row in a delivery."""
        self.rows.setdefault((entity, place), []).append(row)

    def files(self, place: int) -> dict[str, str]:
        """Content by name of one delivery."""
        return {
            f"{entity}_{self.cuts[place]}.csv": _csv(entity, rows)
            for (entity, at), rows in self.rows.items()
            if at == place
        }


def columns_of(entity: str) -> list[str]:
    """Columns that a source delivers."""
    columns = load_contract()[entity].columns.values()
    return [c.name for c in columns if not c.is_computed and not c.name.endswith("_source")]


def _csv(entity: str, rows: list[Row]) -> str:
    names = [*columns_of(entity), *({VERSION.get(entity)} - {None})]
    text = io.StringIO()
    writer = csv.DictWriter(text, cast("list[str]", names), extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _cell(row.get(name)) for name in names} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _money(random: Random) -> Decimal:
    return Decimal(random.randint(1, 4000)) / 4


def company(random: Random) -> Company:
    """Clients, KAMs and products that stay as they are, and what happens to them in 18 months."""
    made = Company(cast("Marts", None), str(AS_OF))
    for account in ACCOUNTS:
        made.account(account, parent="A" if account == "B" else None)
        made.owner(account, random.choice(KAMS), valid_from="2000-01-01")
    for product in PRODUCTS:
        made.product(product)
    for place in range(-36, 18):
        year, month = divmod(2024 * 12 + place, 12)
        day = date(year, month + 1, 1)
        made.add("fx_rate", from_currency="USD", valid_on=day, rate=90 + place % 7)
    for number in range(90):
        add_invoice(made, f"I{number}", _invoice(random))
    for number in range(12):
        add_contract(made, f"C{number}", _contract(random))
    for number in range(50):
        add_payment(made, f"P{number}", _payment(random))
    for number in range(10):
        add_deal(made, f"D{number}", _deal(random))
    for number in range(6):
        invoice = f"I{random.randrange(90)}"
        made.add(
            "dispute", dispute_id=f"X{number}", invoice_id=invoice, amount=_money(random),
            opened_on=on(random.randrange(DAYS)), closed_on=on(DAYS + random.randrange(-90, 60)),
        )  # fmt: skip
        made.add(
            "write_off", write_off_id=f"W{number}", invoice_id=invoice, amount=_money(random) / 9,
            written_on=on(random.randrange(DAYS)),
        )  # fmt: skip
    return made


def _common(random: Random) -> Row:
    return {
        "account": random.choice(ACCOUNTS), "day": random.randrange(DAYS),
        "currency": random.choice(("RUB", "RUB", "USD")), "product": random.choice(PRODUCTS),
    }  # fmt: skip


def _invoice(random: Random) -> Row:
    return _common(random) | {
        "net": _money(random), "due": random.choice((None, 0, 30, 75)),
        "months": random.choice((0, 0, 1, 3, 12)), "note": random.choice((None, None, "of_it")),
        "note_day": random.randrange(90), "is_void": random.random() < 0.15,
    }  # fmt: skip


def _contract(random: Random) -> Row:
    return _common(random) | {
        "day": random.randrange(-200, 500), "months": random.randint(1, 14),
        "amount": _money(random), "auto_renew": random.random() < 0.5,
        "ended": random.choice((None, None, 20, 200)), "prolonged": random.choice((None, None, 6)),
        "notice": random.choice((None, 30)),
    }  # fmt: skip


def _payment(random: Random) -> Row:
    return _common(random) | {
        "amount": _money(random), "invoice": random.choice((None, *range(20))),
        "reversed": random.choice((None, None, 40)),
    }  # fmt: skip


def _deal(random: Random) -> Row:
    return _common(random) | {
        "kam": random.choice(KAMS), "amount": _money(random),
        "state": random.choice(("won", "lost")),
    }  # fmt: skip


def deliveries(seed: int) -> Deliveries:
    """The company of a seed in five deliveries, the last three within two months."""
    random = Random(seed)
    made = company(random)
    found = Deliveries(random, tuple(map(on, CUTS)))
    places: dict[str, int] = {}
    for entity in sorted(made.tables, key=lambda name: name in ("invoice_line", "deal_line")):
        for row in made.tables[entity]:
            if entity in ("invoice_line", "deal_line"):
                place = places[row.get("invoice_id") or row["deal_id"]]
            elif entity in KNOWN_ON:
                place = found.place(row[KNOWN_ON[entity]])
            else:
                place = 0
            _deliver(found, entity, place, row)
            if entity in ("invoice", "deal"):
                places[row[f"{entity}_id"]] = place
    return found


def _deliver(found: Deliveries, entity: str, place: int, row: Row) -> None:
    later = LATER.get(entity)
    if later and row.get(later) and (at := found.place(row[later])) > place:
        found.add(entity, place, row | {later: None, "status": "issued"})
        if at < QUIET:
            found.add(entity, at, row)
    elif entity != "contract" or place < QUIET:
        found.add(entity, place, row)


def source(entities: list[str], inbox: str) -> dict[str, Any]:
    """A source whose files have the columns of the contract."""
    feeds = {
        entity: {
            "pattern": rf"{entity}_(?P<covers_to>\d{{4}}-\d{{2}}-\d{{2}})\.csv", "csv": {},
            "covers_to": "file_name", "required": False,
            "entities": {
                entity: {
                    "mode": "append", "columns": {name: name for name in columns_of(entity)},
                    **({"version": VERSION[entity]} if entity in VERSION else {}),
                }
            },
        }
        for entity in entities
    }  # fmt: skip
    return {"source": "s", "domain": "billing", "path": inbox, "feeds": feeds}
