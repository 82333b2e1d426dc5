"""A mapping's SQL is one SELECT or one expression; the database's own parser does the rest."""

import pytest

from kam_kpi.errors import KamError
from kam_kpi.sources.query_guard import check_expression, check_query


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "  SELECT a, 'x; y' as b from t -- no; more\n",
        "with a as (select 1 as n) select n from a;  ",
        "/* why; */ select \"a;b\", `c;d`, [e;f] from t where g = 'it''s; (fine'",
    ],
)
def test_one_select_passes_without_its_last_semicolon(sql: str) -> None:
    assert check_query(sql, "x") == sql.strip().rstrip("; ")


@pytest.mark.parametrize(
    "sql",
    [
        "delete from t",
        "select 1; delete from t",
        "select 1) q; drop table t; --",
        "select 1) q union select * from (select 2",
        "select 'open",
        "select 1 /* open",
        "explain select 1",
        "-- select\nupdate t set a = 1",
    ],
)
def test_everything_else_is_refused_with_its_place(sql: str) -> None:
    with pytest.raises(KamError) as caught:
        check_query(sql, "erp.invoices")
    assert (caught.value.key, caught.value.where) == ("sources.bad_query", "erp.invoices")


def test_an_expression_needs_no_select_and_no_more_than_itself() -> None:
    assert check_expression(" coalesce(a, b) ", "x") == "coalesce(a, b)"
    for wrong in ("a; b", "a) or (1 = 1"):
        with pytest.raises(KamError):
            check_expression(wrong, "x")
