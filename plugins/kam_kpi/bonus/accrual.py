"""What is owed for bonuses at a month end: to be paid for the month, and earned but not due yet."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from kam_kpi.bonus.month import bonus_month
from kam_kpi.serving.kam_month import fetch


@dataclass(frozen=True)
class Accrued:
    """A person's part. `earlier` waits since months before this one."""

    cost_center: str
    employee_id: str
    name: str
    pay: Decimal
    waiting: Decimal
    earlier: Decimal

    @property
    def total(self) -> Decimal:
        """All that is owed."""
        return self.pay + self.waiting + self.earlier


@dataclass(frozen=True)
class Accrual:
    """A month end by cost center; months before it count as paid as far as they were due."""

    period: date
    currency: str
    people: tuple[Accrued, ...]

    def sum_of(self, name: str, cost_center: str | None = None) -> Decimal:
        """Σ of `pay`, `waiting`, `earlier` or `total`, of a cost center or of all."""
        return sum(
            (
                getattr(one, name)
                for one in self.people
                if cost_center is None or one.cost_center == cost_center
            ),
            Decimal(0),
        )

    @property
    def cost_centers(self) -> list[str]:
        """The cost centers in order."""
        return sorted({one.cost_center for one in self.people})


def accrual(connection: duckdb.DuckDBPyConnection, period: date) -> Accrual:
    """Reads what is owed at a month end, as known today.

    Args:
        connection: of the published databases with the finance file, `connect_finance`.
        period: first day of the month.

    Raises:
        KamError: no bonuses are computed for the month.
    """
    month = bonus_month(connection, period)
    earlier = {
        row["employee_key"]: row["held"]
        for row in fetch(
            connection,
            f"""
            select employee_key, sum(held) as held from finance.bonus.fct_bonus
            where period < date '{period}' group by employee_key
            """,
        )
    }
    centers = {
        row["employee_key"]: row
        for row in fetch(connection, "select employee_key, cost_center from core.dim_employee")
    }
    people = [
        Accrued(
            centers[one.employee_key]["cost_center"] or "",
            one.employee_id,
            one.name,
            one.pay,
            one.waiting,
            earlier.get(one.employee_key, Decimal(0)),
        )
        for one in month.people
    ]
    people.sort(key=lambda one: (one.cost_center, one.name, one.employee_id))
    return Accrual(period, month.currency, tuple(people))
