"""One KPI of one KAM, from the value down to the source records, from the published tables."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import duckdb

from kam_kpi.errors import KamError
from kam_kpi.serving.explain_sql import DETAILS, LOOKUPS
from kam_kpi.serving.kam_month import (
    QUOTIENTS,
    Span,
    Value,
    evidence_sql,
    fetch,
    find_people,
    find_span,
)
from kam_kpi.sources.parse_sql import literal

__all__ = [
    "DETAILS",
    "AccountPart",
    "Cause",
    "Explanation",
    "MonthPart",
    "Record",
    "explain_kpi",
    "part_of",
]


@dataclass(frozen=True)
class Record:
    """A source record and its part of the KPI; a part that is unknown is None.

    `details` has some of `DETAILS`; `reason` says why the part is unknown or provisional.
    """

    record_type: str
    source: str
    record_id: str
    share: Decimal
    numerator: Decimal | None
    denominator: Decimal | None
    reason: str | None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A part of the KPI; None where some of it is unknown."""

    numerator: Decimal | None
    denominator: Decimal | None


@dataclass(frozen=True)
class AccountPart:
    """A client; both ids are empty for records without one. The largest record comes first."""

    account_id: str
    name: str
    numerator: Decimal | None
    denominator: Decimal | None
    records: list[Record]


@dataclass(frozen=True)
class MonthPart:
    """A month, or the whole window of a cohort. The largest client comes first."""

    period: date
    value: Value
    policy_version: str | None
    numerator: Decimal | None
    denominator: Decimal | None
    accounts: list[AccountPart]


@dataclass(frozen=True)
class Cause:
    """What exactly is missing behind a reason; kind: rate, table or covers."""

    kind: str
    params: dict[str, str]


@dataclass(frozen=True)
class Explanation:
    """The tree. The sums of a node are those of the nodes below it, at every level.

    `overlay` is what the KAM is credited beside the owners, outside the value.
    """

    kpi: dict[str, Any]
    person: dict[str, Any]
    span: Span
    currency: str
    value: Value
    numerator: Decimal | None
    denominator: Decimal | None
    policy_version: str | None
    months: list[MonthPart]
    overlay: Decimal | None
    causes: list[Cause]

    @property
    def is_ratio(self) -> bool:
        """The value is numerator ÷ denominator."""
        return self.kpi["unit"] in QUOTIENTS

    @property
    def is_cohort(self) -> bool:
        """The window is measured as a whole, never summed from months."""
        return bool(self.kpi["class"] == "cohort")


def explain_kpi(
    connection: duckdb.DuckDBPyConnection,
    kam: str,
    period: date,
    code: str,
    window: str = "month",
) -> Explanation:
    """Reads the tree below one value.

    Args:
        connection: of the published database.
        kam: id, personnel number, e-mail or part of the name; UNASSIGNED for what nobody owns.
        period: first day of the (last) month.
        code: of the KPI.
        window: month, quarter, rolling_3, rolling_12 or ytd.

    Raises:
        KamError: no such KAM, month, KPI or window, or more than one such KAM; names what there is.
    """
    span = find_span(connection, period, window)
    kpi = _kpi(connection, code)
    person = _person(connection, span, kam)
    whole, values = _values(connection, span, person["employee_key"], code)
    _keep_evidence(connection, span, person["employee_key"], code)
    rows = _rows(connection, kpi)
    is_whole = span.is_month or kpi["class"] == "cohort"
    months = _months(span, rows, {span.period: whole} if is_whole else values)
    return Explanation(
        kpi=kpi,
        person=person,
        span=span,
        currency=_currency(connection),
        value=Value(whole["value"], whole["reason"]),
        numerator=_sum(month.numerator for month in months),
        denominator=_sum(month.denominator for month in months),
        policy_version=whole["policy_version"],
        months=months,
        overlay=_overlay(connection, span, person["employee_key"], kpi),
        causes=_causes(connection, span, kpi, whole["reason"], rows),
    )


def _kpi(connection: duckdb.DuckDBPyConnection, code: str) -> dict[str, Any]:
    known = {row["kpi_code"]: row for row in fetch(connection, "from kpi.dim_kpi")}
    if code not in known:
        raise KamError("serving.no_such_kpi", code=code, codes=", ".join(sorted(known)))
    return known[code]


def _person(connection: duckdb.DuckDBPyConnection, span: Span, kam: str) -> dict[str, Any]:
    chosen = find_people(connection, span, kam)
    ids = ("employee_id", "personnel_no", "email", "employee_key", "name")
    exact = [p for p in chosen if kam.casefold() in {str(p[i]).casefold() for i in ids}]
    chosen = exact or chosen
    if len(chosen) > 1:
        names = ", ".join(f"{person['name']} ({person['employee_id']})" for person in chosen)
        raise KamError("serving.several_kams", kam=kam, kams=names)
    return chosen[0]


def _values(
    connection: duckdb.DuckDBPyConnection, span: Span, employee_key: str, code: str
) -> tuple[dict[str, Any], dict[date, dict[str, Any]]]:
    """The value of the window, and those of its months."""
    rows = fetch(
        connection,
        f"""
        select period, "window", value, reason, policy_version from kpi.fct_kam_kpi
        where employee_key = {literal(employee_key)} and kpi_code = {literal(code)} and (
            "window" = 'month' and period between date '{span.first}' and date '{span.period}'
            or {span.values_sql}
        )
        """,
    )
    [whole] = [r for r in rows if (r["window"], r["period"]) == (span.window, span.period)]
    return whole, {row["period"]: row for row in rows if row["window"] == "month"}


def _keep_evidence(
    connection: duckdb.DuckDBPyConnection, span: Span, employee_key: str, code: str
) -> None:
    connection.execute(
        f"""
        create or replace temp table evidence as
        select *, date '{span.first}' as first_day, date '{span.next_day}' as next_day
        from ({evidence_sql(span)})
        where employee_key = {literal(employee_key)} and kpi_code = {literal(code)}
        """
    )


def _rows(connection: duckdb.DuckDBPyConnection, kpi: dict[str, Any]) -> list[dict[str, Any]]:
    rows = fetch(
        connection,
        """
        select evidence.*, accounts.account_id, accounts.name from evidence
        left join core.dim_account as accounts on evidence.account_key = accounts.account_key
        order by all
        """,
    )
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    types = {str(row["record_type"]) for row in rows}
    for lookup in LOOKUPS:
        if lookup.is_for(types, kpi["kpi_code"]):
            for found in fetch(connection, lookup.sql):
                details = {k: v for k, v in found.items() if k in DETAILS and v is not None}
                known.setdefault(_key(found), {}).update(details)
    return [row | {"details": known.get(_key(row), {})} for row in rows]


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["period"], row["record_type"], row["source"], row["record_id"])


def _months(
    span: Span, rows: Sequence[dict[str, Any]], values: dict[Any, dict[str, Any]]
) -> list[MonthPart]:
    months = []
    for period in sorted({*values, *(row["period"] for row in rows)}):
        accounts = _accounts([row for row in rows if row["period"] == period])
        held = values.get(period, {})
        months.append(
            MonthPart(
                period,
                Value(held.get("value"), held.get("reason")),
                held.get("policy_version"),
                _sum(account.numerator for account in accounts),
                _sum(account.denominator for account in accounts),
                accounts,
            )
        )
    return months


def _accounts(rows: list[dict[str, Any]]) -> list[AccountPart]:
    parts = []
    for _, members in groupby(sorted(rows, key=_account_key), _account_key):
        of_account = list(members)
        records = [
            Record(
                row["record_type"], row["source"], row["record_id"], row["share"],
                row["numerator"], row["denominator"], row["reason"], row["details"],
            )
            for row in of_account
        ]  # fmt: skip
        records.sort(key=lambda record: (*_size(record), record.record_id))
        parts.append(
            AccountPart(
                of_account[0]["account_id"] or "",
                of_account[0]["name"] or "",
                _sum(record.numerator for record in records),
                _sum(record.denominator for record in records),
                records,
            )
        )
    return sorted(parts, key=lambda part: (*_size(part), part.name))


def _account_key(row: dict[str, Any]) -> str:
    return str(row["account_key"] or "")


def _size(part: Record | AccountPart) -> tuple[Decimal, Decimal]:
    return (-abs(part.numerator or Decimal(0)), -abs(part.denominator or Decimal(0)))


def part_of(records: Sequence[Record]) -> Part:
    """What several records are together."""
    return Part(
        _sum(record.numerator for record in records),
        _sum(record.denominator for record in records),
    )


def _sum(parts: Iterable[Decimal | None]) -> Decimal | None:
    """The exact sum; None when a part is unknown."""
    total = Decimal(0)
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def _currency(connection: duckdb.DuckDBPyConnection) -> str:
    [(currency,)] = connection.execute(
        "select any_value(company_currency) from core.fct_plan_rate"
    ).fetchall()
    return currency or ""


def _overlay(
    connection: duckdb.DuckDBPyConnection, span: Span, employee_key: str, kpi: dict[str, Any]
) -> Decimal | None:
    [(numerator,)] = connection.execute(
        f"""
        select sum(numerator) from ({evidence_sql(span, credit_role="overlay")})
        where employee_key = {literal(employee_key)} and kpi_code = {literal(kpi["kpi_code"])}
        """
    ).fetchall()
    return Decimal(numerator) if numerator is not None else None


def _causes(
    connection: duckdb.DuckDBPyConnection,
    span: Span,
    kpi: dict[str, Any],
    reason: str | None,
    rows: list[dict[str, Any]],
) -> list[Cause]:
    find: dict[str | None, Callable[[], list[Cause]]] = {
        "rate_absent": lambda: _rates_absent(connection, span, kpi, rows),
        "table_absent": lambda: _tables_absent(connection, kpi),
        "no_data": lambda: _covered(connection, span, kpi),
    }
    return find[reason]() if reason in find else []


def _rates_absent(
    connection: duckdb.DuckDBPyConnection,
    span: Span,
    kpi: dict[str, Any],
    rows: list[dict[str, Any]],
) -> list[Cause]:
    """Pairs and months without a plan rate; only those of the records, where these say which."""
    parts = ("numerator", "denominator") if kpi["unit"] in QUOTIENTS else ("numerator",)
    unknown = [row for row in rows if any(row[part] is None for part in parts)]
    currencies = {row["details"].get("currency") for row in unknown} - {None}
    periods = {row["period"] for row in unknown}
    if kpi["class"] == "cohort":
        periods = {span.first}
    absent = fetch(
        connection,
        f"""
        select currency, company_currency, period from core.fct_plan_rate
        where rate is null and period between date '{span.first}' and date '{span.period}'
        order by all
        """,
    )
    return [
        Cause("rate", {"pair": f"{row['currency']} → {row['company_currency']}", "month": month})
        for row in absent
        if row["period"] in periods and (not currencies or row["currency"] in currencies)
        for month in [f"{row['period']:%Y-%m}"]
    ]


def _tables_absent(connection: duckdb.DuckDBPyConnection, kpi: dict[str, Any]) -> list[Cause]:
    delivered = _delivered(connection)
    absent = [
        needed.replace("|", " / ")
        for needed in str(kpi["tables_needed"]).split()
        if not any(table in delivered for table in needed.split("|"))
    ]
    # Where the KPI's own tables are there, it is the owners that nobody delivers.
    return [Cause("table", {"table": table}) for table in absent or ["account_assignment"]]


def _covered(connection: duckdb.DuckDBPyConnection, span: Span, kpi: dict[str, Any]) -> list[Cause]:
    delivered = _delivered(connection)
    return [
        Cause("covers", {"table": table, "day": delivered[table].isoformat()})
        for table in str(kpi["tables_needed"]).replace("|", " ").split()
        if table in delivered and delivered[table] < span.next_day - timedelta(days=1)
    ]


def _delivered(connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
    rows = connection.execute(
        "select entity, max(covers_to) from quality.fct_freshness group by entity"
    ).fetchall()
    return {str(entity): covers_to for entity, covers_to in rows}
