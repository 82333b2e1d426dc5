"""Other plans on the same facts: what everybody would have earned."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from kam_kpi.duckdb_file import open_for_writing
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.plans.plans import Plans
from kam_kpi.serving.snapshot import read_run
from kam_kpi.sources.parse_sql import identifier, literal, text_list
from kam_kpi.warehouse.control import fill_plans
from kam_kpi.warehouse.dbt import run_dbt

_FACTS = ("control", "conformed", "core", "kpi")
_STEPS = ("int_", "kpi_record__")
"""Tables that only other facts read."""


@dataclass(frozen=True)
class Side:
    """A person under one set of plans; `blocked_by` says why nothing could be paid."""

    earned: Decimal
    blocked_by: str | None


@dataclass(frozen=True)
class Compared:
    """A person under today's plans and under the others."""

    employee_id: str
    name: str
    today: Side
    other: Side

    @property
    def change(self) -> Decimal:
        """What the person gains; a loss is negative."""
        return self.other.earned - self.today.earned


@dataclass(frozen=True)
class Simulation:
    """Σ earned over the months `first` to `last`; who gains most comes first."""

    first: date
    last: date
    currency: str
    people: tuple[Compared, ...]


def simulate(home: Home, plans: Plans, first: date, last: date) -> Simulation:
    """Computes the bonuses of the last build again, under other plans.

    The build file is only read: the bonus models run on a copy of the facts that is thrown away.

    Raises:
        KamError: there is no build, somebody writes it, or it has no bonuses for the months.
    """
    read_run(home.build_file)
    today = _earned(home.build_file, first, last)
    if not today:
        shown = f"{last:%Y-%m}"
        raise KamError("bonus.nothing_to_compare", month=shown)
    with _copy_of_facts(home.build_file) as scratch:
        with open_for_writing(scratch) as connection:
            fill_plans(connection, plans)
        run_dbt(home, ["run", "--select", "path:models/marts/bonus"], scratch)
        other = _earned(scratch, first, last)
        names, currency = _names(scratch)
    nothing = Side(Decimal(0), None)
    people = [
        Compared(*names[key], today.get(key, nothing), other.get(key, nothing))
        for key in today.keys() | other.keys()
    ]
    people.sort(key=lambda one: (-one.change, one.employee_id))
    return Simulation(first, last, currency, tuple(people))


@contextmanager
def _copy_of_facts(build_file: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kam-simulate-"))
    try:
        scratch = folder / build_file.name  # dbt names the catalog after the file
        with open_for_writing(scratch) as connection:
            connection.execute(f"attach {literal(str(build_file))} as facts (read_only)")
            rows = connection.execute(
                f"""
                select schema_name, table_name from duckdb_tables()
                where database_name = 'facts' and schema_name in {text_list(_FACTS)}
                order by all
                """
            ).fetchall()
            for schema in _FACTS:
                connection.execute(f"create schema {schema}")
            for schema, table in rows:
                if not table.startswith(_STEPS):
                    name = f"{identifier(schema)}.{identifier(table)}"
                    connection.execute(f"create table {name} as from facts.{name}")
        yield scratch
    finally:
        shutil.rmtree(folder)


def _earned(file: Path, first: date, last: date) -> dict[str, Side]:
    between = f"period between date '{first}' and date '{last}'"
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            f"select employee_key, earned from bonus.fct_bonus where {between}"
        ).fetchall()
        blocks = connection.execute(
            f"""
            select employee_key, min_by(reason, (period, place)) from bonus.fct_bonus_block
            where {between} group by employee_key
            """
        ).fetchall()
    blocked = dict(blocks)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for key, earned in rows:
        sums[key] += earned
    return {key: Side(sums[key], blocked.get(key)) for key in sums.keys() | blocked.keys()}


def _names(file: Path) -> tuple[dict[str, tuple[str, str]], str]:
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            "select employee_key, employee_id, name from core.dim_employee"
        ).fetchall()
        [(currency,)] = connection.execute("select currency from control.company").fetchall()
    return {key: (employee_id, name) for key, employee_id, name in rows}, str(currency)
