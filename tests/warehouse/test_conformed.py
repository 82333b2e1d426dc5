"""When the keys of new loads are enough to make a contract table again."""

import pytest

from kam_kpi.warehouse.conformed import Conformed, LoadState

OLD: dict[LoadState, int] = {("old", 0, True): 300}
BEFORE = Conformed("code", OLD).identity


@pytest.mark.parametrize(("rows", "found"), [(99, ["new"]), (100, ["new"]), (101, [])])
def test_a_quarter_of_the_rows_may_be_new(rows: int, found: list[str]) -> None:
    assert Conformed("code", OLD | {("new", 0, True): rows}).few_new(BEFORE) == found


@pytest.mark.parametrize("state", [("few", 1, True), ("few", 0, False)])
def test_a_load_released_or_replaced_is_looked_at_again(state: LoadState) -> None:
    before = Conformed("code", OLD | {("few", 0, True): 5}).identity
    assert Conformed("code", OLD | {state: 5}).few_new(before) == ["few"]


def test_a_table_is_made_whole_by_other_code_without_a_past_or_after_a_loss() -> None:
    now = Conformed("code", OLD | {("new", 0, True): 1})
    assert now.few_new(None) == []
    assert now.few_new(("other code", BEFORE[1])) == []
    assert now.few_new(Conformed("code", OLD | {("lost", 0, True): 1}).identity) == []
