"""How much of a new contract falls on the terms it renews, and what of it is won back."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.company import Company, day
from tests.models.conftest import NewCompany

OLD = {"starts_on": "2024-07-01", "ends_on": "2025-06-30"}
NEW = {"starts_on": "2025-07-01", "ends_on": "2026-06-30", "signed_on": "2025-06-20"}
Links = Iterable[tuple[int, int]]


def group(company: Company, name: str, old: list[int], new: list[int], links: Links) -> None:
    """An account whose old contracts are renewed by new ones as linked."""
    company.account(name)
    for place, amount in enumerate(old):
        company.contract(f"{name}o{place}", name, **OLD, amount_per_month=amount)
        company.add("contract_renewal", old_contract_id=f"{name}o{place}", new_contract_id="none")
    for place, amount in enumerate(new):
        company.contract(f"{name}n{place}", name, **NEW, amount_per_month=amount)
        company.add("contract_renewal", old_contract_id="none", new_contract_id=f"{name}n{place}")
    for i, j in links:
        company.add(
            "contract_renewal", old_contract_id=f"{name}o{i}", new_contract_id=f"{name}n{j}"
        )


def renewed(company: Company, name: str) -> list[Decimal]:
    """Renewed amounts of the old contracts of a group."""
    rows = company.rows("fct_contract_term", order="contract_id")
    return [row["renewed_amount"] for row in rows if row["contract_id"].startswith(f"{name}o")]


GROUPS: dict[str, tuple[list[int], list[int], list[tuple[int, int]], list[int]]] = {
    "one by one": ([100], [90], [(0, 0)], [90]),
    "several by one, short": ([100, 300], [200], [(0, 0), (1, 0)], [50, 150]),
    "several by one, enough": ([100, 300], [500], [(0, 0), (1, 0)], [100, 300]),
    "one by several": ([100], [70, 60], [(0, 0), (0, 1)], [100]),
    "all by all": ([100, 300], [100, 220], [(0, 0), (0, 1), (1, 0), (1, 1)], [80, 240]),
    # split by amounts 50 and 50, the second 50 would be lost on a term that has its 100
    "the other has a contract of its own": ([100, 100], [100, 100], [(0, 0), (1, 0), (0, 1)],
                                            [100, 100]),
    "a chain": ([100, 100, 100], [100, 200], [(0, 0), (1, 0), (1, 1), (2, 1)], [100, 100, 100]),
    # the second gets 50 of its own contract first; then they lack 100 and 50
    "a chain that is short": ([100, 100], [15, 50], [(0, 0), (1, 0), (1, 1)], [10, 55]),
    # what the first one has to spare cannot reach the second
    "surplus without a link": ([100, 100], [500, 20], [(0, 0), (1, 1)], [100, 20]),
    "a free contract": ([0, 100], [60], [(0, 0), (1, 0)], [0, 60]),
}  # fmt: skip


def test_a_new_amount_goes_where_it_is_lacking(new_company: NewCompany) -> None:
    company = new_company()
    for place, (old, new, links, _) in enumerate(GROUPS.values()):
        group(company, f"{place}", old, new, links)
    found = {name: renewed(company, f"{place}") for place, name in enumerate(GROUPS)}
    assert found == {name: expected for name, (*_, expected) in GROUPS.items()}


def most(old: list[int], new: list[int], links: Links) -> int:
    """The most that links can carry: the least cut between old and new amounts."""
    places = range(len(old))
    chosen = (set(part) for size in range(len(old) + 1) for part in combinations(places, size))
    return min(
        sum(old[i] for i in places if i not in part)
        + sum(amount for j, amount in enumerate(new) if any((i, j) in links for i in part))
        for part in chosen
    )


AMOUNTS = st.sampled_from([0, 1, 30, 50, 70, 100, 200])
GRAPHS = st.tuples(
    st.lists(AMOUNTS, min_size=1, max_size=3), st.lists(AMOUNTS, min_size=1, max_size=2),
    st.sets(st.tuples(st.integers(0, 2), st.integers(0, 1))),
)  # fmt: skip


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(graphs=st.lists(GRAPHS, min_size=20, max_size=40))
def test_no_surplus_is_lost_beside_a_term_that_stays_short(
    new_company: NewCompany, graphs: list[tuple[list[int], list[int], set[tuple[int, int]]]]
) -> None:
    company = new_company()
    for place, (old, new, links) in enumerate(graphs):
        known = {(i, j) for i, j in links if i < len(old) and j < len(new)}
        group(company, f"{place}g", old, new, known)
    for place, (old, new, links) in enumerate(graphs):
        found = renewed(company, f"{place}g")
        assert sum(found) == most(old, new, links)
        assert all(0 <= part <= whole for part, whole in zip(found, old, strict=True))


def test_amounts_that_do_not_divide_lose_nothing(new_company: NewCompany) -> None:
    company = new_company()
    group(company, "A", [1, 1, 1], [1], [(0, 0), (1, 0), (2, 0)])
    assert sorted(renewed(company, "A")) == [Decimal(n) for n in ("0.3333", "0.3333", "0.3334")]


def follow(company: Company, *old_ends: str, start: str, amount: int) -> dict[str, Decimal]:
    """Renewed amounts of contracts of 100 that one contract follows without a link."""
    company.account("A")
    company.owner("A", "K")
    for last in old_ends:
        company.contract(last, "A", starts_on="2024-07-01", ends_on=last, amount_per_month=100)
    company.contract(
        "new", "A", starts_on=start, ends_on="2026-12-31", amount_per_month=amount,
        signed_on=old_ends[0],
    )  # fmt: skip
    rows = company.rows("fct_contract_term")
    return {
        row["contract_id"]: row["renewed_amount"] for row in rows if row["contract_id"] != "new"
    }


@pytest.mark.parametrize(
    ("amount", "expected"), [(100, [0, 100]), (150, [50, 100]), (200, [100, 100])]
)
def test_a_contract_renews_first_what_it_follows_most_closely(
    new_company: NewCompany, amount: int, expected: list[int]
) -> None:
    company = new_company()
    found = follow(company, "2025-06-10", "2025-06-30", start="2025-07-01", amount=amount)
    assert [found["2025-06-10"], found["2025-06-30"]] == expected


def test_one_contract_is_not_two_renewals_of_parallel_contracts(new_company: NewCompany) -> None:
    # both ended within grace of its start; it is worth one of them
    company = new_company()
    follow(company, "2025-06-10", "2025-06-30", start="2025-07-01", amount=100)
    assert company.value("renewals_count", "2025-06", "K") == 1
    assert company.value("renewal_rate_count", "2025-06", "K") == Decimal("0.5")
    assert company.value("renewal_rate_value", "2025-06", "K") == Decimal("0.5")


def test_a_renewal_in_another_currency_is_split_at_the_rates_of_the_due_month(
    new_company: NewCompany,
) -> None:
    # 3 euros at 100 roubles: 100 and 200 of what two contracts of 100 and 400 need in proportion
    company = new_company()
    company.account("A")
    company.add("fx_rate", from_currency="EUR", valid_on="2025-06-01", rate=100)
    for name, amount in (("a", 100), ("b", 400)):
        company.contract(name, "A", **OLD, amount_per_month=amount)
        company.add("contract_renewal", old_contract_id=name, new_contract_id="n")
    company.contract("n", "A", **NEW, amount_per_month=3, currency="EUR")
    rows = company.rows("fct_contract_term", order="contract_id")
    assert [row["renewed_amount"] for row in rows[:2]] == [60, 240]


@pytest.mark.parametrize(("known", "expected"), [(99, None), (100, 100), (101, 100)])
def test_an_unknown_amount_matters_only_where_the_known_ones_fall_short(
    new_company: NewCompany, known: int, expected: int | None
) -> None:
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    company.contract("o", "A", **OLD, amount_per_month=100)
    for name, amount in (("n", known), ("unknown", None)):
        company.contract(name, "A", **NEW, amount_per_month=amount)
        company.add("contract_renewal", old_contract_id="o", new_contract_id=name)
    assert company.rows("fct_contract_term", contract_id="o")[0]["renewed_amount"] == expected
    row = company.kpi("renewal_rate_value", "2025-06", "K")
    assert row["reason"] == (None if expected else "no_data")


def lose(new_company: NewCompany, *old: int, as_of: str = "2026-12-31") -> Company:
    """A client of K whose contracts of June 2025 may be followed by `n`."""
    company = new_company(as_of)
    company.account("A")
    company.owner("A", "K")
    for place, amount in enumerate(old):
        company.contract(f"o{place}", "A", **OLD, amount_per_month=amount)
        company.add("contract_renewal", old_contract_id=f"o{place}", new_contract_id="n")
    return company


@pytest.mark.parametrize(
    ("signed_on", "won_back"), [("2025-07-29", 0), ("2025-07-30", 0), ("2025-07-31", 250)]
)
def test_what_is_signed_after_grace_is_won_back_in_full_in_its_month(
    new_company: NewCompany, signed_on: str, won_back: int
) -> None:
    # of 100 that were lost, and all of 250 counts
    company = lose(new_company, 100)
    company.contract("n", "A", **NEW | {"signed_on": signed_on}, amount_per_month=250)
    assert company.value("winback_amount", "2025-07", "K") == won_back
    assert company.value("winback_amount", "2025-06", "K") == 0


def test_a_contract_that_wins_back_two_terms_counts_once(new_company: NewCompany) -> None:
    company = lose(new_company, 100, 300)
    company.contract("n", "A", **NEW | {"signed_on": "2025-09-01"}, amount_per_month=90)
    company.build("fct_kpi_evidence")
    (record,) = company.marts.rows(
        "from kpi.fct_kpi_evidence where kpi_code = 'winback_amount' and \"window\" = 'month'"
    )
    assert (record["record_id"], record["numerator"]) == ("n/1", 90)
    links = company.rows("fct_term_renewal", order="old_term_id")
    assert [link["amount"] for link in links] == [Decimal("22.5"), Decimal("67.5")]


def test_what_a_contract_renews_is_not_won_back_as_well(new_company: NewCompany) -> None:
    # signed on 15 August: the contract of June is lost, that of July is renewed with 60 of 100
    company = lose(new_company, 80)
    company.contract("july", "A", **OLD | {"ends_on": "2025-07-31"}, amount_per_month=60)
    company.add("contract_renewal", old_contract_id="july", new_contract_id="n")
    company.contract("n", "A", **NEW | {"signed_on": "2025-08-15"}, amount_per_month=100)
    assert company.value("renewal_rate_value", "2025-07", "K") == 1
    assert company.value("winback_amount", "2025-08", "K") == 40


def test_a_late_second_contract_of_a_renewed_term_wins_nothing_back(
    new_company: NewCompany,
) -> None:
    company = lose(new_company, 100)
    company.contract("n", "A", **NEW, amount_per_month=30)
    company.contract("late", "A", **NEW | {"signed_on": "2025-09-01"}, amount_per_month=70)
    company.add("contract_renewal", old_contract_id="o0", new_contract_id="late")
    assert company.value("winback_amount", "2025-09", "K") == 0
    assert company.value("renewal_rate_value", "2025-06", "K") == Decimal("0.3")


def test_a_prolongation_agreed_after_grace_is_won_back(new_company: NewCompany) -> None:
    company = new_company()
    company.account("A")
    company.owner("A", "K")
    longer = {"version_on": day("2025-08-05"), "ends_on": day("2026-06-30"), "amount_per_month": 80}
    company.contract("K", "A", longer, **OLD, amount_per_month=100)
    assert company.value("winback_amount", "2025-08", "K") == 80


def test_a_win_back_is_credited_to_the_owner_of_the_day(new_company: NewCompany) -> None:
    company = lose(new_company, 100)
    company.tables["account_assignment"].clear()
    company.owner("A", "K", valid_to="2025-09-10")
    company.owner("A", "K2", valid_from="2025-09-10")
    company.contract("n", "A", **NEW | {"signed_on": "2025-09-10"}, amount_per_month=90)
    assert company.value("winback_amount", "2025-09", "K") == 0
    assert company.value("winback_amount", "2025-09", "K2") == 90


def test_an_unknown_amount_won_back_is_no_data(new_company: NewCompany) -> None:
    company = lose(new_company, 100)
    company.contract("n", "A", **NEW | {"signed_on": "2025-09-10"}, amount_per_month=None)
    row = company.kpi("winback_amount", "2025-09", "K")
    assert (row["value"], row["reason"]) == (None, "no_data")
