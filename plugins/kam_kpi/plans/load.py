"""Loads the plans of a deployment, or refuses them with every fault."""

from pathlib import Path

from kam_kpi.errors import KamError
from kam_kpi.plans.check import faults_of
from kam_kpi.plans.files import read_files
from kam_kpi.plans.kpis import kpis
from kam_kpi.plans.plans import NO_PLANS, Plans
from kam_kpi.plans.rows import FILES


def load_plans(folder: Path, company_currency: str) -> Plans:
    """The plans of a folder; none where there is no such folder.

    Raises:
        KamError: the plans are refused; one line per fault with file, line and column.
    """
    if not folder.is_dir():
        return NO_PLANS
    reading = read_files(folder)
    problems = reading.problems + list(faults_of(reading, company_currency, kpis()))
    if problems:
        order = [f"{name}.csv" for name in FILES]
        problems.sort(key=lambda p: (order.index(p.file) if p.file in order else -1, p.line))
        lines = "\n".join(f"  {found}" for found in problems)
        raise KamError("plans.refused", where=str(folder), problems=lines)
    return reading.plans
