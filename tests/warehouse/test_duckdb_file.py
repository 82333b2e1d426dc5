from pathlib import Path

import pytest

from kam_kpi import PROJECT
from kam_kpi.duckdb_file import MEMORY_LIMIT, limits, open_for_writing
from kam_kpi.errors import KamError


@pytest.mark.parametrize("limit", ["300MB", "1.5 GiB"])
def test_queries_take_the_memory_that_the_environment_allows(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAM_MEMORY_LIMIT", limit)
    with open_for_writing(tmp_path / "a.duckdb") as connection:
        found = connection.execute("select current_setting('memory_limit')").fetchall()
    assert found == [({"300MB": "286.1 MiB", "1.5 GiB": "1.5 GiB"}[limit],)]


@pytest.mark.parametrize("limit", ["", "lots", "4", "50%", "-4GB", "4GB; x"])
def test_another_limit_is_refused_by_name(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAM_MEMORY_LIMIT", limit)
    with pytest.raises(KamError, match=f"KAM_MEMORY_LIMIT is '{limit}'"):
        limits()


def test_dbt_takes_the_same_memory_where_nothing_is_said() -> None:
    profile = (PROJECT / "dbt_project/profiles.yml").read_text(encoding="utf-8")
    assert f"env_var('KAM_MEMORY_LIMIT', '{MEMORY_LIMIT}')" in profile
