"""SQL expressions that parse one raw text value, and say why it does not parse.

Every function takes a SQL expression of a trimmed, non-empty VARCHAR (else NULL) and gives a typed
expression that is NULL where the text does not parse. Nothing is guessed, rounded or zeroed.
"""

import re
from collections.abc import Sequence

from kam_kpi.sources.mapping import Formats

SPACES = "[ \u00a0\u202f]"  # space, no-break space, narrow no-break space
_DATE_TOKENS = {"yyyy": "%Y", "mm": "%m", "dd": "%d", "HH": "%H", "MM": "%M", "SS": "%S"}
ISO_DATES = ("yyyy-mm-dd", "yyyy-mm-ddTHH:MM:SS")


def literal(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_list(values: Sequence[str]) -> str:
    """A SQL list of string literals for `in`."""
    return "(" + ", ".join(literal(value) for value in values) + ")"


def number_pattern(formats: Formats, max_decimals: int | None = None) -> str:
    """Regular expression of a whole number text in the declared format.

    With `max_decimals`, more decimals than that match only when they are zeros.
    """
    separator = SPACES if formats.thousands == " " else re.escape(formats.thousands)
    whole = f"([0-9]{{1,3}}({separator}[0-9]{{3}})+|[0-9]+)" if formats.thousands else "[0-9]+"
    decimals = "[0-9]+" if max_decimals is None else f"[0-9]{{0,{max_decimals}}}0*"
    unsigned = f"{whole}({re.escape(formats.decimal)}{decimals})?"
    forms = [f"[+-]?{unsigned}"]
    if "parentheses" in formats.negative:
        forms.append(f"\\({unsigned}\\)")
    if "trailing_minus" in formats.negative:
        forms.append(f"{unsigned}-")
    return "|".join(forms)


def _plain_number(raw: str, formats: Formats) -> str:
    text = raw
    if formats.thousands:
        separator = SPACES if formats.thousands == " " else re.escape(formats.thousands)
        text = f"regexp_replace({text}, {literal(separator)}, '', 'g')"
    if formats.decimal != ".":
        text = f"replace({text}, {literal(formats.decimal)}, '.')"
    if formats.negative:
        text = (
            f"case when regexp_full_match({text}, '\\(.*\\)|.*-') "
            f"then '-' || regexp_replace({text}, '[()-]', '', 'g') else {text} end"
        )
    return text


def decimal(raw: str, formats: Formats, data_type: str) -> str:
    """DECIMAL of the contract's type; NULL when not a number or with more decimals than it has."""
    scale = int(data_type.rstrip(")").split(",")[1])
    pattern = literal(number_pattern(formats, scale))
    return (
        f"case when regexp_full_match({raw}, {pattern}) "
        f"then try_cast({_plain_number(raw, formats)} as {data_type}) end"
    )


def decimal_reason(raw: str, formats: Formats) -> str:
    """Why `decimal` gave NULL: `scale` for a number with too many decimals."""
    pattern = literal(number_pattern(formats))
    return (
        f"case when regexp_full_match({raw}, {pattern}) "
        f"and try_cast({_plain_number(raw, formats)} as decimal(38, 18)) between "
        "-99999999999999 and 99999999999999 then 'scale' else 'unparsable_decimal' end"
    )


def integer(raw: str) -> str:
    """INTEGER."""
    return f"case when regexp_full_match({raw}, '[+-]?[0-9]+') then try_cast({raw} as integer) end"


def boolean(raw: str, formats: Formats) -> str:
    """BOOLEAN by the declared words."""
    return (
        f"case when {raw} in {text_list(formats.true)} then true "
        f"when {raw} in {text_list(formats.false)} then false end"
    )


def _strptime(raw: str, patterns: Sequence[str]) -> str:
    formats = []
    for pattern in patterns:
        for token, directive in _DATE_TOKENS.items():
            pattern = pattern.replace(token, directive)
        formats.append(literal(pattern))
    return f"try_strptime({raw}, [{', '.join(formats)}])"


def date(raw: str, patterns: Sequence[str]) -> str:
    """DATE; a two-digit year does not parse."""
    parsed = _strptime(raw, patterns)
    return f"case when year({parsed}) between 1900 and 2200 then cast({parsed} as date) end"


def timestamp(raw: str, patterns: Sequence[str], time_zone: str) -> str:
    """TIMESTAMP in UTC of an instant written in the source's time zone."""
    parsed = _strptime(raw, patterns)
    return (
        f"case when year({parsed}) between 1900 and 2200 "
        f"then ({parsed} at time zone {literal(time_zone)}) at time zone 'UTC' end"
    )


_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
_OFFSET = " ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"


def _has_offset(raw: str) -> str:
    return f"regexp_full_match({raw}, {literal(_DAY + _CLOCK + _OFFSET)})"


def _has_none(raw: str) -> str:
    return f"regexp_full_match({raw}, {literal(f'{_DAY}({_CLOCK})?')})"


def _zoned(raw: str) -> str:
    return f"try_cast(replace(replace({raw}, ' +', '+'), ' -', '-') as timestamptz)"


def _sensible(value: str, typed: str) -> str:
    return f"case when year({value}) between 1900 and 2200 then {typed} end"


def database_date(raw: str, time_zone: str) -> str:
    """DATE as a database prints it: ISO; of an instant with offset the day in the time zone."""
    zoned = f"({_zoned(raw)} at time zone {literal(time_zone)})"
    plain = f"try_cast({raw} as timestamp)"
    return (
        f"case when {_has_offset(raw)} then {_sensible(zoned, f'cast({zoned} as date)')} "
        f"when {_has_none(raw)} then {_sensible(plain, f'cast({plain} as date)')} end"
    )


def database_timestamp(raw: str, time_zone: str) -> str:
    """TIMESTAMP in UTC as a database prints it: ISO, with an offset or in the time zone."""
    zoned = f"({_zoned(raw)} at time zone 'UTC')"
    plain = f"try_cast({raw} as timestamp)"
    instant = f"({plain} at time zone {literal(time_zone)}) at time zone 'UTC'"
    return (
        f"case when {_has_offset(raw)} then {_sensible(zoned, zoned)} "
        f"when {_has_none(raw)} then {_sensible(plain, instant)} end"
    )
