"""Raw text parses exactly or not at all: nothing is guessed, rounded or zeroed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam_kpi.sources import parse_sql
from kam_kpi.sources.mapping import Formats

RUSSIAN = Formats(decimal=",", thousands=" ", negative=["parentheses", "trailing_minus"])
CONNECTION = duckdb.connect()


def evaluate(expression: str) -> Any:
    row = CONNECTION.execute(f"select {expression}").fetchone()
    assert row is not None
    return row[0]


def parsed(text: str, formats: Formats = RUSSIAN) -> Decimal | str:
    raw = parse_sql.literal(text)
    value = evaluate(parse_sql.decimal(raw, formats, "decimal(18,4)"))
    return value if value is not None else evaluate(parse_sql.decimal_reason(raw, formats))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56", "1234.56"),
        ("1\u202f234\u202f567,5", "1234567.5"),
        ("(1 234,56)", "-1234.56"),
        ("1 234,56-", "-1234.56"),
        ("-0,0001", "-0.0001"),
        ("+7", "7"),
        ("99999999999999,9999", "99999999999999.9999"),
        ("1,50000", "1.5"),
    ],
)
def test_declared_forms_of_a_number_parse(text: str, value: str) -> None:
    assert parsed(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1,2345", None),
        ("1,23456", "scale"),
        ("0,00001", "scale"),
        ("100000000000000", "unparsable_decimal"),
        ("1.234,56", "unparsable_decimal"),
        ("12 34,56", "unparsable_decimal"),
        ("1,234.56", "unparsable_decimal"),
        ("1e3", "unparsable_decimal"),
        ("NaN", "unparsable_decimal"),
        ("#DIV/0!", "unparsable_decimal"),
        ("12 руб.", "unparsable_decimal"),
        ("--5", "unparsable_decimal"),
        ("(5)-", "unparsable_decimal"),
        ("1_000", "unparsable_decimal"),
        ("١٢", "unparsable_decimal"),
    ],
)
def test_anything_else_has_its_reason(text: str, reason: str | None) -> None:
    result = parsed(text)
    assert result == reason if reason else isinstance(result, Decimal)


def test_undeclared_forms_do_not_parse() -> None:
    plain = Formats()
    assert [parsed(text, plain) for text in ("1 234.5", "(5)", "5-", "1,5")] == [
        "unparsable_decimal"
    ] * 4


@given(st.decimals(-(10**13), 10**13, places=4, allow_nan=False, allow_infinity=False))
def test_every_amount_survives_the_russian_way_of_writing(amount: Decimal) -> None:
    grouped = f"{abs(amount):,.4f}".replace(",", "\u00a0").replace(".", ",")
    text = f"({grouped})" if amount < 0 else grouped
    assert parsed(text) == amount


@pytest.mark.parametrize(
    ("text", "pattern", "day"),
    [
        ("29.02.2024", "dd.mm.yyyy", date(2024, 2, 29)),
        ("29.02.2023", "dd.mm.yyyy", None),
        ("1/2/2013", "mm/dd/yyyy", date(2013, 1, 2)),
        ("13/2/2013", "mm/dd/yyyy", None),
        ("31.12.26", "dd.mm.yyyy", None),
        ("2010-12-01 08:26:00", "yyyy-mm-dd HH:MM:SS", date(2010, 12, 1)),
        ("2010-12-01", "dd.mm.yyyy", None),
        ("31.12.1899", "dd.mm.yyyy", None),
        ("01.01.1900", "dd.mm.yyyy", date(1900, 1, 1)),
    ],
)
def test_a_date_parses_in_its_declared_form_only(text: str, pattern: str, day: date | None) -> None:
    assert evaluate(parse_sql.date(parse_sql.literal(text), [pattern])) == day


def test_an_instant_is_kept_in_utc() -> None:
    expression = parse_sql.timestamp(
        "'31.10.2026 01:30:00'", ["dd.mm.yyyy HH:MM:SS"], "Europe/Moscow"
    )
    assert evaluate(expression) == datetime(2026, 10, 30, 22, 30)


def test_quoting_holds_against_hostile_names_and_values() -> None:
    CONNECTION.execute(
        'create or replace temp table hostile as select 1 as "a""; drop table x; --"'
    )
    name = parse_sql.identifier('a"; drop table x; --')
    assert evaluate(f"(select {name} from hostile)") == 1
    assert evaluate(parse_sql.literal("it's '; drop")) == "it's '; drop"


@pytest.mark.parametrize(
    ("raw", "day", "instant"),
    [
        ("2026-10-31", "2026-10-31", "2026-10-30 21:00:00"),
        ("2026-10-31 23:30:00", "2026-10-31", "2026-10-31 20:30:00"),
        ("2026-10-31T23:30:00.125", "2026-10-31", "2026-10-31 20:30:00.125"),
        # of an instant the day is that of the source's time zone
        ("2026-10-31 20:59:59.9+00", "2026-10-31", "2026-10-31 20:59:59.9"),
        ("2026-10-31 21:00:00+00", "2026-11-01", "2026-10-31 21:00:00"),
        ("2026-11-01 02:00:00 +05:00", "2026-11-01", "2026-10-31 21:00:00"),
        ("2026-10-31T21:00:00Z", "2026-11-01", "2026-10-31 21:00:00"),
        ("0000-00-00", None, None),
        ("0001-01-01", None, None),
        ("infinity", None, None),
        ("2026-02-29", None, None),
        ("31.10.2026", None, None),
        ("20261031", None, None),
    ],
)
def test_dates_and_instants_as_databases_print_them(
    raw: str, day: str | None, instant: str | None
) -> None:
    zone = "Europe/Moscow"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        parsed = connection.execute(
            f"""select cast({parse_sql.database_date("raw", zone)} as varchar),
            cast({parse_sql.database_timestamp("raw", zone)} as varchar)
            from (select cast(? as varchar) as raw)""",
            [raw],
        ).fetchone()
    assert parsed == (day, instant)


def test_both_hours_of_the_end_of_summer_time_are_two_instants() -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.execute(
            f"""select {parse_sql.database_timestamp("raw", "Europe/Berlin")}::varchar from (values
            ('2026-10-25 00:30:00+00'), ('2026-10-25 01:30:00+00')) as t(raw) order by 1"""
        ).fetchall()
    assert rows == [("2026-10-25 00:30:00",), ("2026-10-25 01:30:00",)]
