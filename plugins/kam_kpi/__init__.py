"""KPI and bonus warehouse for key account managers."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout: dags/, dbt_project/, expectations/ and config/ live here."""
