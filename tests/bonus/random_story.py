"""Random companies over several months with corrections, as rows of the input tables.

One generator for both uses: Hypothesis steers its choices (`stories()`), or a seed does
(`batch(seed)`, for hundreds of people at once, each with a plan of their own).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.bonus.random_choices import Choices, Facts
from tests.bonus.random_person import PersonWriter
from tests.bonus.reference.company import POLICY, Company
from tests.bonus.reference.inputs import Inputs

STARTS = (date(2024, 1, 1), date(2024, 2, 1), date(2024, 10, 1), date(2025, 3, 1))


@dataclass(frozen=True)
class Story:
    """What was known at the end of each month, oldest first."""

    closes: tuple[Inputs, ...]

    @property
    def periods(self) -> tuple[date, ...]:
        """The months closed."""
        return tuple(inputs.as_of.replace(day=1) for inputs in self.closes)


def policies_of(choose: Choices, facts: Facts) -> list[dict[str, Any]]:
    """One policy, or another from some month on."""
    shared = {
        "bonus_clawback_months": choose.one(12, 1, 3),
        "bonus_clawback_overdue_days": choose.one(None, None, 20, 60),
    }
    first = POLICY | shared
    if facts.closes < 2 or not choose.chance(15):
        return [first]
    change = facts.month(choose.number(1, facts.closes - 1))
    second = first | {
        "policy_version": "v2", "valid_from": change, "bonus_unpaid_absences": ["unpaid"],
    }  # fmt: skip
    return [first | {"valid_to": change}, second]


def story(by: Random, people: int, closes: int, is_contested: bool = False) -> Story:
    """A company of so many people over so many months.

    `is_contested` adds what bonus.md leaves open: fixed amounts of quarters, invoices written off
    in part, and manual adjustments.
    """
    choose = Choices(by)
    facts = Facts(choose.one(*STARTS), closes)
    names = [f"E{number:03}" for number in range(people)]
    for place, name in enumerate(names):
        peers = tuple(names[:place][-6:])
        PersonWriter(choose, facts, name, peers, is_contested).write()
    always = facts.known()
    for number in range(-2, closes):
        for team in sorted({str(row["team"]) for row in always.rows["dim_employee"]}):
            if choose.chance(25):
                most = 4000 * max(1, people // 2)
                always.pool(team, facts.month(number), choose.money(most))
        rate = None if choose.chance(10) else choose.decimal(500000, 1500000, 6)
        always.rate("USD", facts.month(number), rate)
    for name in names:
        if choose.chance(2):
            shares(always, name, facts.month(choose.number(0, closes - 1)))
    policies = policies_of(choose, facts)
    begins = facts.month(-11).replace(month=1)
    return Story(tuple(facts.inputs(close, policies, begins) for close in range(closes)))


def shares(company: Company, name: str, month: date) -> None:
    """A day on which the owners of an account of the person do not sum to 1."""
    for key, weight in ((f"key-{name}", 900000), ("UNASSIGNED", 100000)):
        company.rows["fct_credit_share"].append(
            {
                "account_key": f"A-{name}", "employee_key": key, "employee_id": key,
                "credit_role": "owner", "valid_from": month,
                "valid_to": month + timedelta(days=1), "weight": weight, "weight_total": 1000000,
                "members": 2,
            }
        )  # fmt: skip


def stories(
    people: int = 3, closes: int = 4, is_contested: bool = False
) -> st.SearchStrategy[Story]:
    """Small stories that Hypothesis steers and shrinks."""
    return st.builds(
        story,
        st.randoms(use_true_random=False),
        st.integers(1, people),
        st.integers(1, closes),
        st.just(is_contested),
    )


def batch(seed: int, people: int = 500, closes: int = 3, is_contested: bool = False) -> Story:
    """A large story of a seed: as many plans as people. The same seed gives the same rows."""
    return story(Random(seed), people, closes, is_contested)


def batches(seed: int, is_contested: bool = False) -> Iterator[tuple[int, Story]]:
    """Batches without an end, with the seed that gives each again."""
    while True:
        yield seed, batch(seed, is_contested=is_contested)
        seed += 1
