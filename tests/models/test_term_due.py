"""When a term is due: by its end or its deadline of notice, and for evergreen contracts."""

from typing import Any

import pytest

from tests.models.company import Company, day
from tests.models.conftest import NewCompany
from tests.models.marts import Row

YEAR = {"starts_on": "2025-01-01", "ends_on": "2025-12-31", "amount_per_month": 100}
DEFAULTS: Row = {
    "renewal_due_by": "end", "renewal_evergreen": "anniversary", "renewal_grace_days": 30,
    "renewal_min_term_months": 3,
}  # fmt: skip


def version(on: str, **changes: Any) -> Row:
    """Changes recorded on a day."""
    dated = {"ends_on", "terminated_on"} & set(changes)
    return {"version_on": day(on)} | changes | {name: day(changes[name]) for name in dated}


def by_deadline(new_company: NewCompany, as_of: str = "2026-12-31") -> Company:
    """A company whose terms are due on the deadline of notice; client A of K."""
    company = new_company(as_of)
    company.policy(renewal_due_by="notice_deadline")
    company.account("A")
    company.owner("A", "K")
    return company


def due(company: Company) -> dict[str, str]:
    """Day on which each term is due; its month is that of the day."""
    rows = company.rows("fct_contract_term")
    assert all(row["due_period"] == row["due_on"].replace(day=1) for row in rows)
    return {row["term_id"]: str(row["due_on"]) for row in rows}


def ends(company: Company, contract_id: str = "K") -> list[str]:
    """Last day of each term of a contract."""
    rows = company.rows("fct_contract_term", order="term_no", contract_id=contract_id)
    return [str(row["ends_on"]) for row in rows]


NOTICE_DAYS = {None: "2025-12-31", 0: "2025-12-31", 1: "2025-12-30", 30: "2025-12-01", 31: "2025-11-30"}  # fmt: skip


@pytest.mark.parametrize("due_by", ["end", "notice_deadline"])
def test_a_term_is_due_on_its_end_or_on_its_deadline_of_notice(
    new_company: NewCompany, due_by: str
) -> None:
    company = new_company()
    company.policy(renewal_due_by=due_by)
    company.account("A")
    for days in NOTICE_DAYS:
        company.contract(str(days), "A", **YEAR, notice_days=days)
    by_end = dict.fromkeys(NOTICE_DAYS, "2025-12-31")
    expected = by_end if due_by == "end" else NOTICE_DAYS
    assert due(company) == {f"{days}/1": on for days, on in expected.items()}


def test_a_deadline_before_the_term_is_its_first_day(new_company: NewCompany) -> None:
    company = by_deadline(new_company, "2025-04-10")
    monthly = {"ends_on": "2025-01-31", "auto_renew": True, "renewal_term_months": 1}
    company.contract("K", "A", **YEAR | monthly, notice_days=45)
    found = due(company)
    assert found["K/2"] == "2025-02-01"
    assert found["K/3"] == "2025-03-01"


def test_a_term_terminated_early_is_due_when_it_ends(new_company: NewCompany) -> None:
    company = by_deadline(new_company)
    ended = version("2025-12-10", status="terminated", terminated_on="2025-12-20")
    company.contract("K", "A", ended, **YEAR, notice_days=60)
    assert due(company) == {"K/1": "2025-12-20"}


@pytest.mark.parametrize(
    ("recorded_on", "days", "expected"),
    [
        ("2025-10-31", 0, "2025-12-31"),
        ("2025-11-01", 0, "2025-12-31"),
        ("2025-11-02", 0, "2025-11-01"),  # the deadline of 60 days has passed
        ("2025-11-20", 90, "2025-11-01"),
        ("2025-10-15", 90, "2025-10-15"),  # 2 October has passed when the 90 days are agreed
    ],
)
def test_a_deadline_that_has_passed_is_not_moved(
    new_company: NewCompany, recorded_on: str, days: int, expected: str
) -> None:
    company = by_deadline(new_company)
    company.contract("K", "A", version(recorded_on, notice_days=days), **YEAR, notice_days=60)
    assert due(company) == {"K/1": expected}


def test_the_deadline_of_the_next_term_does_not_move_that_of_the_old_one(
    new_company: NewCompany,
) -> None:
    company = by_deadline(new_company)
    longer = version("2025-08-01", ends_on="2026-12-31", notice_days=10)
    company.contract("K", "A", longer, **YEAR, notice_days=60)
    assert due(company) == {"K/1": "2025-11-01", "K/2": "2026-12-21"}


@pytest.mark.parametrize(
    ("signed_on", "outcome", "on_time"),
    [
        ("2025-10-31", "early", 1),
        ("2025-11-01", "on_time", 1),
        ("2025-12-31", "on_time", 1),
        ("2026-01-01", "late_renewed", 0),
        ("2026-01-30", "late_renewed", 0),
        ("2026-01-31", "churned", 0),
    ],
)
def test_on_time_and_grace_go_by_the_end_though_the_deadline_decides_the_month(
    new_company: NewCompany, signed_on: str, outcome: str, on_time: int
) -> None:
    company = by_deadline(new_company)
    company.contract("K", "A", **YEAR, notice_days=60)
    company.contract("N", "A", starts_on="2026-01-01", ends_on="2026-12-31", signed_on=signed_on)
    company.add("contract_renewal", old_contract_id="K", new_contract_id="N")
    assert company.rows("fct_contract_term", contract_id="K")[0]["outcome"] == outcome
    assert company.value("renewal_on_time_share", "2025-11", "K") == on_time
    assert company.kpi("renewal_rate_count", "2025-12", "K")["reason"] == "zero_denominator"


@pytest.mark.parametrize(
    ("as_of", "reason"),
    [("2025-11-30", "pending"), ("2026-01-30", "pending"), ("2026-01-31", None)],
)
def test_a_term_is_pending_from_its_deadline_until_grace_after_its_end(
    new_company: NewCompany, as_of: str, reason: str | None
) -> None:
    company = by_deadline(new_company, as_of)
    company.contract("K", "A", **YEAR, notice_days=60)
    row = company.kpi("renewal_rate_value", "2025-11", "K")
    assert (row["value"], row["denominator"], row["reason"]) == (0, 100, reason)


@pytest.mark.parametrize(("policy", "count"), [("anniversary", 4), ("never", 1)])
def test_an_evergreen_contract_has_anniversaries_or_none(
    new_company: NewCompany, policy: str, count: int
) -> None:
    company = new_company("2027-06-30")
    company.policy(renewal_evergreen=policy)
    company.account("A")
    company.owner("A", "K")
    company.contract("K", "A", starts_on="2024-03-15", amount_per_month=100)
    assert len(ends(company)) == count
    if policy == "never":
        (term,) = company.rows("fct_contract_term")
        assert str(term["ends_on"]) == str(term["due_on"]) == "9999-12-31"
        assert (term["outcome"], str(term["active_to"])) == ("pending", "9999-12-31")
        row = company.kpi("renewal_rate_count", "2025-03", "K")
        assert (row["value"], row["reason"]) == (None, "zero_denominator")
        (stretch,) = company.rows("int_term_amount")
        assert (stretch["amount"], str(stretch["valid_to"])) == (100, "9999-12-31")


def test_an_evergreen_contract_that_is_never_due_is_lost_when_it_is_terminated(
    new_company: NewCompany,
) -> None:
    company = new_company()
    company.policy(renewal_evergreen="never")
    company.account("A")
    company.owner("A", "K")
    noticed = version("2026-03-01", notice_given_on=day("2026-03-01"), notice_days=30)
    company.contract("K", "A", noticed, starts_on="2025-01-01", amount_per_month=100)
    assert ends(company) == ["2026-03-31"]
    row = company.kpi("renewal_rate_value", "2026-03", "K")
    assert (row["numerator"], row["denominator"]) == (0, 100)
    assert company.value("terminations_count", "2026-03", "K") == 1


def test_an_end_agreed_for_an_evergreen_contract_is_due_though_anniversaries_are_not(
    new_company: NewCompany,
) -> None:
    company = new_company()
    company.policy(renewal_evergreen="never")
    company.account("A")
    fixed = version("2025-09-01", ends_on="2026-06-30")
    company.contract("K", "A", fixed, starts_on="2024-01-01", amount_per_month=100)
    assert due(company) == {"K/1": "2026-06-30"}


@pytest.mark.parametrize(
    ("starts_on", "expected"),
    [
        # the day before the anniversary decides: 30 April is due under the first version
        ("2024-05-01", ["2025-04-30", "9999-12-31"]),
        ("2024-05-02", ["9999-12-31"]),
        ("2023-05-02", ["2024-05-01", "9999-12-31"]),
    ],
)
def test_anniversaries_end_with_the_policy_that_has_them(
    new_company: NewCompany, starts_on: str, expected: list[str]
) -> None:
    company = new_company()
    company.policy_from("2025-05", "v2", renewal_evergreen="never")
    company.account("A")
    company.contract("K", "A", starts_on=starts_on, amount_per_month=100)
    assert ends(company) == expected


@pytest.mark.parametrize(
    ("starts_on", "first"),
    [("2024-05-01", "2026-04-30"), ("2024-05-02", "2025-05-01"), ("2024-06-01", "2025-05-31")],
)
def test_anniversaries_begin_with_the_policy_that_has_them(
    new_company: NewCompany, starts_on: str, first: str
) -> None:
    company = new_company()
    company.policy(renewal_evergreen="never")
    company.policy_from("2025-05", "v2", renewal_evergreen="anniversary")
    company.account("A")
    company.contract("K", "A", starts_on=starts_on, amount_per_month=100)
    assert ends(company)[0] == first


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # the deadline is 2 November, the end 31 December
        ("end", "notice_deadline", "2025-12-01"),  # no deadline held in November
        ("notice_deadline", "end", "2025-11-02"),  # it was due before the policy changed
    ],
)
def test_a_policy_version_makes_no_term_due_before_it_begins(
    new_company: NewCompany, before: str, after: str, expected: str
) -> None:
    company = new_company()
    company.policy(renewal_due_by=before)
    company.policy_from("2025-12", "v2", renewal_due_by=after)
    company.account("A")
    company.contract("K", "A", **YEAR, notice_days=59)
    assert due(company) == {"K/1": expected}


def test_grace_and_minimum_are_those_of_the_day_on_which_a_term_is_due(
    new_company: NewCompany,
) -> None:
    # due in November with 60 days of grace and a month; in December 10 days and six months hold
    company = by_deadline(new_company)
    company.policy(renewal_grace_days=60, renewal_min_term_months=1)
    company.policy_from("2025-12", "v2", renewal_grace_days=10, renewal_min_term_months=6)
    company.contract("K", "A", version("2026-01-20", ends_on="2026-01-31"), **YEAR, notice_days=59)
    company.contract("E", "A", version("2026-01-20", ends_on="2026-01-31"), **YEAR, notice_days=30)
    rows = {row["term_id"]: row for row in company.rows("fct_contract_term")}
    assert str(rows["K/1"]["grace_ends_on"]) == "2026-03-01"
    assert (rows["K/1"]["outcome"], rows["K/1"]["is_renewed_full_term"]) == ("late_renewed", True)
    assert str(rows["E/1"]["ends_on"]) == "2026-01-31"
    assert set(rows) == {"K/1", "K/2", "E/1"}


@pytest.mark.parametrize(
    "changed",
    [
        {"renewal_due_by": "notice_deadline"},
        {"renewal_evergreen": "never"},
        {"renewal_grace_days": 0},
        {"renewal_min_term_months": 1},
        {"renewal_min_term_months": 12},
    ],
)
def test_no_policy_version_changes_a_month_before_it(new_company: NewCompany, changed: Row) -> None:
    other = DEFAULTS | changed
    for before, after in ((DEFAULTS, other), (other, DEFAULTS)):
        known = months_before(new_company, before)
        assert len(known) > 1000
        assert months_before(new_company, before, after) == known


def months_before(new_company: NewCompany, policy: Row, later: Row | None = None) -> list[Row]:
    """Evidence of renewals and amounts before 2026, when the later policy begins."""
    company = new_company("2026-12-31")
    company.policy(**policy)
    if later:
        company.policy_from("2026-01", "v2", **later)
    company.account("A")
    company.owner("A", "K")
    add_contracts(company)
    company.build("fct_kpi_evidence", "int_term_amount")
    evidence = company.marts.rows(
        """
        select * from kpi.fct_kpi_evidence where period < '2026-01-01' and kpi_code in (
            'renewal_rate_value', 'renewal_rate_count', 'renewals_count', 'terminations_count',
            'renewal_on_time_share', 'winback_amount'
        ) order by all
        """
    )
    amounts = company.marts.rows(
        """
        select contract_id, day, sum(amount) as amount
        from core.int_term_amount, range(date '2024-01-01', date '2026-01-01', interval 5 day) as d (day)
        where day >= valid_from and day < valid_to
        group by all order by all
        """
    )
    return evidence + amounts


def add_contracts(company: Company) -> None:
    """Contracts of each kind that end around the turn of the year 2025."""
    for month in (1, 2, 9, 11, 12):
        start = f"2024-{month:02}-11"
        company.contract(
            f"evergreen {month}", "A", version("2025-11-20", amount_per_month=130),
            starts_on=start, amount_per_month=100, notice_days=50,
        )  # fmt: skip
        company.contract(
            f"auto {month}", "A", version("2025-11-20", amount_per_month=130), starts_on=start,
            ends_on="2025-01-31", amount_per_month=100, notice_days=50, auto_renew=True,
            renewal_term_months=month,
        )  # fmt: skip
    for number, last in enumerate(("2025-11-30", "2025-12-31", "2026-01-31", "2026-02-28")):
        first = {"starts_on": "2024-12-01", "ends_on": last, "amount_per_month": 70}
        for months, end in ((2, "2026-04-10"), (6, "2026-08-31")):
            for on in ("2025-11-15", "2025-12-20", "2026-01-20"):
                changed = version(on, ends_on=end, amount_per_month=75)
                name = f"moved {number} {months} {on}"
                company.contract(name, "A", changed, **first, notice_days=50)
        company.contract(f"old {number}", "A", **first, notice_days=50)
        company.contract(
            f"new {number}", "A", starts_on="2026-03-01", ends_on="2026-12-31", amount_per_month=50,
            signed_on=f"2025-12-{number + 10}",
        )  # fmt: skip
        company.add(
            "contract_renewal", old_contract_id=f"old {number}", new_contract_id=f"new {number}"
        )
