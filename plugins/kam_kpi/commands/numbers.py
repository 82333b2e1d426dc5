"""Numbers as people read them, in the language in force. Exact values stay with the caller."""

from decimal import ROUND_HALF_UP, Decimal

from kam_kpi.texts import language

NOTHING = "—"


def number(value: Decimal | int, decimals: int = 0) -> str:
    """`1,234,567.89`, in Russian `1 234 567,89`; half away from zero."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    shown = f"{rounded:,.{decimals}f}"
    if language() == "ru":
        shown = shown.translate(str.maketrans(",.", " ,"))
    return shown


def money(value: Decimal | int) -> str:
    """An amount with two decimals."""
    return number(value, 2)


def percent(value: Decimal) -> str:
    """A ratio as `95.3%`, in Russian `95,3 %`."""
    return number(value * 100, 1) + (" %" if language() == "ru" else "%")


def count(value: Decimal | int) -> str:
    """A number of things; parts of shared things with two decimals."""
    return number(value, 0 if value == int(value) else 2)


def days(value: Decimal) -> str:
    """A length of time in days, one decimal."""
    return number(value, 1)


def plain(value: Decimal) -> str:
    """The exact value without zeros at its end, for machines."""
    return format(value.normalize() + 0, "f")
