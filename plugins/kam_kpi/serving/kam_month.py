"""The KPIs of every KAM in one month, from the published tables, and those of the company."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from kam_kpi.errors import KamError
from kam_kpi.sources.parse_sql import text_list

HEADLINE = (
    "revenue",
    "renewal_rate_value",
    "logo_churn_rate",
    "cross_sell_revenue",
    "overdue_share",
)
_MOST = 5
_TOTAL = "COMPANY"


@dataclass(frozen=True)
class Kpi:
    """One KPI of the catalogue; unit: money, ratio or count."""

    code: str
    unit: str
    name_en: str
    name_ru: str


@dataclass(frozen=True)
class Value:
    """A KPI's exact value; NULL has a reason, and a provisional value has the reason `pending`."""

    value: Decimal | None
    reason: str | None


@dataclass(frozen=True)
class KamRow:
    """One KAM, or the account nobody owns (`UNASSIGNED`), or the company."""

    employee_key: str
    employee_id: str
    name: str
    accounts: int | None
    values: dict[str, Value]


@dataclass(frozen=True)
class KamMonth:
    """A month. `accounts` are those owned on its last day; `total` is None for a selection."""

    period: date
    kpis: list[Kpi]
    rows: list[KamRow]
    total: KamRow | None


def last_full_month(connection: duckdb.DuckDBPyConnection) -> date | None:
    """First day of the last month that has ended by the version's as-of date and has KPIs."""
    rows = connection.execute(
        """
        select max(period) from kpi.fct_kam_kpi
        where period + interval 1 month <= (
            select arg_max(as_of_date, version) + interval 1 day
            from quality.dim_published_version
        )
        """
    ).fetchall()
    return date.fromisoformat(str(rows[0][0])) if rows[0][0] else None


def kam_month(
    connection: duckdb.DuckDBPyConnection,
    period: date,
    codes: Sequence[str] = (),
    kam: str | None = None,
) -> KamMonth:
    """Reads a month.

    Args:
        connection: of the published database.
        period: first day of the month.
        codes: KPIs to show; by default the headline ones, or what has values if those have none.
        kam: only KAMs with this id, personnel number or e-mail, or whose name contains it.

    Raises:
        KamError: no such month, KPI or KAM.
    """
    _require_month(connection, period)
    kpis = _kpis(connection, period, codes)
    people = _people(connection, period)
    chosen = people if kam is None else [p for p in people if _is_named(p, kam)]
    if not chosen:
        names = ", ".join(str(person["name"]) for person in people)
        raise KamError("serving.no_such_kam", kam=kam, kams=names)
    values = _values(connection, period, kpis)
    accounts = _accounts(connection, period)
    rows = [
        KamRow(
            person["employee_key"],
            person["employee_id"],
            person["name"],
            accounts.get(person["employee_key"], 0) if accounts else None,
            values.get(person["employee_key"], {}),
        )
        for person in chosen
    ]
    rows.sort(key=lambda row: _order(row, kpis))
    total = _total(connection, period, kpis, accounts) if kam is None else None
    return KamMonth(period, kpis, rows, total)


def _records(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> list[dict[str, Any]]:
    result = connection.execute(sql, list(parameters))
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _require_month(connection: duckdb.DuckDBPyConnection, period: date) -> None:
    [(has, first, last)] = connection.execute(
        "select coalesce(bool_or(period = ?), false), min(period), max(period) "
        "from kpi.fct_kam_kpi",
        [period],
    ).fetchall()
    if not has:
        months = f"{first:%Y-%m} … {last:%Y-%m}" if first else "—"
        raise KamError("serving.no_such_month", month=f"{period:%Y-%m}", months=months)


def _kpis(connection: duckdb.DuckDBPyConnection, period: date, codes: Sequence[str]) -> list[Kpi]:
    rows = connection.execute("select kpi_code, unit, name_en, name_ru from kpi.dim_kpi").fetchall()
    known = {row[0]: Kpi(*row) for row in rows}
    for code in codes:
        if code not in known:
            raise KamError("serving.no_such_kpi", code=code, codes=", ".join(sorted(known)))
    if codes:
        return [known[code] for code in codes]
    spoken = connection.execute(
        "select distinct kpi_code from kpi.fct_kam_kpi where period = ? and value is not null",
        [period],
    ).fetchall()
    with_values = {row[0] for row in spoken}
    headline = [code for code in HEADLINE if code in known]
    if not with_values.intersection(headline) and with_values:
        # The table is sorted by its first KPI: an amount says more than a rate of few cases.
        order = sorted(with_values & known.keys(), key=lambda c: (known[c].unit != "money", c))
        headline = order[:_MOST]
    return [known[code] for code in headline]


def _people(connection: duckdb.DuckDBPyConnection, period: date) -> list[dict[str, Any]]:
    return _records(
        connection,
        """
        select employee_key, employee_id, personnel_no, email, name
        from core.dim_employee as employees
        where exists (
            from kpi.fct_kam_kpi as kpis
            where kpis.period = $1 and kpis.employee_key = employees.employee_key
        ) and (
            is_kam or exists (
                from kpi.fct_kpi_evidence as evidence
                where evidence.period = $1 and evidence.employee_key = employees.employee_key
                    and evidence.credit_role = 'owner'
            )
        )
        """,
        [period],
    )


def _is_named(person: dict[str, Any], kam: str) -> bool:
    wanted = kam.casefold()
    ids = [person[key] for key in ("employee_id", "personnel_no", "email", "employee_key")]
    return wanted in [str(i).casefold() for i in ids] or wanted in str(person["name"]).casefold()


def _order(row: KamRow, kpis: list[Kpi]) -> tuple[object, ...]:
    first = row.values[kpis[0].code].value if kpis and kpis[0].code in row.values else None
    return (row.employee_key == "UNASSIGNED", first is None, -(first or 0), row.name)


def _values(
    connection: duckdb.DuckDBPyConnection, period: date, kpis: list[Kpi]
) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    rows = connection.execute(
        f"""
        select employee_key, kpi_code, value, reason from kpi.fct_kam_kpi
        where period = ? and "window" = 'month' and kpi_code in {_codes(kpis)}
        """,
        [period],
    ).fetchall()
    for employee_key, code, value, reason in rows:
        found.setdefault(employee_key, {})[code] = Value(value, reason)
    return found


def _accounts(connection: duckdb.DuckDBPyConnection, period: date) -> dict[str, int]:
    """Accounts owned on the month's last day; empty when nobody owns any account."""
    month_end = (period + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    rows = connection.execute(
        """
        select shares.employee_key, count(distinct shares.account_key)
        from core.fct_credit_share as shares
        inner join core.dim_account as accounts on shares.account_key = accounts.account_key
        where shares.credit_role = 'owner' and not accounts.is_deleted
            and shares.account_key <> 'UNMATCHED'
            and $1 >= shares.valid_from and $1 < shares.valid_to
        group by grouping sets ((shares.employee_key), ())
        """,
        [month_end],
    ).fetchall()
    found = {_TOTAL if key is None else str(key): int(count) for key, count in rows}
    return found if found.keys() - {_TOTAL, "UNASSIGNED"} else {}


def _total(
    connection: duckdb.DuckDBPyConnection,
    period: date,
    kpis: list[Kpi],
    accounts: dict[str, int],
) -> KamRow:
    """The company: sums over the evidence of owners and of what nobody owns."""
    rows = _records(
        connection,
        f"""
        with sums as (
            select kpi_code, employee_key, sum(numerator) as numerator,
                sum(denominator) as denominator
            from kpi.fct_kpi_evidence
            where period = $1 and "window" = 'month' and credit_role = 'owner'
            group by kpi_code, employee_key
        ),
        spoken as (
            select kpi_code, employee_key, value, reason,
                value is null and reason <> 'zero_denominator' as is_blocked
            from kpi.fct_kam_kpi
            where period = $1 and "window" = 'month'
        )
        select
            spoken.kpi_code,
            sum(sums.numerator) as numerator,
            sum(sums.denominator) as denominator,
            coalesce(bool_or(spoken.is_blocked and sums.kpi_code is not null), false)
                or bool_and(spoken.is_blocked) as is_blocked,
            bool_or(spoken.reason = 'pending') as is_pending,
            min(spoken.reason) filter (spoken.is_blocked and sums.kpi_code is not null)
                as reason_of_evidence,
            min(spoken.reason) filter (spoken.is_blocked) as any_reason
        from spoken
        left join sums using (kpi_code, employee_key)
        where spoken.kpi_code in {_codes(kpis)}
        group by spoken.kpi_code
        """,
        [period],
    )
    units = {kpi.code: kpi.unit for kpi in kpis}
    values = {row["kpi_code"]: _total_value(row, units[row["kpi_code"]]) for row in rows}
    return KamRow(_TOTAL, "", "", accounts.get(_TOTAL) if accounts else None, values)


def _total_value(row: dict[str, Any], unit: str) -> Value:
    if row["is_blocked"]:
        return Value(None, row["reason_of_evidence"] or row["any_reason"])
    pending = "pending" if row["is_pending"] else None
    numerator = row["numerator"] or Decimal(0)
    if unit != "ratio":
        return Value(numerator, pending)
    if not row["denominator"]:
        return Value(None, "zero_denominator")
    ratio = (numerator / row["denominator"]).quantize(Decimal("1e-12"), rounding="ROUND_HALF_UP")
    return Value(ratio, pending)


def _codes(kpis: list[Kpi]) -> str:
    return text_list([kpi.code for kpi in kpis] or [""])
