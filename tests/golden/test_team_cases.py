"""The golden cases of the team roll-up, through the models: a head is credited a record once."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest

from tests.bonus.engine import Engine
from tests.bonus.reference.company import Company
from tests.golden.bonus_kit import MAY, expected, golden, numbers

JUNE = date(2025, 6, 1)
Position = tuple[str, str | None, date, date | None]
"""Employee, manager, valid_from and valid_to."""


@pytest.fixture(autouse=True)
def way() -> None:
    """Through the models alone: the reference knows no teams."""


def selling_team(*people: str) -> Company:
    """M has a plan of 10 % on revenue; nobody else has one."""
    company = Company(date(2025, 6, 30))
    company.plan(base="none")
    company.component(rate=Decimal("0.1"))
    for name in people:
        company.employee(name, is_kam=name != "M")
    company.assign("M")
    return company


def credited(
    engine: Engine, company: Company, positions: Iterable[Position], period: date = MAY
) -> Decimal:
    """What the head is credited with: the measure of the bonus."""
    engine.connection.execute("delete from conformed.employee_position")
    for name, manager, start, end in positions:
        engine.connection.execute(
            """
            insert into conformed.employee_position by name select
                's' as source, ? as employee_id, 's' as employee_source, ? as manager_id,
                's' as manager_source, ?::date as valid_from, ?::date as valid_to
            """,
            [name, manager, start, end],
        )
    try:
        engine.calculate(company.inputs())
        [row] = engine.rows(
            "select amount from bonus.fct_bonus_line where employee_key = 'key-M'"
            f" and step = 'measure' and period = '{period}'"
        )
    finally:
        engine.connection.execute("delete from conformed.employee_position")
    return Decimal(row["amount"])


def below(*names: str) -> list[Position]:
    return [(name, "M", date(2020, 1, 1), None) for name in names]


def test_b_s1_two_lines_credited_twice_are_the_order_once(engine: Engine) -> None:
    lines = numbers(golden("B-S1")["input"].split(";")[0])
    *_, once, _ = expected("B-S1")
    company = selling_team("K", "V", "M")
    for number, net in enumerate(lines):
        company.bill("K", f"I{number}", MAY, net)
        company.evidence("V", "revenue", MAY, f"I{number}", net, credit_role="overlay")
    assert sum(lines) == once
    assert credited(engine, company, below("K", "V")) == once


def test_b_s11_an_order_credited_to_two_of_the_team_is_one(engine: Engine) -> None:
    company = selling_team("K", "V", "M")
    company.bill("K", "X", MAY, 700)
    company.evidence("V", "revenue", MAY, "X", 700, credit_role="overlay")
    assert credited(engine, company, below("K", "V")) == 700
    # the one outside the team takes nothing of it
    assert credited(engine, company, below("K")) == 700


def test_what_the_head_owns_counts_once_too(engine: Engine) -> None:
    company = selling_team("K", "M")
    for name, share in (("K", "0.6"), ("M", "0.4")):
        part = 100 * Decimal(share)
        company.evidence(name, "revenue", MAY, "X", part, share=Decimal(share))
    company.evidence("K", "revenue", MAY, "Y", 50)
    company.evidence("M", "revenue", MAY, "Y", 50, credit_role="overlay")
    assert credited(engine, company, below("K")) == 150


@pytest.mark.parametrize(
    ("leaves", "may", "june"),
    [(date(2025, 5, 31), 0, 0), (date(2025, 6, 1), 100, 0), (date(2025, 6, 30), 100, 0),
     (date(2025, 7, 1), 100, 30)],
)  # fmt: skip
def test_the_team_is_that_of_the_month_s_last_day(
    engine: Engine, leaves: date, may: int, june: int
) -> None:
    company = selling_team("K", "M")
    company.bill("K", "I", MAY, 100)
    company.bill("K", "J", JUNE, 30)
    positions = [("K", "M", date(2020, 1, 1), leaves), ("K", None, leaves, None)]
    assert credited(engine, company, positions) == may
    assert credited(engine, company, positions, JUNE) == june


def test_a_head_of_heads_has_both_levels_and_circles_end(engine: Engine) -> None:
    company = selling_team("K", "L", "M")
    company.bill("K", "I", MAY, 100)
    company.bill("L", "J", MAY, 10)
    start = date(2020, 1, 1)
    assert credited(engine, company, [("K", "L", start, None), ("L", "M", start, None)]) == 110
    circle = [("K", "L", start, None), ("L", "M", start, None), ("M", "K", start, None)]
    assert credited(engine, company, circle) == 110
