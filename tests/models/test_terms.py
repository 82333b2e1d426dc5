"""Terms of a contract: what its versions, automatic renewals and its end make of it."""

from datetime import date

import pytest

from tests.models.company import Row, day
from tests.models.conftest import NewCompany

Span = tuple[str, str, str]


def version(on: str, **changes: object) -> Row:
    """Changes recorded on a day."""
    dates = {name: day(value) if isinstance(value, str) and value[:2] == "20" else value
             for name, value in changes.items()}  # fmt: skip
    return {"version_on": day(on), **dates}


def spans(new_company: NewCompany, *versions: Row, as_of: str = "2026-12-31", **first: object) -> list[Span]:  # fmt: skip
    """First day, last day and origin of each term of one contract."""
    company = new_company(as_of)
    company.account("A")
    values = {"starts_on": "2025-01-01", "amount_per_month": 100} | first
    company.contract("C", "A", *versions, **values)
    rows = company.rows("fct_contract_term", order="starts_on")
    return [(str(row["starts_on"]), str(row["ends_on"]), row["origin"]) for row in rows]


def test_a_contract_has_one_term(new_company: NewCompany) -> None:
    assert spans(new_company, ends_on="2025-12-31") == [("2025-01-01", "2025-12-31", "signed")]


def test_a_draft_is_no_contract(new_company: NewCompany) -> None:
    assert spans(new_company, ends_on="2025-12-31", status="draft") == []
    signed = version("2025-01-20", status="active", ends_on="2025-06-30")
    terms = spans(new_company, signed, ends_on="2025-12-31", status="draft")
    assert terms == [("2025-01-01", "2025-06-30", "signed")]


@pytest.mark.parametrize(
    ("new_end", "terms"),
    [
        ("2025-05-30", [("2025-01-01", "2025-05-30", "signed")]),
        ("2025-05-31", [
            ("2025-01-01", "2025-02-28", "signed"), ("2025-03-01", "2025-05-31", "prolonged"),
        ]),
        ("2025-06-01", [
            ("2025-01-01", "2025-02-28", "signed"), ("2025-03-01", "2025-06-01", "prolonged"),
        ]),
    ],
)  # fmt: skip
def test_a_later_end_is_a_renewal_from_three_months_on(
    new_company: NewCompany, new_end: str, terms: list[Span]
) -> None:
    # 28 February + 3 months is 28 May by date arithmetic: three days short of three months
    edited = version("2025-02-10", ends_on=new_end)
    assert spans(new_company, edited, ends_on="2025-02-28") == terms


def test_the_end_moved_by_a_day_again_and_again_stays_one_term(new_company: NewCompany) -> None:
    edits = [version(f"2025-06-2{n}", ends_on=f"2025-07-0{n}") for n in range(1, 6)]
    assert spans(new_company, *edits, ends_on="2025-06-30") == [
        ("2025-01-01", "2025-07-05", "signed")
    ]


def test_a_prolongation_that_is_taken_back_is_none(new_company: NewCompany) -> None:
    edits = [
        version("2025-11-01", ends_on="2026-12-31"),
        version("2025-11-20", ends_on="2025-12-31"),
    ]
    assert spans(new_company, *edits, ends_on="2025-12-31") == [
        ("2025-01-01", "2025-12-31", "signed")
    ]


def test_a_prolongation_taken_back_and_made_again_is_signed_the_second_time(
    new_company: NewCompany,
) -> None:
    company = new_company()
    company.account("A")
    edits = [
        version("2025-11-01", ends_on="2026-12-31"),
        version("2025-11-20", ends_on="2025-12-31"),
        version("2026-01-15", ends_on="2026-12-31"),
    ]
    company.contract("C", "A", *edits, starts_on="2025-01-01", ends_on="2025-12-31")
    first, second = company.rows("fct_contract_term", order="term_no")
    assert (str(first["renewed_on"]), first["outcome"]) == ("2026-01-15", "late_renewed")
    assert str(second["signed_on"]) == "2026-01-15"


def test_a_prolongation_shortened_later_keeps_the_renewal(new_company: NewCompany) -> None:
    edits = [
        version("2025-11-01", ends_on="2026-12-31"),
        version("2026-02-01", ends_on="2026-03-31"),
    ]
    assert spans(new_company, *edits, ends_on="2025-12-31") == [
        ("2025-01-01", "2025-12-31", "signed"),
        ("2026-01-01", "2026-03-31", "prolonged"),
    ]


def test_another_price_with_the_same_end_is_the_same_term(new_company: NewCompany) -> None:
    company = new_company()
    company.account("A")
    company.contract(
        "C", "A", version("2025-05-01", amount_per_month=120), starts_on="2025-01-01",
        ends_on="2025-12-31", amount_per_month=100,
    )  # fmt: skip
    rows = company.rows("int_term_due")
    assert [(row["starting_amount"], row["amount_per_month"]) for row in rows] == [(100, 120)]


def test_the_price_of_the_new_term_does_not_touch_the_old_one(new_company: NewCompany) -> None:
    # the new price is recorded before the old term ends, and yet 100 is what was due
    company = new_company()
    company.account("A")
    company.contract(
        "C", "A", version("2025-11-01", ends_on="2026-12-31", amount_per_month=80),
        starts_on="2025-01-01", ends_on="2025-12-31", amount_per_month=100,
    )  # fmt: skip
    rows = company.rows("fct_contract_term", order="term_no")
    assert [row["amount_per_month"] for row in rows] == [100, 80]
    assert rows[0]["renewed_amount"] == 80


AUTO = {"ends_on": "2025-03-31", "auto_renew": True, "renewal_term_months": 3}
QUARTERS = [("2025-01-01", "2025-03-31", "signed"), ("2025-04-01", "2025-06-30", "auto_renewed")]


@pytest.mark.parametrize(
    ("as_of", "terms"),
    [("2025-03-30", 1), ("2025-03-31", 2), ("2025-06-29", 2), ("2025-06-30", 3)],
)
def test_an_automatic_renewal_happens_on_the_last_day(
    new_company: NewCompany, as_of: str, terms: int
) -> None:
    chain = [*QUARTERS, ("2025-07-01", "2025-09-30", "auto_renewed")]
    assert spans(new_company, as_of=as_of, **AUTO) == chain[:terms]


@pytest.mark.parametrize(
    ("notice_on", "terms"), [("2025-05-30", 2), ("2025-05-31", 2), ("2025-06-01", 3)]
)
def test_notice_in_time_ends_the_chain(new_company: NewCompany, notice_on: str, terms: int) -> None:
    # 30 days before 30 June is 31 May; a day later it holds for the end after
    noticed = version(notice_on, notice_given_on=notice_on)
    found = spans(new_company, noticed, **AUTO, notice_days=30)
    assert found == [*QUARTERS, ("2025-07-01", "2025-09-30", "auto_renewed")][:terms]


def test_automatic_renewal_switched_off_ends_the_chain_and_keeps_its_past(
    new_company: NewCompany,
) -> None:
    assert spans(new_company, version("2025-05-15", auto_renew=False), **AUTO) == QUARTERS


def test_an_expired_contract_does_not_renew_itself_after_its_end(new_company: NewCompany) -> None:
    # recorded five days after the end, when the chain would already have gone on
    assert spans(new_company, version("2025-07-05", status="expired"), **AUTO) == QUARTERS


def test_a_contract_renewed_by_another_does_not_renew_itself(new_company: NewCompany) -> None:
    company = new_company()
    company.account("A")
    company.contract("C", "A", starts_on="2025-01-01", amount_per_month=100, **AUTO)
    company.contract("N", "A", starts_on="2025-07-01", ends_on="2026-06-30", amount_per_month=1)
    company.add("contract_renewal", old_contract_id="C", new_contract_id="N")
    rows = company.rows("fct_contract_term", order="starts_on", contract_id="C")
    assert [str(row["ends_on"]) for row in rows] == ["2025-03-31", "2025-06-30"]


def test_a_source_that_writes_the_new_end_late_changes_nothing(new_company: NewCompany) -> None:
    # the renewal was automatic on 31 March; the edit of 5 April is no late signature
    company = new_company()
    company.account("A")
    company.contract(
        "C", "A", version("2025-04-05", ends_on="2025-06-30"), starts_on="2025-01-01",
        amount_per_month=100, **AUTO,
    )  # fmt: skip
    first = company.rows("fct_contract_term", order="starts_on")[0]
    assert (str(first["renewed_on"]), first["is_on_time"]) == ("2025-03-31", True)


def test_an_edited_end_takes_the_place_of_the_chain_from_its_day(new_company: NewCompany) -> None:
    # renewed by itself in March; in May somebody agrees on the end of the year instead
    edited = version("2025-05-15", ends_on="2025-12-31", auto_renew=False)
    assert spans(new_company, edited, **AUTO) == [
        *QUARTERS, ("2025-07-01", "2025-12-31", "prolonged")
    ]  # fmt: skip


def test_without_a_length_an_automatic_renewal_repeats_the_first_term(
    new_company: NewCompany,
) -> None:
    terms = spans(new_company, as_of="2025-07-01", ends_on="2025-06-30", auto_renew=True)
    assert terms[1] == ("2025-07-01", "2025-12-31", "auto_renewed")


@pytest.mark.parametrize(
    ("as_of", "last_end"),
    [("2025-02-26", "2025-02-27"), ("2025-02-27", "2026-02-27"), ("2025-02-28", "2026-02-27")],
)
def test_an_evergreen_contract_is_due_on_its_anniversary(
    new_company: NewCompany, as_of: str, last_end: str
) -> None:
    terms = spans(new_company, as_of=as_of, starts_on="2024-02-28")
    assert terms[-1][1] == last_end
    assert {origin for _, _, origin in terms} <= {"signed", "anniversary"}


def test_an_anniversary_of_a_leap_day_is_the_last_of_february(new_company: NewCompany) -> None:
    terms = spans(new_company, as_of="2025-03-10", starts_on="2024-02-29")
    assert terms[0] == ("2024-02-29", "2025-02-27", "signed")


def test_an_evergreen_contract_ends_with_its_notice(new_company: NewCompany) -> None:
    noticed = version("2026-03-01", notice_given_on="2026-03-01", notice_days=30)
    assert spans(new_company, noticed)[-1] == ("2026-01-01", "2026-03-31", "anniversary")


def test_an_evergreen_contract_ends_where_its_successor_begins(new_company: NewCompany) -> None:
    # nothing else says that it ended; it is due then, and renewed
    company = new_company()
    company.account("A")
    company.contract("C", "A", starts_on="2025-01-01", amount_per_month=100)
    company.contract("N", "A", signed_on="2025-06-20", starts_on="2025-07-01", amount_per_month=90)
    company.add("contract_renewal", old_contract_id="C", new_contract_id="N")
    (term,) = company.rows("fct_contract_term", contract_id="C")
    assert (str(term["ends_on"]), term["outcome"]) == ("2025-06-30", "on_time")
    assert term["renewed_amount"] == 90


def test_a_fixed_contract_that_becomes_evergreen_is_renewed(new_company: NewCompany) -> None:
    terms = spans(new_company, version("2025-12-01", ends_on=None), ends_on="2025-12-31")
    assert terms[0] == ("2025-01-01", "2025-12-31", "signed")
    assert terms[1][0] == "2026-01-01"


@pytest.mark.parametrize(
    ("last_day", "is_early"), [("2025-12-30", True), ("2025-12-31", False), ("2026-01-01", False)]
)
def test_a_termination_before_the_end_is_early(
    new_company: NewCompany, last_day: str, is_early: bool
) -> None:
    company = new_company()
    company.account("A")
    ended = version("2025-10-01", status="terminated", terminated_on=last_day)
    company.contract("C", "A", ended, starts_on="2025-01-01", ends_on="2025-12-31")
    (term,) = company.rows("fct_contract_term")
    assert term["is_terminated_early"] is is_early
    assert term["ends_on"] == min(date(2025, 12, 31), day(last_day))
    assert term["due_period"] == date(2025, 12, 1)


def test_a_termination_cuts_the_chain_where_service_ends(new_company: NewCompany) -> None:
    ended = version("2025-05-01", status="terminated", terminated_on="2025-05-20")
    assert spans(new_company, ended, **AUTO) == [
        QUARTERS[0], ("2025-04-01", "2025-05-20", "auto_renewed")
    ]  # fmt: skip


def test_a_contract_terminated_before_it_began_has_no_term(new_company: NewCompany) -> None:
    ended = version("2024-12-20", status="terminated", terminated_on="2024-12-25")
    assert spans(new_company, ended, ends_on="2025-12-31") == []


def test_without_a_monthly_amount_a_twelfth_of_the_year_before_is_due(
    new_company: NewCompany,
) -> None:
    # 1 200 inside the year; the day before it and another contract's 9 000 do not count
    company = new_company()
    company.account("A")
    company.contract("C", "A", starts_on="2024-01-01", ends_on="2025-12-31")
    company.invoice("0", "A", "2024-12-31", 7, contract_id="C")
    company.invoice("1", "A", "2025-01-01", 500, contract_id="C")
    company.invoice("2", "A", "2025-12-31", 700, contract_id="C")
    company.invoice("3", "A", "2025-06-01", 9000, contract_id="X")
    (term,) = company.rows("fct_contract_term")
    assert term["amount_per_month"] == 100
