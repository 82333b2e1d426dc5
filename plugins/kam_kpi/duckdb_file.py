"""How the product opens DuckDB files that it works on."""

import os
import re
from pathlib import Path
from typing import Any

import duckdb

from kam_kpi.errors import KamError

STORAGE = "v1.4.0"
"""Oldest DuckDB that reads our files; its format writes texts a third faster than the default."""
MEMORY_VARIABLE = "KAM_MEMORY_LIMIT"
MEMORY_LIMIT = "4GB"
"""The same as in dbt_project/profiles.yml."""


def limits() -> dict[str, Any]:
    """What the queries of one process may take: `KAM_MEMORY_LIMIT`; the rest goes to disk.

    Raises:
        KamError: the limit is no amount of memory.
    """
    limit = os.environ.get(MEMORY_VARIABLE, MEMORY_LIMIT)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", limit):
        raise KamError("warehouse.memory_limit", where=MEMORY_VARIABLE, limit=limit)
    return {"memory_limit": limit}


def open_for_writing(path: Path) -> duckdb.DuckDBPyConnection:
    """Opens a file to write to; a new one gets the product's format.

    Raises:
        KamError: see `limits`.
    """
    config = limits() | {"storage_compatibility_version": STORAGE}
    return duckdb.connect(str(path), config=config)
