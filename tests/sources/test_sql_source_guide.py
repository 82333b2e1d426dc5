"""docs/add-a-sql-source.md works as it stands, on a PostgreSQL with the ERP it talks about."""

import re
from decimal import Decimal

import pytest

from kam_kpi import PROJECT
from kam_kpi.lake import registry
from kam_kpi.lake.landing import land
from kam_kpi.lake.profile import load_profiles
from kam_kpi.sources.check import check
from tests.conftest import SmallDeployment
from tests.sources.servers import Server

ERP = [
    "create schema ref", "create schema doc", "create schema bank",
    "create table ref.partner (code text, title text, inn text, holding_code text)",
    "insert into ref.partner values ('C1', 'Ромашка', '7701', null), ('C2', 'Иволга', null, 'C1')",
    """create table doc.sale (doc_no text, kind integer, partner_code text, doc_date date,
        pay_until date, total bigint, vat bigint, currency text, is_cancelled boolean,
        created_at timestamp, edited_at timestamp)""",
    """insert into doc.sale values
        ('1', 1, 'C1', '2026-09-30', '2026-10-30', 12001, 2000, '643', false,
            '2026-09-30 10:00:00', null),
        ('2', 2, 'C1', '2026-10-01', null, 601, 100, '643', false, '2026-10-01 10:00:00', null),
        ('3', 1, 'C2', '2026-10-02', '2026-10-30', 100, 0, '978', true,
            '2026-10-02 10:00:00', '2026-10-05 09:00:00.123'),
        ('4', 9, 'C2', '2026-10-02', null, 1, 0, '643', false, '2026-10-02 10:00:00', null)""",
    """create table bank.receipt (receipt_no integer, partner_code text, value_date date,
        amount numeric(14, 2), storno_date date, booked_at timestamptz, row_version bigint)""",
    "insert into bank.receipt values (7, 'C1', '2026-10-20', 120.01, null, now(), 5000)",
]  # fmt: skip


def test_the_guides_file_reads_the_guides_erp(
    deployment: SmallDeployment, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (PROJECT / "docs" / "add-a-sql-source.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    (deployment.config / "sources" / "acme_erp.yml").write_text(block, encoding="utf-8")
    database = postgres_server.new_database()
    database.run(*ERP)
    monkeypatch.setenv("AIRFLOW_CONN_ACME_ERP", database.uri())
    report = check("acme_erp")
    assert report.is_sound
    entities = {entity.entity: entity for feed in report.feeds for entity in feed.entities}
    assert {name: (entity.rows, entity.faults) for name, entity in entities.items()} == {
        "account": (2, []),
        "invoice": (3, []),
        "payment": (1, []),
    }
    invoice = entities["invoice"]
    amounts = [dict(zip(invoice.columns, row, strict=True)) for row in invoice.first_rows]
    found = {row["invoice_id"]: (row["net"], row["gross"], row["currency"]) for row in amounts}
    assert found == {
        "1": (Decimal("100.01"), Decimal("120.01"), "RUB"),
        "2": (Decimal("-5.01"), Decimal("-6.01"), "RUB"),
        "3": (Decimal(1), Decimal(1), "EUR"),
    }
    land("acme_erp", "run")
    assert {profile.rows_bad for profile in load_profiles("acme_erp")} == {0}
    assert sorted(record.scope for record in registry.loads()) == [
        "2026-09", "2026-10", "clients", "receipts",
    ]  # fmt: skip
