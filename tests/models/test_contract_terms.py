"""Terms of contracts: where they begin, end and are signed, and what renews them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company, day
from tests.models.conftest import NewCompany
from tests.models.marts import Row

HALF_YEAR = {"starts_on": "2025-01-01", "ends_on": "2025-06-30", "amount_per_month": 100}


def spans(company: Company) -> dict[str, list[tuple[date, date]]]:
    """First and last day of the terms of each contract."""
    found: dict[str, list[tuple[date, date]]] = {}
    for row in company.rows("fct_contract_term", order="contract_id, term_no"):
        found.setdefault(row["contract_id"], []).append((row["starts_on"], row["ends_on"]))
    return found


def terms(company: Company) -> dict[str, Row]:
    """Terms by their identifier."""
    return {row["term_id"]: row for row in company.rows("fct_contract_term")}


def days(*pairs: str) -> list[tuple[date, date]]:
    """`2025-01-01 2025-06-30` as two dates."""
    return [(day(first), day(last)) for first, last in (pair.split() for pair in pairs)]


def test_a_later_end_is_a_renewal_signed_on_its_version_date(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.account("A")
    longer = {"version_on": day("2025-06-10"), "ends_on": day("2025-12-31")}
    company.contract("K", "A", longer | {"amount_per_month": 120}, **HALF_YEAR)
    first, second = company.rows("fct_contract_term", order="term_no")
    assert (first["starts_on"], first["ends_on"]) == (day("2025-01-01"), day("2025-06-30"))
    assert (second["starts_on"], second["ends_on"]) == (day("2025-07-01"), day("2025-12-31"))
    assert (first["signed_on"], second["signed_on"]) == (day("2025-01-01"), day("2025-06-10"))
    assert first["renewed_on"] == day("2025-06-10")
    assert (first["amount_per_month"], second["amount_per_month"]) == (100, 120)
    assert (first["renewed_amount"], first["is_on_time"]) == (100, True)


@pytest.mark.parametrize(
    ("recorded_on", "outcome", "renewed"),
    [
        ("2025-06-30", "on_time", 100), ("2025-07-01", "late_renewed", 100),
        ("2025-07-29", "late_renewed", 100), ("2025-07-30", "late_renewed", 100),
        ("2025-07-31", "churned", 0),
    ],
)  # fmt: skip
def test_a_later_end_recorded_after_the_old_one_is_late(
    new_company: NewCompany, recorded_on: str, outcome: str, renewed: int
) -> None:
    company = new_company("2026-12-31")
    company.account("A")
    longer = {"version_on": day(recorded_on), "ends_on": day("2026-06-30")}
    company.contract("K", "A", longer, **HALF_YEAR)
    first = terms(company)["K/1"]
    assert (first["outcome"], first["renewed_amount"]) == (outcome, renewed)
    (link,) = company.rows("fct_term_renewal")
    assert (link["is_within_grace"], link["amount"]) == (outcome != "churned", 100)


def test_an_extension_below_the_minimum_only_moves_the_end(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.account("A")
    ends = {
        # March, April and May are three months, although 28 May is "28 February + 3 months"
        "2025-02-28": ("2025-05-28", "2025-05-30", "2025-05-31", "2025-06-01"),
        "2025-04-15": ("2025-04-16", "2025-07-14", "2025-07-15", "2025-07-16"),
    }
    for first_end, later in ends.items():
        for end in later:
            change = {"version_on": day("2025-02-01"), "ends_on": day(end)}
            company.contract(
                f"{first_end} {end}", "A", change,
                starts_on="2024-03-01", ends_on=first_end, amount_per_month=100,
            )  # fmt: skip
    found = {name: len(parts) for name, parts in spans(company).items()}
    assert found == {
        "2025-02-28 2025-05-28": 1, "2025-02-28 2025-05-30": 1,
        "2025-02-28 2025-05-31": 2, "2025-02-28 2025-06-01": 2,
        "2025-04-15 2025-04-16": 1, "2025-04-15 2025-07-14": 1,
        "2025-04-15 2025-07-15": 2, "2025-04-15 2025-07-16": 2,
    }  # fmt: skip
    assert spans(company)["2025-04-15 2025-07-14"] == days("2024-03-01 2025-07-14")
    assert terms(company)["2025-04-15 2025-07-14/1"]["due_period"] == day("2025-07")


def test_the_minimum_term_is_a_parameter(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.policy(renewal_min_term_months=6)
    company.account("A")
    change = {"version_on": day("2025-06-01"), "ends_on": day("2025-11-30")}
    company.contract("K", "A", change, **HALF_YEAR)
    assert spans(company)["K"] == days("2025-01-01 2025-11-30")


def test_each_auto_renewal_is_the_next_term(new_company: NewCompany) -> None:
    company = new_company("2026-06-15")
    company.account("A")
    auto = {"auto_renew": True, "amount_per_month": 100}
    company.contract(
        "year", "A", starts_on="2024-01-01", ends_on="2024-12-31", renewal_term_months=12, **auto
    )
    # six months after February end on the last of August, not on the 28th
    company.contract(
        "half", "A", starts_on="2024-09-01", ends_on="2025-02-28", renewal_term_months=6, **auto
    )
    company.contract("plain", "A", **HALF_YEAR)
    assert spans(company) == {
        "year": days("2024-01-01 2024-12-31", "2025-01-01 2025-12-31", "2026-01-01 2026-12-31"),
        "half": days(
            "2024-09-01 2025-02-28", "2025-03-01 2025-08-31", "2025-09-01 2026-02-28",
            "2026-03-01 2026-08-31",
        ),
        "plain": days("2025-01-01 2025-06-30"),
    }  # fmt: skip
    found = terms(company)
    assert [found[f"year/{n}"]["outcome"] for n in (1, 2, 3)] == ["on_time", "on_time", "pending"]
    assert [found[f"year/{n}"]["renewed_amount"] for n in (1, 2, 3)] == [100, 100, 0]


def test_a_notice_ends_the_chain_of_auto_renewals(new_company: NewCompany) -> None:
    company = new_company("2027-06-15")
    company.account("A")
    # 60 days before 31 December 2025 is 1 November
    for given_on in ("2025-10-31", "2025-11-01", "2025-11-02"):
        notice = {"version_on": day(given_on), "notice_given_on": day(given_on)}
        company.contract(
            given_on, "A", notice, starts_on="2024-01-01", ends_on="2024-12-31", auto_renew=True,
            renewal_term_months=12, notice_days=60, amount_per_month=100,
        )  # fmt: skip
    found = spans(company)
    two = days("2024-01-01 2024-12-31", "2025-01-01 2025-12-31")
    assert found["2025-10-31"] == found["2025-11-01"] == two
    assert found["2025-11-02"] == [*two, *days("2026-01-01 2026-12-31")]
    assert terms(company)["2025-11-01/2"]["outcome"] == "churned"


def test_evergreen_terms_end_before_each_anniversary(new_company: NewCompany) -> None:
    company = new_company("2028-03-15")
    company.account("A")
    company.contract("leap", "A", starts_on="2024-02-29", amount_per_month=100)
    company.contract("plain", "A", starts_on="2026-03-15", amount_per_month=100)
    assert spans(company) == {
        # the anniversary of 29 February is 28 February, and again the 29th in a leap year
        "leap": days(
            "2024-02-29 2025-02-27", "2025-02-28 2026-02-27", "2026-02-28 2027-02-27",
            "2027-02-28 2028-02-28", "2028-02-29 2029-02-27",
        ),
        "plain": days(
            "2026-03-15 2027-03-14", "2027-03-15 2028-03-14", "2028-03-15 2029-03-14"
        ),
    }  # fmt: skip
    found = terms(company)
    assert found["leap/4"]["due_period"] == day("2028-02")
    assert found["leap/4"]["outcome"] == "on_time"


def test_early_termination_is_due_in_its_month(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    ended = {
        "version_on": day("2025-05-10"), "status": "terminated", "terminated_on": day("2025-05-20"),
    }  # fmt: skip
    year = {"starts_on": "2025-01-01", "ends_on": "2025-12-31", "amount_per_month": 100}
    for account in ("lost", "linked", "followed"):
        company.account(account)
        company.contract(account, account, ended, **year)
    after = {"starts_on": "2025-06-01", "ends_on": "2025-11-30", "amount_per_month": 70}
    company.contract("linked-new", "linked", signed_on="2025-05-20", **after)
    company.add("contract_renewal", old_contract_id="linked", new_contract_id="linked-new")
    company.contract("followed-new", "followed", signed_on="2025-05-25", **after)
    found = terms(company)
    for account in ("lost", "linked", "followed"):
        term = found[f"{account}/1"]
        assert (term["ends_on"], term["due_period"]) == (day("2025-05-20"), day("2025-05"))
        assert term["is_terminated_early"]
    renewed = {a: found[f"{a}/1"]["renewed_amount"] for a in ("lost", "linked", "followed")}
    assert renewed == {"lost": 0, "linked": 70, "followed": 70}


def test_termination_on_the_last_day_is_not_early(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.account("A")
    for last in ("2025-06-29", "2025-06-30", "2025-07-01"):
        ended = {
            "version_on": day("2025-06-01"),
            "status": "terminated",
            "terminated_on": day(last),
        }
        company.contract(last, "A", ended, **HALF_YEAR)
    found = {
        name: (row["ends_on"], row["is_terminated_early"]) for name, row in terms(company).items()
    }
    assert found == {
        "2025-06-29/1": (day("2025-06-29"), True), "2025-06-30/1": (day("2025-06-30"), False),
        "2025-07-01/1": (day("2025-06-30"), False),
    }  # fmt: skip


def add_successor(company: Company, name: str, product: str | None, **new: Any) -> None:
    """An account of its own with an old contract for product P and a later one."""
    company.account(name)
    company.contract(f"{name}-old", name, product_id="P", **HALF_YEAR)
    values = {"starts_on": "2025-07-01", "signed_on": "2025-06-20", "amount_per_month": 90} | new
    company.contract(f"{name}-new", name, product_id=product, ends_on="2026-06-30", **values)


def test_without_a_link_the_same_account_and_family_renews(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.product("P", "F")
    company.product("P2", "F")
    company.product("Q", "G")
    add_successor(company, "same", "P")
    add_successor(company, "family", "P2")
    add_successor(company, "frame", None)
    add_successor(company, "other", "Q")
    add_successor(company, "draft", "P", status="draft")
    for start in ("2025-07-29", "2025-07-30", "2025-07-31"):
        add_successor(company, start, "P", starts_on=start)
    company.account("stranger")
    company.contract("stranger", "stranger", product_id="P", **HALF_YEAR)
    found = terms(company)
    renewed = {
        row["contract_id"].removesuffix("-old"): row["renewed_amount"]
        for row in found.values()
        if not row["contract_id"].endswith("-new")
    }
    assert renewed == {
        "same": 90, "family": 90, "frame": 90, "other": 0, "draft": 0, "stranger": 0,
        "2025-07-29": 90, "2025-07-30": 90, "2025-07-31": 0,
    }  # fmt: skip


def test_a_link_takes_the_place_of_account_and_family(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.product("P", "F")
    company.product("Q", "G")
    # of two later contracts only the linked one counts, whatever its family
    add_successor(company, "A", "P", amount_per_month=90)
    company.contract(
        "A-linked", "A", product_id="Q", starts_on="2025-07-01", signed_on="2025-06-20",
        ends_on="2026-06-30", amount_per_month=40,
    )  # fmt: skip
    company.add("contract_renewal", old_contract_id="A-old", new_contract_id="A-linked")
    assert terms(company)["A-old/1"]["renewed_amount"] == 40


def test_many_to_many_by_value_up_to_the_old_amount(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    groups: dict[str, tuple[list[Any], list[Any]]] = {
        "two-one": ([100, 300], [200]),
        "one-two": ([100], [70, 20]),
        "one-two-cap": ([100], [70, 60]),
        "two-two": ([100, 300], [100, 220]),
        "thirds": ([1, 1, 1], [1]),
    }
    year = {"ends_on": "2026-06-30", "starts_on": "2025-07-01", "signed_on": "2025-06-20"}
    for name, (old, new) in groups.items():
        company.account(name)
        for i, amount in enumerate(old):
            company.contract(f"{name}-o{i}", name, **HALF_YEAR | {"amount_per_month": amount})
        for j, amount in enumerate(new):
            company.contract(f"{name}-n{j}", name, amount_per_month=amount, **year)
            for i in range(len(old)):
                company.add(
                    "contract_renewal", old_contract_id=f"{name}-o{i}",
                    new_contract_id=f"{name}-n{j}",
                )  # fmt: skip
    found = terms(company)
    renewed = {
        name: [found[f"{name}-o{i}/1"]["renewed_amount"] for i in range(len(old))]
        for name, (old, _) in groups.items()
    }
    assert renewed["two-one"] == [50, 150]
    assert renewed["one-two"] == [90]
    assert renewed["one-two-cap"] == [100]
    assert renewed["two-two"] == [80, 240]
    assert sum(renewed["thirds"]) == 1
    assert set(renewed["thirds"]) == {Decimal("0.3333"), Decimal("0.3334")}


def test_without_an_amount_a_twelfth_of_the_trailing_year_counts(new_company: NewCompany) -> None:
    company = new_company("2026-12-31")
    company.account("A")
    company.contract("K", "A", starts_on="2024-07-01", ends_on="2025-06-30")
    bills = {
        "2024-06-30": 9999, "2024-07-01": 120, "2025-03-10": -60, "2025-06-30": 241,
        "2025-07-01": 9999,
    }  # fmt: skip
    for issued_on, net in bills.items():
        company.invoice(issued_on, "A", issued_on, net, contract_id="K", gross=2 * net)
    company.invoice(
        "void", "A", "2025-02-01", 9999, contract_id="K", status="void", voided_on="2025-02-02"
    )
    # (120 - 60 + 241) / 12
    assert terms(company)["K/1"]["amount_per_month"] == Decimal("25.0833")


CONTRACTS = st.lists(
    st.tuples(
        st.integers(0, 5),  # month it starts in
        st.integers(1, 14),  # length in months
        st.lists(st.tuples(st.integers(1, 20), st.integers(0, 200)), max_size=3),
        st.booleans(),
        st.sampled_from(["P", "Q", None]),
    ),
    min_size=2, max_size=4,
)  # fmt: skip


def later(months: int) -> date:
    """The first day of a month counted from January 2024."""
    return date(2024 + months // 12, months % 12 + 1, 1)


def generated(company: Company, contracts: Any, links: set[tuple[int, int]]) -> None:
    """Contracts whose versions move the end, and links between them."""
    for product in ("P", "Q"):
        company.product(product, "F")
    company.account("A")
    for number, (start, length, versions, auto, product) in enumerate(contracts):
        changes = [
            {
                "version_on": later(start + 2 * place), "amount_per_month": amount,
                "ends_on": later(start + months),
            }
            for place, (months, amount) in enumerate(versions, 1)
        ]  # fmt: skip
        company.contract(
            f"K{number}", "A", *changes, starts_on=later(start), ends_on=later(start + length),
            amount_per_month=100 + number, auto_renew=auto, product_id=product,
        )  # fmt: skip
    for old, new in links:
        if max(old, new) < len(contracts) and old != new:
            company.add("contract_renewal", old_contract_id=f"K{old}", new_contract_id=f"K{new}")


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    contracts=CONTRACTS,
    links=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=4),
    random=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_changes_nothing(
    new_company: NewCompany, contracts: Any, links: set[tuple[int, int]], random: Any
) -> None:
    company = new_company("2025-12-31")
    generated(company, contracts, links)
    order = "source, term_id"
    before = company.rows("fct_contract_term", order=order)
    for rows in company.tables.values():
        random.shuffle(rows)
    assert company.rows("fct_contract_term", order=order) == before
    for row in before:
        assert 0 <= row["renewed_amount"] <= row["amount_per_month"]
        assert row["starts_on"] <= row["ends_on"]
