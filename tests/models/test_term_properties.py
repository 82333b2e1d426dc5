"""What holds for any history of contracts, in any order of its rows."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company
from tests.models.conftest import NewCompany
from tests.models.marts import Row

AS_OF = date(2026, 3, 31)
OUTCOMES = {"early", "on_time", "late_renewed", "pending", "churned"}
DAYS = st.integers(0, 900)
END = st.one_of(st.none(), st.integers(20, 800))
STATUS = st.sampled_from(["active", "active", "active", "terminated", "expired"])
VERSIONS = st.lists(
    st.fixed_dictionaries(
        {"after": st.integers(0, 200)},
        optional={
            "length": END, "amount_per_month": st.sampled_from([None, 0, 50, 120]),
            "auto_renew": st.booleans(), "status": STATUS, "notice_days": st.sampled_from([0, 60]),
            "is_noticed": st.booleans(),
        },
    ),
    max_size=4,
)  # fmt: skip
CONTRACTS = st.lists(
    st.tuples(DAYS, END, st.booleans(), st.sampled_from([None, 1, 6, 12]), VERSIONS),
    min_size=3, max_size=8,
)  # fmt: skip
POLICIES = st.fixed_dictionaries(
    {
        "renewal_due_by": st.sampled_from(["end", "notice_deadline"]),
        "renewal_evergreen": st.sampled_from(["anniversary", "never"]),
        "renewal_grace_days": st.sampled_from([0, 30, 60]),
        "renewal_min_term_months": st.sampled_from([1, 3, 6]),
    }
)


def change(start: date, on: date, drawn: Row) -> Row:
    """A later version as drawn."""
    row: Row = {
        name: value for name, value in drawn.items() if name not in ("after", "length", "is_noticed")
    }  # fmt: skip
    if "length" in drawn:
        length = drawn["length"]
        row["ends_on"] = None if length is None else start + timedelta(days=length)
    if "is_noticed" in drawn:
        row["notice_given_on"] = on if drawn["is_noticed"] else None
    return row | {"version_on": on}


def tell(company: Company, contracts: Any) -> None:
    """Contracts of two clients as drawn."""
    for account in ("A", "B"):
        company.account(account)
    for number, (days, length, auto, months, versions) in enumerate(contracts):
        start = date(2024, 1, 1) + timedelta(days=days)
        on, changes = start, []
        for drawn in versions:
            on += timedelta(days=drawn["after"])
            changes.append(change(start, on, drawn))
        company.contract(
            f"K{number}", "AB"[number % 2], *changes, starts_on=start, auto_renew=auto,
            ends_on=None if length is None else start + timedelta(days=length),
            renewal_term_months=months, amount_per_month=100 + number,
        )  # fmt: skip


def of_contract(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows by contract."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["contract_id"], []).append(row)
    return found


def check_terms(rows: list[Row]) -> None:
    """Terms of a contract follow each other, and each has an outcome that its dates bear out."""
    for terms in of_contract(rows).values():
        assert [term["term_no"] for term in terms] == list(range(1, len(terms) + 1))
        for one, other in pairwise(terms):
            assert other["starts_on"] == one["ends_on"] + timedelta(days=1)
        assert [term["is_last_term"] for term in terms] == [*[False] * (len(terms) - 1), True]
    for term in rows:
        assert term["starts_on"] <= term["due_on"] <= term["ends_on"]
        assert term["outcome"] in OUTCOMES
        assert term["is_renewed"] == (term["outcome"] in {"early", "on_time", "late_renewed"})
        assert (term["outcome"] == "pending") == (
            not term["is_renewed"] and term["grace_ends_on"] >= AS_OF
        )
        assert term["notice_on"] is None or term["notice_on"] <= term["ends_on"]
        if term["renewed_amount"] is not None:
            assert 0 <= term["renewed_amount"] <= (term["amount_per_month"] or 0)


def check_amounts(terms: list[Row], amounts: list[Row]) -> None:
    """Stretches cover each term once, and the last one is worth what is due."""
    for term in terms:
        stretches = [row for row in amounts if row["term_id"] == term["term_id"]]
        assert stretches[0]["valid_from"] == term["starts_on"]
        after = min(term["ends_on"], date.max - timedelta(days=1)) + timedelta(days=1)
        assert stretches[-1]["valid_to"] == after
        assert all(one["valid_to"] == other["valid_from"] for one, other in pairwise(stretches))
        assert stretches[-1]["amount"] == term["amount_per_month"]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    contracts=CONTRACTS, policy=POLICIES, random=st.randoms(use_true_random=False),
    links=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=5),
)  # fmt: skip
def test_terms_of_any_history_follow_each_other_and_have_one_outcome(
    new_company: NewCompany, contracts: Any, policy: Row, random: Any, links: set[tuple[int, int]]
) -> None:
    company = new_company(str(AS_OF))
    company.policy(**policy)
    tell(company, contracts)
    for old, new in links:
        company.add("contract_renewal", old_contract_id=f"K{old}", new_contract_id=f"K{new}")
    marts = {
        "fct_contract_term": "contract_id, term_no", "int_term_amount": "term_id, valid_from",
        "fct_term_renewal": "old_term_id, new_term_id",
    }  # fmt: skip
    found = {mart: company.rows(mart, order=order) for mart, order in marts.items()}
    check_terms(found["fct_contract_term"])
    check_amounts(found["fct_contract_term"], found["int_term_amount"])
    company.build("fct_kpi_evidence")
    due = company.marts.rows(
        "select record_id from kpi.fct_kpi_evidence"
        " where kpi_code = 'renewal_rate_count' and \"window\" = 'month' order by all"
    )
    assert [row["record_id"] for row in due] == sorted(
        row["term_id"] for row in found["fct_contract_term"] if row["due_on"] <= AS_OF
    )
    for rows in company.tables.values():
        random.shuffle(rows)
    assert {mart: company.rows(mart, order=order) for mart, order in marts.items()} == found
