"""`kam run` over a database that breaks: one error on the screen, the last version stays."""

import sqlite3
from pathlib import Path

import pytest

from kam_kpi.serving.hashes import table_hashes
from tests.conftest import SmallDeployment
from tests.e2e.conftest import Kam

FEEDS = {
    "clients": {
        "table": "client",
        "covers_to": {"date": "2026-10-31"},
        "entities": {
            "account": {"mode": "snapshot", "columns": {"account_id": "id", "name": "name"}}
        },
    },
    "invoices": {
        "query": "select * from invoice",
        "cursor": "changed",
        "overlap": "1 day",
        "covers_to": {"date": "2026-10-31"},
        "entities": {
            "invoice": {
                "mode": "append",
                "version": "changed",
                "columns": {
                    "invoice_id": "id", "account_id": "client", "kind": {"value": "invoice"},
                    "issued_on": "issued", "status": {"value": "issued"}, "net": "net",
                    "gross": "net", "currency": {"value": "RUB"},
                },
            },
            "invoice_line": {
                "mode": "append",
                "version": "changed",
                "columns": {"invoice_id": "id", "line_no": {"value": "1"}, "net": "net",
                            "is_recurring": {"value": "false"}},
            },
        },
    },
}  # fmt: skip


def test_a_run_reads_a_database_by_environment_alone_and_survives_its_faults(
    deployment: SmallDeployment, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "erp.db"
    erp = sqlite3.connect(path, isolation_level=None)
    erp.execute("create table client (id integer, name text)")
    erp.execute("create table invoice (id, client, issued, net, changed)")
    erp.execute("insert into client values (1, 'Ромашка'), (2, 'Иволга')")
    erp.execute(
        """insert into invoice values
        (1, 1, '2026-09-01', '100.5', '2026-09-01 10:00:00'),
        (2, 2, '2026-09-02', '200', '2026-09-02 10:00:00')"""
    )
    deployment.write_source("erp", FEEDS, path="", connection="acme_erp", domain="billing")
    monkeypatch.setenv("AIRFLOW_CONN_ACME_ERP", f"sqlite:///{path}")
    kam = Kam(home, deployment.config)
    assert "sqlite" in kam("sources", "check", "erp")
    kam("run")
    total = "select sum(net)::varchar from core.fct_invoice_line"
    assert kam.rows(total) == [("300.5000",)]
    # a changed invoice is the newest version of its key, wherever it was read before
    erp.execute("update invoice set net = '150', changed = '2026-09-02 11:00:00' where id = 1")
    kam("run")
    assert kam.rows(total) == [("350.0000",)]
    before = table_hashes(kam.published)
    erp.execute("alter table invoice rename to invoice_old")
    for command in (("run",), ("sources", "check", "erp")):
        printed = " ".join(kam(*command, code=1).split())
        assert "The table is gone or was renamed" in printed
        assert "invoices (select * from invoice)" in printed and "Traceback" not in printed
    assert table_hashes(kam.published) == before
