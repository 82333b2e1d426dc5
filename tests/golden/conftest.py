"""Every golden case runs through the reference, which tests alone have, and through the product."""

from collections.abc import Iterator
from typing import Any

import pytest

from kam_kpi.bonus import settlement as product
from tests.bonus.engine import Engine
from tests.bonus.reference import settlement as reference
from tests.bonus.reference.calculation import calculate
from tests.golden.bonus_kit import Way


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Compiled bonus models on an in-memory database."""
    return Engine(tmp_path_factory.mktemp("bonus"))


@pytest.fixture(autouse=True, params=["reference", "product"])
def way(request: pytest.FixtureRequest, engine: Engine) -> Iterator[None]:
    """The implementation of a test."""
    if request.param == "product":
        Way.calculate, Way.settle = engine.result, settle_by_product
    yield
    Way.calculate, Way.settle = calculate, reference.settle


def settle_by_product(due: reference.DueSheet, posted: Any) -> reference.Settlement:
    """The product's settlement in the reference's types."""
    sheet = product.DueSheet(
        due.period,
        tuple(product.Due(**vars(one)) for one in due.dues),
        tuple(product.Draw(d.employee_key, d.period, d.kind, d.amount) for d in due.draws),
        due.restate_months, due.restate_min_amount, due.first_period, due.left, due.blocked,
    )  # fmt: skip
    found = product.settle(sheet, [product.Entry(**vars(entry)) for entry in posted])
    lists = {
        name: tuple(reference.Posted(**vars(entry)) for entry in getattr(found, name))
        for name in ("entries", "out_of_window", "carried", "small")
    }
    return reference.Settlement(**lists, balances=found.balances, leavers=found.leavers)
