"""The plan check."""

from collections.abc import Iterator, Mapping

from kam_kpi.plans.files import Reading
from kam_kpi.plans.kpis import Kpi
from kam_kpi.plans.problems import Problem


def faults_of(reading: Reading, currency: str, kpis: Mapping[str, Kpi]) -> Iterator[Problem]:
    """Faults between rows."""
    yield from ()
