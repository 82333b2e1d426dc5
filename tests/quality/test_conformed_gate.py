"""The conformed gate: keys and closed values stop a run, what sources claim is only told."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from expectations import conformed
from kam_kpi.contract import load_contract
from kam_kpi.errors import KamError
from kam_kpi.quality.checks import CheckRow, read_checks
from kam_kpi.quality.gates import validate_conformed
from tests.quality.small_warehouse import RUN, broken, judged, put, run_sql

DAY = date(2026, 10, 1)


def account(account_id: str) -> dict[str, Any]:
    return {"source": "crm", "account_id": account_id, "name": account_id, "is_deleted": False}


def invoice(invoice_id: str, account_id: str, **changes: Any) -> dict[str, Any]:
    amounts = {"net": 100, "gross": 120, "currency": "RUB"}
    row = {"source": "erp", "invoice_id": invoice_id, "kind": "invoice", "status": "issued"}
    owner = {"account_id": account_id, "account_source": "crm", "issued_on": DAY}
    return {**row, **owner, **amounts, **changes}


def owner(account_id: str, employee: str, share: str, *days: date | None) -> dict[str, Any]:
    start, end = (*days, None, None)[:2]
    return {
        "source": "crm", "account_id": account_id, "account_source": "crm",
        "employee_id": employee, "employee_source": "crm", "role": "owner", "share": share,
        "valid_from": start or DAY, "valid_to": end,
    }  # fmt: skip


def found_in(*tables: str) -> dict[tuple[str, str, str | None], CheckRow]:
    suites = conformed.suites(load_contract())
    return judged(suites, *(f"conformed.{table}" for table in tables))


def found_by_gate() -> dict[tuple[str, str, str | None], CheckRow]:
    return broken(read_checks(RUN, "conformed"))


def test_empty_contract_tables_pass_and_every_one_is_judged(warehouse: Path) -> None:
    validate_conformed(RUN)
    judged = {row.relation for row in read_checks(RUN)}
    assert judged - {"information_schema.tables"} == {f"conformed.{n}" for n in load_contract()}
    assert not found_by_gate()


def test_good_rows_pass(warehouse: Path) -> None:
    put("conformed.account", account("a"), account("b"))
    put("conformed.employee", *({"source": "crm", "employee_id": e, "name": e} for e in "kl"))
    put("conformed.invoice", invoice("1", "a"), invoice("2", "b", kind="credit_note", net=-5))
    put("conformed.invoice_line", *(
        {"source": "erp", "invoice_id": "1", "line_no": n, "net": 50, "is_recurring": False}
        for n in (1, 2)
    ))  # fmt: skip
    put("conformed.account_assignment", owner("a", "k", "0.5"), owner("a", "l", "0.5"))
    validate_conformed(RUN)
    assert not found_by_gate()


def test_a_doubled_key_an_empty_key_and_an_unknown_value_stop_the_run(warehouse: Path) -> None:
    put("conformed.account", account("a"), account("a"), account("b"))
    put("conformed.invoice", invoice("1", "a", status="paid"), invoice("2", "a"))
    put("conformed.payment", {"source": "erp", "payment_id": None, "amount": 1})
    with pytest.raises(KamError) as stopped:
        validate_conformed(RUN)
    assert stopped.value.key == "quality.gate_failed"
    counts = {key: row.unexpected_count for key, row in found_by_gate().items() if row.blocks}
    assert counts == {
        ("conformed.account", "key_is_unique", None): 1,
        ("conformed.invoice", "is_known_value", "status"): 1,
        ("conformed.payment", "key_is_filled", None): 1,
    }
    told = str(stopped.value)
    for line in (
        "conformed.account: key_is_unique: 1 found among 3 rows. One row per source, account_id.",
        "conformed.invoice: is_known_value: 1 found among 2 rows.",
        "data_docs/index.html",
    ):
        assert line in told


def test_invoices_of_unknown_accounts_are_told_with_their_share(warehouse: Path) -> None:
    put("conformed.account", account("a"))
    put(
        "conformed.invoice",
        invoice("1", "a", net=300),
        invoice("2", "ghost", net=75),
        invoice("3", "ghost", net=-25, kind="credit_note"),
        invoice("4", "a", net=1, currency="EUR"),
        invoice("5", "draft ghost", status="draft"),
    )
    found = found_in("invoice")
    (row,) = found.values()
    assert (row.expectation, row.severity, row.unexpected_count) == ("account_is_known", "warn", 1)
    assert json.loads(row.sample or "") == [
        {
            "account_source": "crm", "account_id": "ghost", "currency": "RUB", "invoices": 2,
            "net": "50.0000", "share_of_turnover": "0.250000",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shares", "is_broken"),
    [
        (["0.5", "0.4"], True),
        (["0.333333", "0.333333", "0.333333"], False),
        (["0.333333", "0.333333", "0.333331"], False),
        (["0.333333", "0.333333", "0.333330"], True),
        (["0.5", "0.500002"], False),
        (["0.5", "0.500003"], True),
        (["1", "0"], False),
        (["0", "0"], False),
        (["-0.5", "0.5"], False),
    ],
)
def test_shares_are_judged_to_a_millionth_for_each_owner(
    warehouse: Path, shares: list[str], is_broken: bool
) -> None:
    people = [f"k{n}" for n in range(len(shares))]
    put("conformed.account", account("a"))
    put("conformed.employee", *({"source": "c", "employee_id": e, "name": e} for e in people))
    put("conformed.account_assignment", *map(owner, "a" * len(shares), people, shares))
    run_sql("update conformed.employee set source = 'crm'")
    found = found_in("account_assignment")
    assert [key[1] for key in found] == (["owner_shares_sum_to_one"] if is_broken else [])
    if is_broken:
        (row,) = found.values()
        assert (row.severity, row.column_name) == ("warn", "share")
        assert [each["account_id"] for each in json.loads(row.sample or "")] == ["a"]


def test_shares_are_judged_on_every_day(warehouse: Path) -> None:
    """A hand-over with one day too many, one with one too few, and one in time."""
    last, first = date(2026, 10, 15), date(2026, 10, 16)
    overlap, gap = date(2026, 10, 17), date(2026, 10, 15)
    put("conformed.account", *(account(name) for name in ("in time", "overlap", "gap")))
    put("conformed.employee", *({"source": "crm", "employee_id": e, "name": e} for e in "kl"))
    put(
        "conformed.account_assignment",
        owner("in time", "k", "1", DAY, first), owner("in time", "l", "1", first),
        owner("overlap", "k", "1", DAY, overlap), owner("overlap", "l", "1", first),
        owner("gap", "k", "1", DAY, gap), owner("gap", "l", "1", first),
    )  # fmt: skip
    found = found_in("account_assignment")
    (row,) = found.values()
    assert json.loads(row.sample or "") == [
        {"account_source": "crm", "account_id": "overlap", "first_day": str(first),
         "share_sum": "2.000000"}
    ]  # fmt: skip
    assert last < first


def test_references_that_lead_nowhere_are_told(warehouse: Path) -> None:
    put("conformed.account", account("a"), {**account("b"), "parent_account_id": "a",
        "parent_account_source": "crm"}, {**account("c"), "parent_account_id": "a",
        "parent_account_source": "erp"})  # fmt: skip
    put("conformed.dispute", {"source": "erp", "dispute_id": "d", "invoice_id": "none"})
    assert set(found_in("account", "dispute")) == {
        ("conformed.account", "reference_is_known", "parent_account_id"),
        ("conformed.dispute", "reference_is_known", "invoice_id"),
    }


def test_pay_and_personal_tables_show_no_values(warehouse: Path, home: Path) -> None:
    person = {"source": "hr", "employee_id": "Иванова", "employee_source": "crm"}
    pay = {**person, "valid_from": DAY, "monthly_base": 123456, "currency": "RUB"}
    put("conformed.salary_base", pay, pay)
    put("conformed.employee", *[{"source": "crm", "employee_id": "x", "name": "Петров"}] * 2)
    with pytest.raises(KamError) as stopped:
        validate_conformed(RUN)
    rows = found_by_gate()
    assert {key[0] for key in rows} == {"conformed.salary_base", "conformed.employee"}
    assert {row.unexpected_count for row in rows.values()} == {1, 2}
    assert not any(row.sample for row in rows.values())
    pages = [p.read_text(encoding="utf-8") for p in (home / "data_docs").rglob("*") if p.is_file()
             and p.suffix in (".html", ".json")]  # fmt: skip
    for secret in ("Иванова", "Петров", "123456"):
        assert not any(secret in page for page in pages)
        assert secret not in str(stopped.value)


def test_a_missing_table_is_a_broken_rule(warehouse: Path) -> None:
    run_sql("drop table conformed.allocation")
    with pytest.raises(KamError, match="tables_exist: 1 found"):
        validate_conformed(RUN)
    rows = found_by_gate()
    assert [json.loads(row.sample or "") for row in rows.values() if row.sample] == [
        [{"relation": "conformed.allocation"}]
    ]


def test_a_table_without_its_columns_is_reported_as_not_judged(warehouse: Path) -> None:
    run_sql("alter table conformed.invoice rename column account_id to client")
    with pytest.raises(KamError) as failed:
        validate_conformed(RUN)
    assert failed.value.key == "quality.engine_failed"
    assert "account_id" in str(failed.value)


def test_a_build_of_another_run_is_refused(warehouse: Path) -> None:
    run_sql("update control.run set run_id = 'run-2'")
    with pytest.raises(KamError) as refused:
        validate_conformed(RUN)
    assert refused.value.key == "warehouse.other_run"
    assert read_checks(RUN) == []
