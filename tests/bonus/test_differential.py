"""The models against an independent reference over random plans, facts and months: to the kopeck."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from tests.bonus.differential import differences, shuffled, total_due
from tests.bonus.engine import Engine
from tests.bonus.random_story import Story, batch, stories

BUILDS = range(1, 21)
PEOPLE = 500


@pytest.mark.parametrize("seed", BUILDS)
def test_hundreds_of_plans_pay_what_the_reference_pays(engine: Engine, seed: int) -> None:
    """Every build has another policy, and people with plans of their own over two months."""
    told = batch(seed, PEOPLE, closes=2, is_contested=seed % 2 == 0)
    assert not differences(engine, told.closes[-1], told.periods)
    assert total_due(engine) != 0


@settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(told=stories(people=3, closes=4, is_contested=True))
def test_any_story_pays_what_the_reference_pays(engine: Engine, told: Story) -> None:
    assert not differences(engine, told.closes[-1], told.periods)


def test_the_order_of_rows_is_no_matter(engine: Engine) -> None:
    inputs, by = batch(5, 60, 3).closes[-1], Random(1)
    engine.calculate(inputs)
    tables = ("fct_bonus", "fct_bonus_line", "fct_bonus_event", "fct_bonus_block", "fct_bonus_draw")
    once = {name: engine.rows(f"select * from bonus.{name} order by all") for name in tables}
    engine.calculate(shuffled(inputs, by))
    assert once == {
        name: engine.rows(f"select * from bonus.{name} order by all") for name in tables
    }
