"""Golden cases of shares, currencies, targets, bases and empty measures, by person."""

from datetime import date
from decimal import Decimal

import pytest

from tests.bonus.reference.calculation import converted
from tests.bonus.reference.company import Company
from tests.bonus.reference.days import Blocked
from tests.bonus.reference.settlement import due_of
from tests.golden.bonus_kit import (
    JUNE,
    MAY,
    calculate,
    entry_of,
    expected,
    golden,
    line,
    numbers,
    selling,
    settled,
    weighted,
)


def test_b_s1_owner_and_overlay_are_both_paid() -> None:
    owner, overlay, *_ = expected("B-S1")
    company = selling(500, 500, rate=Decimal("0.1"))
    company.employee("V")
    company.assign("V")
    for number in (0, 1):
        company.evidence("V", "revenue", MAY, f"I{number}", 500, credit_role="overlay")
    assert (line(company).earned, line(company, name="V").earned) == (owner, overlay)


def test_b_s5_owners_of_shares_that_do_not_sum_to_one_are_blocked_by_name() -> None:
    company = selling(100, rate=Decimal("0.1"))
    company.employee("L")
    company.assign("L")
    company.bill("L", "other", MAY, 100)
    for name, weight in (("key-K", 900000), ("UNASSIGNED", 100000)):
        company.rows["fct_credit_share"].append(
            {
                "account_key": "A", "employee_key": name, "employee_id": name,
                "credit_role": "owner", "valid_from": date(2025, 5, 10),
                "valid_to": date(2025, 5, 11), "weight": weight, "weight_total": 1000000,
                "members": 2,
            }
        )  # fmt: skip
    result = calculate(company.inputs(), MAY)
    assert [(block.employee_id, block.reason) for block in result.blocks] == [
        ("K", "shares_not_one")
    ]
    assert [(one.employee_key, one.due) for one in result.lines] == [("key-K", 0), ("key-L", 10)]


def test_b_f1_currencies_meet_at_the_plan_rate() -> None:
    own, foreign, rate, _ = numbers(golden("B-F1")["input"])
    company = Company()
    company.rate("USD", MAY, rate)
    amounts = [(own, "RUB"), (foreign, "USD")]
    assert converted(amounts, company.inputs(), MAY) == expected("B-F1")[0]
    company.rows.clear()
    with pytest.raises(Blocked, match="USD/RUB 2025-05-01"):
        converted(amounts, company.inputs(), MAY)


def test_a_salary_without_a_rate_blocks_its_person_only() -> None:
    company = Company(date(2025, 5, 31))
    company.plan()
    company.component(
        kind="weighted", weight=Decimal(1), target_source="value", target_value=Decimal(100)
    )
    for name, currency in (("A", "RUB"), ("B", "USD")):
        company.employee(name)
        company.assign(name)
        company.salary(name, 1000, currency=currency)
        company.bill(name, f"I{name}", MAY, 50)
    result = calculate(company.inputs(), MAY)
    assert [(block.employee_id, block.reason, block.detail) for block in result.blocks] == [
        ("B", "missing_rate", "USD/RUB 2025-05-01")
    ]
    assert result.line("key-A", "C").due == 500
    company.rate("USD", MAY, "2")
    assert line(company, name="B").due == 1000


def test_target_and_target_bonus_are_prorated_and_nothing_after() -> None:
    company = weighted("0.4")
    assert line(company, JUNE, code="A").earned == 600
    company.absence("K", "unpaid", "2025-06-21", "2025-06-30")
    company.absence("K", "unpaid", "2025-06-25", "2025-06-25")
    company.absence("K", "vacation", "2025-06-01", "2025-06-20")
    found = line(company, JUNE, code="A")
    assert found.after("attainment") == Decimal("0.75")
    assert found.earned == 600  # 0.4 × 3000 × 20/30 × 50 ÷ (100 × 20/30)


def test_a_missing_target_or_base_blocks_by_name() -> None:
    company = weighted("1", measure_window="month")
    company.rows["salary_base"].clear()
    (block,) = calculate(company.inputs(), JUNE).blocks
    assert (block.employee_id, block.reason) == ("K", "missing_base")
    company.salary("K", 3000)
    company.rows["bonus_component"][0]["target_source"] = "target"
    (block,) = calculate(company.inputs(), JUNE).blocks
    assert (block.reason, block.detail) == ("missing_target", "revenue 2025-06-01")
    company.target("K", "revenue", JUNE, 25)
    assert line(company, JUNE, code="A").due == 6000
    company.rows["target"][0]["approved_by"] = None
    assert line(company, JUNE, code="A").status == "blocked"


def test_a_manager_without_accounts_needs_no_plan() -> None:
    company = Company(date(2025, 6, 30))
    company.plan()
    company.employee("K")
    company.employee("M", is_kam=False)
    company.employee("gone", left_on=date(2025, 5, 31))
    found = calculate(company.inputs(), JUNE).blocks
    assert [(block.employee_id, block.reason) for block in found] == [("K", "missing_plan")]


@pytest.mark.parametrize(
    ("on_null", "first", "second"),
    [("redistribute", 0, 1500), ("target", 1200, 900), ("zero", 0, 900), ("hold", 0, 900)],
)
def test_without_history_on_null_decides(on_null: str, first: int, second: int) -> None:
    company = weighted("0.4", "0.6", on_null=on_null)
    company.rows["bonus_component"][0]["measure"] = "won_revenue"
    company.reasons["key-K", "won_revenue", JUNE] = "insufficient_history"
    found = [line(company, JUNE, code=code) for code in "AB"]
    assert [one.due for one in found] == [first, second]
    assert found[0].status == ("held" if on_null == "hold" else "due")


@pytest.mark.parametrize("reason", ["no_data", "table_absent", "rate_absent", "pending"])
def test_any_other_reason_holds_the_line(reason: str) -> None:
    company = weighted("0.4", "0.6", on_null="redistribute")
    company.rows["bonus_component"][0]["measure"] = "won_revenue"
    company.reasons["key-K", "won_revenue", JUNE] = reason
    found = line(company, JUNE, code="A")
    assert (found.status, found.reason, found.due) == ("held", reason, 0)
    assert line(company, JUNE, code="B").due == 900
    assert settled([due_of(found)], [entry_of(JUNE, 50, "A")], "2025-07").entries == ()


def test_redistribution_with_nobody_left_holds() -> None:
    company = weighted("1", on_null="redistribute")
    company.reasons["key-K", "revenue", JUNE] = "insufficient_history"
    assert line(company, JUNE, code="A").status == "held"


def test_a_score_pays_its_part_of_the_target_bonus() -> None:
    company = weighted("0.5")
    company.rows["bonus_component"][0] |= {"kind": "mbo", "target_source": None}
    assert line(company, JUNE, code="A").status == "held"
    company.personal(
        "score", "K", component="A", period=JUNE, score=Decimal("0.8"), approved_by="head"
    )
    assert line(company, JUNE, code="A").due == 1200


def test_a_measure_that_lags_is_that_of_the_month_before() -> None:
    company = selling(100, 200, rate=Decimal("0.1"), as_of="2025-06-30", measure_lag_months=1)
    found = line(company, JUNE)
    assert (found.earned, found.period_earned) == (30, JUNE)
    assert line(company, MAY).earned == 0


def test_a_version_with_another_lag_settles_its_months_apart() -> None:
    company = selling(100, rate=Decimal("0.1"), as_of="2025-06-30")
    company.rows["bonus_plan"][0]["valid_to"] = JUNE
    company.plan(version=2, valid_from=JUNE, base="none")
    company.component(version=2, rate=Decimal("0.1"), measure_lag_months=1)
    dues = [due_of(line(company, period)) for period in (MAY, JUNE)]
    assert [(due.period_earned, due.amount) for due in dues] == [(MAY, 10), (JUNE, 10)]
    first = settled(dues[:1], [])
    second = settled(dues, first.entries, "2025-06")
    assert [(entry.type, entry.amount) for entry in second.entries] == [("earning", 10)]


def test_a_year_is_trued_up_to_its_total() -> None:
    """Flat tiers: what May lifts to the second rate lifts the months before as well."""
    company = selling(
        600, month=date(2025, 4, 1), accumulation="cumulative_true_up", shape={"mode": "flat"},
        tier_rows=[(0, 1000, "0.1"), (1000, None, "0.2")],
    )  # fmt: skip
    company.bill("K", "second", MAY, 400)
    assert [line(company, month).earned for month in (date(2025, 4, 1), MAY)] == [60, 140]


def test_an_approved_adjustment_stands_beside_the_plan() -> None:
    company = selling(100, rate=Decimal("0.1"))
    for approver in ("head", None):
        company.personal(
            "manual_adjustment", "K", adjustment_id=str(approver), period=MAY,
            amount=Decimal("-3"), currency="RUB", reason="error", approved_by=approver,
        )  # fmt: skip
    assert line(company, code="manual_adjustment").due == -3
    assert line(company).due == 10


def test_of_two_salaries_on_a_day_the_later_one_counts() -> None:
    company = weighted("1")
    company.salary("K", 6000, valid_from=date(2025, 6, 16))  # the first one has no end
    assert line(company, JUNE, code="A").earned == Decimal("2250")  # half of 3000 and 6000


def test_two_plans_that_lack_the_same_thing_are_one_block() -> None:
    company = weighted("1")
    for code in ("P", "Q"):
        if code == "Q":
            company.plan("Q")
            company.component("A", "Q", kind="weighted", weight=Decimal(1), on_null="zero")
            company.assign("K", "Q")
        company.rows["bonus_component"][-1] |= {"target_source": "target", "target_value": None}
    found = {(b.reason, b.detail) for b in calculate(company.inputs(), JUNE).blocks}
    assert found == {("missing_target", "revenue 2025-06-01")}
