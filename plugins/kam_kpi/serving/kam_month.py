"""The KPIs of every KAM in one window, from the published tables, and those of the company."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from kam_kpi.errors import KamError
from kam_kpi.sources.parse_sql import literal, text_list

HEADLINE = (
    "revenue",
    "renewal_rate_value",
    "logo_churn_rate",
    "cross_sell_revenue",
    "overdue_share",
)
QUOTIENTS = frozenset({"ratio", "days"})
"""Units of what is a numerator over a denominator."""
_MEDIAN = "hours"
"""Unit of what is a median of its records."""
_MOST = 5
_TOTAL = "COMPANY"


@dataclass(frozen=True)
class Kpi:
    """One KPI of the catalogue; unit: money, ratio, count or days."""

    code: str
    unit: str
    name_en: str
    name_ru: str


@dataclass(frozen=True)
class Value:
    """A KPI's exact value; NULL has a reason, and a provisional value has the reason `pending`."""

    value: Decimal | None
    reason: str | None


_NO_CASES = Value(None, "zero_denominator")


@dataclass(frozen=True)
class Span:
    """A window that ends with the month `period`; `first` is its first month."""

    period: date
    window: str
    first: date

    @property
    def is_month(self) -> bool:
        """The window is the month alone."""
        return self.window == "month"

    @property
    def values_sql(self) -> str:
        """The condition for rows of kpi.fct_kam_kpi to be values of this window."""
        return f"""period = date '{self.period}' and "window" = {literal(self.window)}"""

    @property
    def next_day(self) -> date:
        """The day after the window."""
        return (self.period + timedelta(days=32)).replace(day=1)


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
    """A window. `accounts` are those owned on its last day; `total` is None for a selection."""

    span: Span
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
    window: str = "month",
) -> KamMonth:
    """Reads a month, or a longer window that ends with it.

    Args:
        connection: of the published database.
        period: first day of the month.
        codes: KPIs to show; by default the headline ones, or what has values if those have none.
        kam: only KAMs with this id, personnel number or e-mail, or whose name contains it.
        window: month, quarter, rolling_3, rolling_12 or ytd.

    Raises:
        KamError: no such month, window, KPI or KAM.
    """
    span = find_span(connection, period, window)
    kpis = _kpis(connection, span, codes)
    chosen = find_people(connection, span, kam)
    values = _values(connection, span, kpis)
    accounts = _accounts(connection, span)
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
    total = _total(connection, span, kpis, accounts) if kam is None else None
    return KamMonth(span, kpis, rows, total)


def find_span(connection: duckdb.DuckDBPyConnection, period: date, window: str) -> Span:
    """The window that ends with a month.

    Raises:
        KamError: no such month or window.
    """
    _require_month(connection, period)
    rows = connection.execute(
        f"""select distinct "window" from kpi.fct_kam_kpi where period = date '{period}'"""
    ).fetchall()
    windows = {str(row[0]) for row in rows}
    if window not in windows:
        known = ", ".join(sorted(windows, key=lambda name: (name != "month", name)))
        raise KamError("serving.no_such_window", window=window, windows=known)
    if window == "month":
        return Span(period, window, period)
    [(first,)] = connection.execute(
        f"""
        select first_period from core.dim_window
        where period = date '{period}' and "window" = {literal(window)}
        """
    ).fetchall()
    return Span(period, window, first)


def find_people(
    connection: duckdb.DuckDBPyConnection, span: Span, kam: str | None = None
) -> list[dict[str, Any]]:
    """KAMs of a window, and whoever is credited in it: key, id, personnel number, e-mail, name.

    Raises:
        KamError: nobody is called `kam`.
    """
    people = _people(connection, span)
    if kam is None:
        return people
    chosen = [person for person in people if _is_named(person, kam)]
    if not chosen:
        names = ", ".join(f"{person['name']} ({person['employee_id']})" for person in people)
        raise KamError("serving.no_such_kam", kam=kam, kams=names)
    return chosen


def evidence_sql(span: Span, credit_role: str = "owner") -> str:
    """Evidence of a window; that of the owners is what its values are made of.

    A cohort is recomputed for its window; anything else is the sum of its months.
    """
    return f"""
        select evidence.* from kpi.fct_kpi_evidence as evidence
        inner join kpi.dim_kpi as kpis on evidence.kpi_code = kpis.kpi_code
        where evidence.credit_role = {literal(credit_role)}
            and evidence.period between date '{span.first}' and date '{span.period}'
            and case
                when kpis.class = 'cohort' then evidence."window" = {literal(span.window)}
                    and evidence.period = date '{span.period}'
                else evidence."window" = 'month'
            end
    """


def fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Rows of a query, columns by name.

    Values stand in the query as literals: DuckDB imports pandas to pass parameters, which takes
    longer than everything else here.
    """
    result = connection.execute(sql)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _require_month(connection: duckdb.DuckDBPyConnection, period: date) -> None:
    [(has, first, last)] = connection.execute(
        f"select coalesce(bool_or(period = date '{period}'), false), min(period), max(period) "
        "from kpi.fct_kam_kpi"
    ).fetchall()
    if not has:
        months = f"{first:%Y-%m} … {last:%Y-%m}" if first else "—"
        raise KamError("serving.no_such_month", month=f"{period:%Y-%m}", months=months)


def _kpis(connection: duckdb.DuckDBPyConnection, span: Span, codes: Sequence[str]) -> list[Kpi]:
    rows = connection.execute("select kpi_code, unit, name_en, name_ru from kpi.dim_kpi").fetchall()
    known = {row[0]: Kpi(*row) for row in rows}
    for code in codes:
        if code not in known:
            raise KamError("serving.no_such_kpi", code=code, codes=", ".join(sorted(known)))
    if codes:
        return [known[code] for code in codes]
    spoken = connection.execute(
        f"""
        select distinct kpi_code from kpi.fct_kam_kpi
        where {span.values_sql} and value is not null
        """
    ).fetchall()
    with_values = {row[0] for row in spoken}
    headline = [code for code in HEADLINE if code in known]
    if not with_values.intersection(headline) and with_values:
        # The table is sorted by its first KPI: an amount says more than a rate of few cases.
        order = sorted(with_values & known.keys(), key=lambda c: (known[c].unit != "money", c))
        headline = order[:_MOST]
    return [known[code] for code in headline]


def _people(connection: duckdb.DuckDBPyConnection, span: Span) -> list[dict[str, Any]]:
    return fetch(
        connection,
        f"""
        select employee_key, employee_id, personnel_no, email, name
        from core.dim_employee as employees
        where exists (
            from kpi.fct_kam_kpi as kpis
            where {span.values_sql} and kpis.employee_key = employees.employee_key
        ) and (
            is_kam or exists (
                from ({evidence_sql(span)}) as evidence
                where evidence.employee_key = employees.employee_key
            )
        )
        order by employee_id, employee_key
        """,
    )


def _is_named(person: dict[str, Any], kam: str) -> bool:
    wanted = kam.casefold()
    ids = [person[key] for key in ("employee_id", "personnel_no", "email", "employee_key")]
    return wanted in [str(i).casefold() for i in ids] or wanted in str(person["name"]).casefold()


def _order(row: KamRow, kpis: list[Kpi]) -> tuple[object, ...]:
    first = row.values[kpis[0].code].value if kpis and kpis[0].code in row.values else None
    return (row.employee_key == "UNASSIGNED", first is None, -(first or 0), row.name)


def _values(
    connection: duckdb.DuckDBPyConnection, span: Span, kpis: list[Kpi]
) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    rows = connection.execute(
        f"""
        select employee_key, kpi_code, value, reason from kpi.fct_kam_kpi
        where {span.values_sql} and kpi_code in {_codes(kpis)}
        """
    ).fetchall()
    for employee_key, code, value, reason in rows:
        found.setdefault(employee_key, {})[code] = Value(value, reason)
    return found


def _accounts(connection: duckdb.DuckDBPyConnection, span: Span) -> dict[str, int]:
    """Accounts owned on the month's last day; empty when nobody owns any account."""
    last_day = span.next_day - timedelta(days=1)
    rows = connection.execute(
        f"""
        select shares.employee_key, count(distinct shares.account_key)
        from core.fct_credit_share as shares
        inner join core.dim_account as accounts on shares.account_key = accounts.account_key
        where shares.credit_role = 'owner' and not accounts.is_deleted
            and shares.account_key <> 'UNMATCHED'
            and date '{last_day}' >= shares.valid_from and date '{last_day}' < shares.valid_to
        group by grouping sets ((shares.employee_key), ())
        """
    ).fetchall()
    found = {_TOTAL if key is None else str(key): int(count) for key, count in rows}
    return found if found.keys() - {_TOTAL, "UNASSIGNED"} else {}


def _total(
    connection: duckdb.DuckDBPyConnection,
    span: Span,
    kpis: list[Kpi],
    accounts: dict[str, int],
) -> KamRow:
    """The company: sums over the evidence of owners and of what nobody owns."""
    medians = [kpi for kpi in kpis if kpi.unit == _MEDIAN]
    rows = fetch(
        connection,
        f"""
        with sums as (
            select kpi_code, employee_key, sum(numerator) as numerator,
                sum(denominator) as denominator,
                list(numerator) filter (kpi_code in {_codes(medians)}) as numbers
            from ({evidence_sql(span)})
            where kpi_code in {_codes(kpis)}
            group by kpi_code, employee_key
        ),
        spoken as (
            select kpi_code, employee_key, value, reason,
                value is null and reason <> 'zero_denominator' as is_blocked
            from kpi.fct_kam_kpi
            where {span.values_sql}
        )
        select
            spoken.kpi_code,
            sum(sums.numerator) as numerator,
            sum(sums.denominator) as denominator,
            coalesce(flatten(list(sums.numbers)), []) as numbers,
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
    )
    units = {kpi.code: kpi.unit for kpi in kpis}
    values = {row["kpi_code"]: _total_value(row, units[row["kpi_code"]]) for row in rows}
    return KamRow(_TOTAL, "", "", accounts.get(_TOTAL) if accounts else None, values)


def _total_value(row: dict[str, Any], unit: str) -> Value:
    if row["is_blocked"]:
        return Value(None, row["reason_of_evidence"] or row["any_reason"])
    pending = "pending" if row["is_pending"] else None
    if unit == _MEDIAN:  # that of all records, whoever is credited
        numbers = row["numbers"]
        return Value(statistics.median(numbers), pending) if numbers else _NO_CASES
    numerator = row["numerator"] or Decimal(0)
    if unit not in QUOTIENTS:
        return Value(numerator, pending)
    if (row["denominator"] or 0) <= 0:
        return _NO_CASES
    ratio = (numerator / row["denominator"]).quantize(Decimal("1e-12"), rounding="ROUND_HALF_UP")
    return Value(ratio, pending)


def _codes(kpis: list[Kpi]) -> str:
    return text_list([kpi.code for kpi in kpis] or [""])
