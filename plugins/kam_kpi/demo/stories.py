"""The planted stories by name. They are the same for every seed and size of the company."""

from functools import cache

from kam_kpi.demo import (
    stories_churn,
    stories_delivery,
    stories_money,
    stories_renewal,
    stories_sales,
)
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.story import ALL_OWNERS, KpiFact, OpenFact, QuarantineFact, Story, Told

__all__ = [
    "ALL_OWNERS",
    "KpiFact",
    "OpenFact",
    "QuarantineFact",
    "Story",
    "stories",
    "story",
    "story_facts",
]

_MODULES = (stories_renewal, stories_churn, stories_sales, stories_money, stories_delivery)


@cache
def _told() -> tuple[Told, ...]:
    return tuple(teller() for module in _MODULES for teller in module.TELLERS)


def stories() -> dict[str, Story]:
    """Every planted story by name."""
    return {told.name: told for told, _ in _told()}


def story(name: str) -> Story:
    """The story of that name. KeyError: there is none."""
    return stories()[name]


def story_facts() -> Facts:
    """Rows of all stories together."""
    result = Facts()
    for _, facts in _told():
        result.extend(facts)
    return result
