"""How the product opens DuckDB files that it works on."""

import os
from pathlib import Path
from typing import Any

import duckdb

STORAGE = "v1.4.0"
"""Oldest DuckDB that reads our files; its format writes texts a third faster than the default."""
MEMORY_LIMIT = "4GB"
"""The same as in dbt_project/profiles.yml."""


def limits() -> dict[str, Any]:
    """What one process may take: `KAM_MEMORY_LIMIT`, else 4 GB; the rest goes to disk."""
    return {"memory_limit": os.environ.get("KAM_MEMORY_LIMIT", MEMORY_LIMIT)}


def open_for_writing(path: Path) -> duckdb.DuckDBPyConnection:
    """Opens a file to write to; a new one gets the product's format."""
    config = limits() | {"storage_compatibility_version": STORAGE}
    return duckdb.connect(str(path), config=config)
