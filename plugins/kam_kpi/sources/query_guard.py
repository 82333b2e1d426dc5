"""Keeps SQL of a mapping to one SELECT that can be wrapped, before a database sees it.

The transaction is read-only and the query stands inside another one, where no engine takes
anything but a SELECT; what is left to refuse is a second statement.
"""

import re

from kam_kpi.errors import KamError

_PARTS = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]\n]*\])
    |(?P<semicolon>;)
    |(?P<bracket>[()])
    |(?P<open>/\*|'|"|`)""",
    re.VERBOSE | re.DOTALL,
)


def check_query(sql: str, where: str) -> str:
    """The SELECT without its closing semicolon.

    Raises:
        KamError: it is not one SELECT.
    """
    text = sql.strip()
    while text.endswith(";"):
        text = text[:-1].rstrip()
    plain = _check_text(text, where)
    if not re.match(r"\s*(select|with)\b", plain, re.IGNORECASE):
        raise KamError("sources.bad_query", where=where, problem="it does not begin with SELECT")
    return text


def check_expression(sql: str, where: str) -> str:
    """An expression over the query's columns.

    Raises:
        KamError: it is more than that.
    """
    _check_text(sql, where)
    return sql.strip()


def _check_text(sql: str, where: str) -> str:
    """The text without comments and quoted parts."""
    depth = 0
    for part in _PARTS.finditer(sql):
        depth += {"(": 1, ")": -1}.get(part[0], 0)
        if part["semicolon"]:
            raise KamError("sources.bad_query", where=where, problem="a second statement")
        if depth < 0 or part["open"]:
            problem = f"{part[0]} without its counterpart"
            raise KamError("sources.bad_query", where=where, problem=problem)
    if depth:
        raise KamError("sources.bad_query", where=where, problem="( without its counterpart")
    return _PARTS.sub(lambda part: "" if part["comment"] or part["quoted"] else part[0], sql)
