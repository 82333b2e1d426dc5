"""KPI tables of a small company, to publish behind the small build.

Two KAMs of very different size: a mean of their ratios is not the company's ratio. They share
account a1, so that adding up their accounts counts it twice.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from kam_kpi.serving.publish import publish
from tests.serving.small_build import write_build, write_checks

MONTH = "2026-10-01"

TABLES = """
create table kpi.dim_kpi (kpi_code varchar, unit varchar, name_en varchar, name_ru varchar);
insert into kpi.dim_kpi values
    ('revenue', 'money', 'Revenue', 'Выручка'),
    ('renewal_rate_value', 'ratio', 'Renewal rate by value', 'Доля продления'),
    ('logo_churn_rate', 'ratio', 'Client churn rate', 'Отток'),
    ('cross_sell_revenue', 'money', 'Cross-sell revenue', 'Кросс-продажи'),
    ('overdue_share', 'ratio', 'Overdue share', 'Просрочка'),
    ('win_rate', 'ratio', 'Win rate', 'Доля побед'),
    ('won_revenue', 'money', 'Won deals', 'Выигранные сделки');
create table kpi.fct_kam_kpi (
    period date, employee_key varchar, kpi_code varchar, "window" varchar,
    numerator decimal(38, 10), denominator decimal(38, 10), value decimal(38, 12),
    reason varchar, policy_version varchar
);
create table kpi.fct_kpi_evidence (
    period date, employee_key varchar, credit_role varchar, kpi_code varchar, "window" varchar,
    account_key varchar, record_type varchar, source varchar, record_id varchar,
    share decimal(18, 12), numerator decimal(38, 10), denominator decimal(38, 10)
);
create table core.dim_account (account_key varchar, is_deleted boolean);
insert into core.dim_account values
    ('a1', false), ('a2', false), ('a3', false), ('gone', true), ('UNMATCHED', false);
create table core.fct_credit_share (
    account_key varchar, employee_key varchar, credit_role varchar, valid_from date, valid_to date
);
insert into core.fct_credit_share values
    ('a1', 'e1', 'owner', '2000-01-01', '9999-01-01'),
    ('a1', 'e2', 'owner', '2000-01-01', '9999-01-01'),
    ('a2', 'e2', 'owner', '2000-01-01', '2026-10-31'),
    ('a2', 'e1', 'owner', '2026-10-31', '9999-01-01'),
    ('a3', 'e2', 'overlay', '2000-01-01', '9999-01-01'),
    ('gone', 'e2', 'owner', '2000-01-01', '9999-01-01'),
    ('UNMATCHED', 'UNASSIGNED', 'owner', '2000-01-01', '9999-01-01');
create table quality.fct_quarantined_row (
    source varchar, feed varchar, entity varchar, load_id varchar, file varchar, line bigint,
    column_name varchar, value varchar, reason varchar
);
"""

Row = tuple[str, str, str | None, str | None, str | None, str | None]
"""Employee, KPI, numerator, denominator, value, reason."""

ROWS: list[Row] = [
    ("e1", "revenue", "1234567.895", None, "1234567.895", None),
    ("e2", "revenue", "-0.005", None, "-0.005", None),
    ("e1", "renewal_rate_value", "90", "100", "0.9", "pending"),
    ("e2", "renewal_rate_value", "10", "300", "0.033333333333", None),
    ("e1", "logo_churn_rate", "0", "0", None, "zero_denominator"),
    ("e2", "logo_churn_rate", "1", "3", "0.333333333333", None),
    ("e1", "cross_sell_revenue", None, None, None, "insufficient_history"),
    ("e2", "cross_sell_revenue", None, None, None, "insufficient_history"),
    ("e1", "overdue_share", "20", "80", "0.25", None),
    ("e2", "overdue_share", None, None, None, "rate_absent"),
    ("e3", "revenue", "0", None, "0", None),
    ("UNASSIGNED", "revenue", "0.1", None, "0.1", None),
]
UNKNOWN_EVIDENCE = [("e2", "overdue_share", None, None)]


def publish_kpis(
    home: Path,
    rows: Sequence[Row] = tuple(ROWS),
    month: str = MONTH,
    unknown: Sequence[tuple[str, str, str | None, str | None]] = tuple(UNKNOWN_EVIDENCE),
    quarantined: Sequence[tuple[object, ...]] = (),
) -> None:
    """Publishes a version whose month has `rows` with their evidence, and `unknown` evidence."""
    write_build(home, "r1")
    evidence = [(e, k, n, d) for e, k, n, d, _, _ in rows if n not in (None, "0")]
    with duckdb.connect(str(home / "build/warehouse.duckdb")) as connection:
        connection.execute(TABLES)
        connection.executemany(
            "insert into kpi.fct_kam_kpi values (?, ?, ?, 'month', ?, ?, ?, ?, 'v1')",
            [(month, *row) for row in rows],
        )
        connection.executemany(
            "insert into kpi.fct_kpi_evidence values "
            "(?, ?, 'owner', ?, 'month', 'a1', 'invoice', 's', '1', 1, ?, ?)",
            [(month, *row) for row in (*evidence, *unknown)],
        )
        connection.execute(
            "insert into kpi.fct_kpi_evidence values "
            "(?, 'e2', 'overlay', 'revenue', 'month', 'a3', 'invoice', 's', '9', 1, 5000, null)",
            [month],
        )
        for row in quarantined:
            connection.execute(
                "insert into quality.fct_quarantined_row values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )
    write_checks(home, "r1")
    publish("r1")
