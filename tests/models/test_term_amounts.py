"""The monthly amount of a term on each of its days."""

from typing import Any

import pytest

from tests.models.company import Company, day
from tests.models.conftest import NewCompany
from tests.models.marts import Row

YEAR = {"starts_on": "2025-01-01", "ends_on": "2025-12-31", "amount_per_month": 100}
Stretch = tuple[str, str, Any]


def version(on: str, **changes: Any) -> Row:
    """Changes recorded on a day."""
    dated = {"ends_on"} & set(changes)
    return {"version_on": day(on)} | changes | {name: day(changes[name]) for name in dated}


def stretches(company: Company) -> dict[str, list[Stretch]]:
    """First day, day after the last one and amount of the stretches of each term."""
    found: dict[str, list[Stretch]] = {}
    for row in company.rows("int_term_amount", order="term_id, valid_from"):
        stretch = (str(row["valid_from"]), str(row["valid_to"]), row["amount"])
        found.setdefault(row["term_id"], []).append(stretch)
    return found


def of_one(new_company: NewCompany, *versions: Row, **first: Any) -> dict[str, list[Stretch]]:
    """Stretches of one contract `K`, of 2025 and 100 a month unless told otherwise."""
    company = new_company()
    company.account("A")
    company.contract("K", "A", *versions, **YEAR | first)
    return stretches(company)


@pytest.mark.parametrize(
    ("recorded_on", "expected"),
    [
        ("2024-12-31", [("2025-01-01", "2026-01-01", 120)]),
        ("2025-01-01", [("2025-01-01", "2026-01-01", 120)]),
        ("2025-01-02", [("2025-01-01", "2025-01-02", 100), ("2025-01-02", "2026-01-01", 120)]),
        ("2025-12-31", [("2025-01-01", "2025-12-31", 100), ("2025-12-31", "2026-01-01", 120)]),
        ("2026-01-01", [("2025-01-01", "2026-01-01", 100)]),
    ],
)
def test_a_new_price_speaks_from_the_day_it_was_recorded(
    new_company: NewCompany, recorded_on: str, expected: list[Stretch]
) -> None:
    priced = version(recorded_on, amount_per_month=120)
    assert of_one(new_company, priced, signed_on="2024-12-01") == {"K/1": expected}


def test_the_first_version_reaches_back_to_the_start(new_company: NewCompany) -> None:
    assert of_one(new_company, version_on="2025-05-20") == {
        "K/1": [("2025-01-01", "2026-01-01", 100)]
    }


def test_of_two_versions_of_a_day_the_later_one_speaks(new_company: NewCompany) -> None:
    twice = [version("2025-05-01", amount_per_month=n) for n in (900, 120)]
    assert of_one(new_company, *twice)["K/1"][1:] == [("2025-05-01", "2026-01-01", 120)]


def test_a_version_that_keeps_the_price_makes_no_stretch(new_company: NewCompany) -> None:
    versions = [version("2025-05-01", notice_days=30), version("2025-08-01", amount_per_month=90)]
    assert of_one(new_company, *versions) == {
        "K/1": [("2025-01-01", "2025-08-01", 100), ("2025-08-01", "2026-01-01", 90)]
    }


@pytest.mark.parametrize("recorded_on", ["2025-11-01", "2026-01-20"])
def test_the_price_of_a_prolongation_speaks_from_its_first_day(
    new_company: NewCompany, recorded_on: str
) -> None:
    longer = version(recorded_on, ends_on="2026-06-30", amount_per_month=120)
    assert of_one(new_company, longer) == {
        "K/1": [("2025-01-01", "2026-01-01", 100)], "K/2": [("2026-01-01", "2026-07-01", 120)]
    }  # fmt: skip


@pytest.mark.parametrize("recorded_on", ["2025-11-01", "2026-01-20"])
def test_an_extension_is_priced_like_a_prolongation_though_it_is_no_term(
    new_company: NewCompany, recorded_on: str
) -> None:
    # whether two months are a renewal is a matter of policy; what a day is worth is not
    longer = version(recorded_on, ends_on="2026-02-28", amount_per_month=120)
    assert of_one(new_company, longer) == {
        "K/1": [("2025-01-01", "2026-01-01", 100), ("2026-01-01", "2026-03-01", 120)]
    }


def test_a_prolongation_that_is_taken_back_never_priced_a_day(new_company: NewCompany) -> None:
    versions = [
        version("2025-06-01", ends_on="2026-12-31", amount_per_month=500),
        version("2025-07-01", ends_on="2025-12-31", amount_per_month=100),
    ]
    assert of_one(new_company, *versions) == {"K/1": [("2025-01-01", "2026-01-01", 100)]}


def test_a_term_cut_short_has_no_amount_after_its_last_day(new_company: NewCompany) -> None:
    ended = version("2025-05-10", status="terminated", terminated_on=day("2025-05-20"))
    raised = version("2025-08-01", amount_per_month=900)
    assert of_one(new_company, ended, raised) == {"K/1": [("2025-01-01", "2025-05-21", 100)]}


def test_an_evergreen_contract_keeps_its_price_over_anniversaries(new_company: NewCompany) -> None:
    raised = version("2026-03-01", amount_per_month=150)
    assert of_one(new_company, raised, ends_on=None) == {
        "K/1": [("2025-01-01", "2026-01-01", 100)],
        "K/2": [("2026-01-01", "2026-03-01", 100), ("2026-03-01", "2027-01-01", 150)],
        "K/3": [("2027-01-01", "2028-01-01", 150)],
    }


def test_without_an_amount_the_bills_before_the_end_of_the_stretch_count(
    new_company: NewCompany,
) -> None:
    # 840 in the year before the end of 2025 and 2 400 before today, the 31 December 2026
    company = new_company()
    company.account("A")
    unknown = version("2025-07-01", amount_per_month=None)
    longer = version("2025-12-01", ends_on="2027-12-31")
    company.contract("K", "A", unknown, longer, **YEAR)
    company.invoice("1", "A", "2025-03-01", 840, contract_id="K")
    company.invoice("2", "A", "2026-03-01", 2400, contract_id="K")
    assert stretches(company) == {
        "K/1": [("2025-01-01", "2025-07-01", 100), ("2025-07-01", "2026-01-01", 70)],
        "K/2": [("2026-01-01", "2028-01-01", 200)],
    }
    billed = [row["is_billed"] for row in company.rows("int_term_amount", order="valid_from")]
    assert billed == [False, True, True]


def test_a_renewal_without_an_amount_starts_with_what_was_billed_before(
    new_company: NewCompany,
) -> None:
    company = new_company()
    company.account("A")
    longer = version("2025-12-01", ends_on="2026-12-31", amount_per_month=None)
    company.contract("K", "A", longer, **YEAR)
    company.invoice("1", "A", "2025-03-01", 840, contract_id="K")
    company.invoice("2", "A", "2026-03-01", 2400, contract_id="K")
    second = company.rows("int_term_due", term_id="K/2")[0]
    assert (second["starting_amount"], second["amount_per_month"]) == (70, 200)
    assert company.rows("fct_contract_term", term_id="K/1")[0]["renewed_amount"] == 70


NOTICES: dict[str, tuple[list[Row], Row, str | None]] = {
    "nothing": ([], {}, None),
    "notice": ([version("2025-10-05", notice_given_on=day("2025-10-01"))], {}, "2025-10-01"),
    "termination recorded": (
        [version("2025-05-10", status="terminated", terminated_on=day("2025-05-20"))], {},
        "2025-05-10",
    ),
    "termination recorded late": (
        [version("2025-06-10", status="terminated", terminated_on=day("2025-05-20"))], {},
        "2025-05-20",
    ),
    "notice before a termination": (
        [
            version("2025-04-02", notice_given_on=day("2025-04-01")),
            version("2025-05-10", status="terminated", terminated_on=day("2025-05-20")),
        ], {}, "2025-04-01",
    ),
    "taken back": (
        [
            version("2025-10-05", notice_given_on=day("2025-10-01")),
            version("2025-10-20", notice_given_on=None),
        ], {}, None,
    ),
    "prolonged after all": (
        [
            version("2025-10-05", notice_given_on=day("2025-10-01")),
            version("2025-11-20", ends_on="2026-12-31"),
        ], {}, None,
    ),
    "automatic renewal goes on": ([], {"auto_renew": True}, None),
    "automatic renewal switched off": (
        [version("2025-09-09", auto_renew=False)], {"auto_renew": True}, "2025-09-09"
    ),
    "notice too late": (
        [version("2025-12-02", notice_given_on=day("2025-12-02"))],
        {"auto_renew": True, "notice_days": 30}, "2025-12-02",
    ),
    "evergreen": (
        [version("2025-10-01", notice_given_on=day("2025-10-01"), notice_days=30)],
        {"ends_on": None}, "2025-10-01",
    ),
    "only expired": ([version("2026-01-02", status="expired")], {}, None),
}  # fmt: skip


def test_the_last_term_tells_when_notice_was_given(new_company: NewCompany) -> None:
    company = new_company()
    for name, (versions, first, _) in NOTICES.items():
        company.account(name)
        company.contract(name, name, *versions, **YEAR | first)
    rows = company.rows("fct_contract_term")
    found = {row["contract_id"]: row["notice_on"] for row in rows if row["is_last_term"]}
    assert found == {name: on and day(on) for name, (_, _, on) in NOTICES.items()}
    assert all(row["notice_on"] is None for row in rows if not row["is_last_term"])


def test_a_notice_that_comes_too_late_ends_the_next_term_only(new_company: NewCompany) -> None:
    # on 15 December the term of 2025 is still the last one, and yet it will renew itself
    company = new_company("2025-12-15")
    company.account("A")
    late = version("2025-12-02", notice_given_on=day("2025-12-02"))
    company.contract("K", "A", late, **YEAR, auto_renew=True, notice_days=30)
    (term,) = company.rows("fct_contract_term")
    assert (term["is_last_term"], term["notice_on"]) == (True, None)


@pytest.mark.parametrize(
    ("starts", "replaced_from"),
    [
        (["2025-10-01"], "2025-10-01"), (["2025-12-31"], "2025-12-31"), (["2026-01-01"], None),
        (["2025-10-01", "2025-11-01"], "2025-11-01"), (["2025-10-01", "2026-01-01"], None),
    ],
)  # fmt: skip
def test_early_renewals_take_the_place_of_a_term_once_all_of_them_have_begun(
    new_company: NewCompany, starts: list[str], replaced_from: str | None
) -> None:
    company = new_company()
    company.account("A")
    company.contract("K", "A", **YEAR)
    for number, start in enumerate(starts):
        company.contract(
            f"N{number}", "A", starts_on=start, ends_on="2027-12-31", signed_on="2025-09-01"
        )
        company.add("contract_renewal", old_contract_id="K", new_contract_id=f"N{number}")
    (term,) = company.rows("fct_contract_term", contract_id="K")
    assert term["replaced_from"] == (replaced_from and day(replaced_from))


def test_what_begins_early_but_was_signed_after_grace_replaces_nothing(
    new_company: NewCompany,
) -> None:
    company = new_company()
    company.account("A")
    company.contract("K", "A", **YEAR)
    company.contract("N", "A", starts_on="2025-10-01", ends_on="2027-12-31", signed_on="2026-02-01")
    company.add("contract_renewal", old_contract_id="K", new_contract_id="N")
    (term,) = company.rows("fct_contract_term", contract_id="K")
    assert (term["replaced_from"], term["outcome"]) == (None, "churned")
