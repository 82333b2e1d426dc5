"""A small set of plan files that is in order, to be spoilt by tests."""

import csv
from copy import deepcopy
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Files = dict[str, list[Row]]

VERSION: Row = {"plan_code": "kam", "version": 1}
COMPONENT: Row = {
    **VERSION, "component_code": "", "measure": "", "kind": "weighted", "weight": "", "rate": "",
    "amount": "", "interval": "month", "accumulation": "per_interval", "direction": "",
    "target_source": "", "target_value": "", "cap": "", "floor": "", "prorate": "",
    "measure_window": "", "salary_share": "", "earn_on": "", "holdback_share": "",
    "holdback_days": "", "clawback_mode": "", "measure_lag_months": "", "on_null": "hold",
}  # fmt: skip
TIER: Row = {
    **VERSION, "component_code": "revenue", "from": "", "to": "", "value": "",
    "basis": "attainment", "value_is": "payout_pct", "mode": "flat", "boundary": "",
}  # fmt: skip


def good() -> Files:
    """Files by name; row n of a list stands in line n + 2."""
    return deepcopy({
        "bonus_plan": [
            {**VERSION, "valid_from": "2025-01-01", "valid_to": "", "author": "Finance",
             "currency": "RUB", "base": "target_bonus", "cap": "", "floor": "", "status": "active"},
        ],
        "bonus_component": [
            {**COMPONENT, "component_code": "revenue", "measure": "revenue", "weight": "0.6",
             "target_source": "target"},
            {**COMPONENT, "component_code": "service", "kind": "mbo", "weight": "0.4"},
            {**COMPONENT, "component_code": "cross", "measure": "cross_sell_revenue",
             "kind": "rate", "rate": "0.05", "accumulation": "per_event", "on_null": "zero"},
            {**COMPONENT, "component_code": "renewed", "measure": "renewals_count",
             "kind": "fixed", "amount": "500", "measure_lag_months": "1", "on_null": "zero"},
        ],
        "bonus_tier": [
            {**TIER, "from": "0.8", "to": "1", "value": "0.5"},
            {**TIER, "from": "1", "to": "1.2", "value": "1"},
            {**TIER, "from": "1.2", "to": "", "value": "1.5"},
        ],
        "bonus_gate": [
            {**VERSION, "gate_code": "late", "component_code": "", "kpi_code": "overdue_share_gate",
             "operator": ">", "threshold": "0.2", "effect": "multiply", "factor": "0.5"},
        ],
        "bonus_assignment": [
            {"employee": "0001", "plan_code": "kam", "valid_from": "2025-01-01", "valid_to": ""},
        ],
    })  # fmt: skip


def write(folder: Path, files: Files) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in files.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder
