"""What a plan must know of the KPIs it measures."""

import csv
from dataclasses import dataclass
from functools import cache

from kam_kpi import PROJECT


@dataclass(frozen=True)
class Kpi:
    """A KPI as `dim_kpi` has it."""

    kpi_class: str
    unit: str
    history: str

    @property
    def has_events(self) -> bool:
        """Whether the value is the sum of its records, so that each can be paid for by itself."""
        return self.kpi_class == "additive" and self.unit in ("money", "count")

    @property
    def is_late(self) -> bool:
        """Whether renewals may still change the value after the month's end."""
        return self.history == "terms"


@cache
def kpis() -> dict[str, Kpi]:
    """Every KPI by its code."""
    path = PROJECT / "dbt_project/seeds/dim_kpi.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            row["kpi_code"]: Kpi(row["class"], row["unit"], row["history"])
            for row in csv.DictReader(lines)
        }
