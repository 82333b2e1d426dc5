"""KPI tables of a small company, to publish behind the small build.

Two KAMs of very different size: a mean of their ratios is not the company's ratio. They share
account a1, so that adding up their accounts counts it twice.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from kam_kpi import PROJECT
from kam_kpi.serving.publish import publish
from tests.serving.small_build import write_build, write_checks

MONTH = "2026-10-01"
SEED = PROJECT / "dbt_project/seeds/dim_kpi.csv"

TABLES = f"""
create table kpi.dim_kpi as
    select * from read_csv('{SEED}', all_varchar = true);
create table kpi.fct_kam_kpi (
    period date, employee_key varchar, kpi_code varchar, "window" varchar,
    numerator decimal(38, 10), denominator decimal(38, 10), value decimal(38, 12),
    reason varchar, policy_version varchar
);
create table kpi.fct_kpi_evidence (
    period date, employee_key varchar, credit_role varchar, kpi_code varchar, "window" varchar,
    account_key varchar, record_type varchar, source varchar, record_id varchar,
    share decimal(18, 12), numerator decimal(38, 10), denominator decimal(38, 10), reason varchar
);
create schema bonus;
create table bonus.fct_bonus (employee_key varchar, period date, plan_code varchar);
create table core.dim_period (period date, month_end date);
create table core.dim_window (
    period date, "window" varchar, first_period date, next_period date
);
insert into core.dim_window values ('2026-10-01', 'rolling_3', '2026-08-01', '2026-11-01');
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
WINDOW = """
insert into kpi.fct_kam_kpi values
    ('2026-10-01', 'e1', 'revenue', 'rolling_3', 1234667.895, null, 1234667.895, null, 'v1'),
    ('2026-10-01', 'e2', 'revenue', 'rolling_3', 6.995, null, 6.995, null, 'v1'),
    ('2026-10-01', 'UNASSIGNED', 'revenue', 'rolling_3', 0.1, null, 0.1, null, 'v1'),
    ('2026-10-01', 'e1', 'logo_churn_rate', 'rolling_3', 1, 2, 0.5, null, 'v1'),
    ('2026-10-01', 'e2', 'logo_churn_rate', 'rolling_3', 1, 6, 0.166666666667, null, 'v1');
insert into kpi.fct_kpi_evidence values
    ('2026-07-01', 'e1', 'owner', 'revenue', 'month', 'a1', 'invoice', 's', '6', 1, 900, null, null),
    ('2026-08-01', 'e1', 'owner', 'revenue', 'month', 'a1', 'invoice', 's', '7', 1, 100, null, null),
    ('2026-09-01', 'e2', 'owner', 'revenue', 'month', 'a2', 'invoice', 's', '8', 1, 7, null, null),
    ('2026-10-01', 'e1', 'owner', 'logo_churn_rate', 'rolling_3', 'a1', 'account', 's', 'a1', 1,
        1, 2, null),
    ('2026-10-01', 'e2', 'owner', 'logo_churn_rate', 'rolling_3', 'a2', 'account', 's', 'a2', 1,
        1, 6, null),
    ('2026-09-01', 'e2', 'owner', 'logo_churn_rate', 'month', 'a2', 'account', 's', 'a2', 1,
        1, 1, null);
"""
"""Three months to October: revenue of months in and before the window, a cohort measured in it."""

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
            "(?, ?, 'owner', ?, 'month', 'a1', 'invoice', 's', '1', 1, ?, ?, null)",
            [(month, *row) for row in (*evidence, *unknown)],
        )
        connection.execute(
            "insert into kpi.fct_kpi_evidence values "
            "(?, 'e2', 'overlay', 'revenue', 'month', 'a3', 'invoice', 's', '9', 1, 5000, null, "
            "null)",
            [month],
        )
        if month == MONTH:
            connection.execute(WINDOW)
        for row in quarantined:
            connection.execute(
                "insert into quality.fct_quarantined_row values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )
    write_checks(home, "r1")
    publish("r1")
