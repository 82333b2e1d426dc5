"""Who is who: merged clients, holdings, families, positions, and the months there are."""

import pytest

from tests.models.company import Company, day
from tests.models.conftest import NewCompany


def ids(company: Company, column: str) -> dict[str, str | None]:
    """A key column of dim_account by account, as account ids."""
    rows = [row for row in company.rows("dim_account") if row["account_id"] != "UNMATCHED"]
    names = {row["account_key"]: row["account_id"] for row in rows}
    return {row["account_id"]: names.get(row[column]) for row in rows}


def test_a_holding_is_the_top_of_the_hierarchy(new_company: NewCompany) -> None:
    company = new_company()
    company.account("top")
    company.account("middle", parent="top")
    company.account("bottom", parent="middle")
    company.account("alone")
    assert ids(company, "holding_key") == {
        "top": "top", "middle": "top", "bottom": "top", "alone": "alone"
    }  # fmt: skip


def test_a_circle_of_parents_is_one_holding(new_company: NewCompany) -> None:
    company = new_company()
    for account, parent in (("a", "b"), ("b", "c"), ("c", "a"), ("tail", "a")):
        company.account(account, parent=parent)
    assert len(set(ids(company, "holding_key").values())) == 1


@pytest.mark.parametrize(
    ("as_of", "top"), [("2025-05-31", "first"), ("2025-06-01", "second"), ("2025-06-02", "second")]
)
def test_the_hierarchy_is_that_of_the_day(new_company: NewCompany, as_of: str, top: str) -> None:
    company = new_company(as_of)
    for account in ("first", "second", "member"):
        company.account(account)
    company.add("account_parent", account_id="member", parent_account_id="first", valid_from="1900-01-01", valid_to="2025-06-01")  # fmt: skip
    company.add("account_parent", account_id="member", parent_account_id="second", valid_from="2025-06-01")  # fmt: skip
    assert ids(company, "holding_key")["member"] == top


def test_merged_clients_are_one_at_the_end_of_the_chain(new_company: NewCompany) -> None:
    company = new_company()
    company.account("head")
    company.account("kept", parent="head")
    company.account("gone", merged_into_id="kept")
    company.account("long_gone", merged_into_id="gone", parent="other")
    company.account("other")
    company.invoice("1", "long_gone", "2025-01-01", 1)
    merged = ids(company, "merged_into_key")
    assert merged["long_gone"] == merged["gone"] == "kept"
    assert ids(company, "holding_key")["long_gone"] == "head"
    keys = {row["account_id"]: row["account_key"] for row in company.rows("dim_account")}
    assert [row["account_key"] for row in company.rows("fct_invoice")] == [keys["kept"]]


def test_clients_merged_into_each_other_stay_apart(new_company: NewCompany) -> None:
    company = new_company()
    company.account("a", merged_into_id="b")
    company.account("b", merged_into_id="a")
    company.account("c", merged_into_id="nobody")
    assert set(ids(company, "merged_into_key").values()) == {None}


def test_a_manager_without_clients_is_no_kam(new_company: NewCompany) -> None:
    company = new_company()
    company.account("A")
    company.employee("boss")
    company.employee("head", manager_id="boss")
    company.employee("seller", manager_id="head")
    company.employee("idle", manager_id="head")
    company.owner("A", "head")
    kams = {row["employee_id"]: row["is_kam"] for row in company.rows("dim_employee")}
    assert kams == {
        "boss": False, "head": True, "seller": True, "idle": True, "UNASSIGNED": False
    }  # fmt: skip


def test_a_position_is_that_of_the_day(new_company: NewCompany) -> None:
    company = new_company("2025-06-01")
    company.employee("K", grade="junior")
    company.add("employee_position", employee_id="K", grade="middle", team="T1", valid_from="1900-01-01", valid_to="2025-06-01")  # fmt: skip
    company.add("employee_position", employee_id="K", grade="senior", team="T2", valid_from="2025-06-01")  # fmt: skip
    (row,) = company.rows("dim_employee", employee_id="K")
    assert (row["grade"], row["team"]) == ("senior", "T2")


@pytest.mark.parametrize(("left_on", "months"), [("2025-01-31", 1), ("2025-02-01", 2), (None, 3)])
def test_whoever_left_has_no_row_in_later_months(
    new_company: NewCompany, left_on: str | None, months: int
) -> None:
    company = new_company("2025-03-31")
    company.employee("K", left_on=left_on)
    company.invoice("1", "A", "2025-01-10", 1)
    company.build("fct_kam_kpi")
    rows = company.marts.rows(
        "from kpi.fct_kam_kpi join core.dim_employee using (employee_key) "
        """where employee_id = 'K' and kpi_code = 'revenue' and "window" = 'month'"""
    )
    assert len(rows) == months


def test_whoever_left_keeps_the_row_of_what_is_still_credited(new_company: NewCompany) -> None:
    company = new_company("2025-03-31")
    company.account("A")
    company.employee("K", left_on="2025-01-15")
    company.owner("A", "K")
    company.invoice("1", "A", "2025-02-10", 100)
    assert company.value("revenue", "2025-02", "K") == 100


def test_months_run_from_the_first_fact_to_as_of(new_company: NewCompany) -> None:
    company = new_company("2025-03-15")
    company.deal("D", "K", state="open", opened_on="2024-12-20")
    company.invoice("draft", "A", "2020-01-10", 1, status="draft")
    company.invoice("future", "A", "2026-01-10", 1)
    rows = company.rows("dim_period")
    assert [str(row["period"]) for row in rows] == [
        "2024-12-01", "2025-01-01", "2025-02-01", "2025-03-01"
    ]  # fmt: skip
    assert [row["days"] for row in rows] == [31, 31, 28, 31]


def test_a_mistyped_year_makes_no_centuries_of_months(new_company: NewCompany) -> None:
    company = new_company("2025-03-15")
    company.invoice("1", "A", "0202-01-10", 1)
    assert company.rows("dim_period")[0]["period"] == day("2000-03")


def test_a_product_changes_its_family_on_a_day(new_company: NewCompany) -> None:
    # overlapping versions double no line
    company = new_company()
    company.add("product", product_id="P", name="P")
    company.add("product_family", product_id="P", family="old", valid_from="1900-01-01")
    company.add("product_family", product_id="P", family="new", valid_from="2025-06-01")
    for number, issued_on in enumerate(("2025-05-31", "2025-06-01")):
        company.invoice(str(number), "A", issued_on, 1, product="P")
    rows = company.rows("fct_invoice_line", order="invoice_id")
    assert [row["family"] for row in rows] == ["old", "new"]
