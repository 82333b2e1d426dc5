"""Shows a `BonusMonth`: on the screen, as CSV, as JSON."""

import sys
from datetime import date
from decimal import Decimal

from rich.text import Text

from kam_kpi.bonus.month import Block, BonusMonth, Line, Person
from kam_kpi.commands import export, numbers, screen
from kam_kpi.texts import catalogue, text

_AMOUNTS = ("earned", "waiting", "draw", "pay")


def show_bonus_month(month: BonusMonth, forecast_on: date | None = None) -> None:
    """Prints the table with its total, then who is blocked and what is held, by name.

    `forecast_on` is the day up to which a month that is not over is known.
    """
    title = text(
        "bonus.title" if forecast_on is None else "bonus.title_forecast",
        month=f"{month.period:%Y-%m}", currency=month.currency, day=forecast_on,
    )  # fmt: skip
    columns = [screen.name(text("bonus.person"), 36), screen.name(text("bonus.plan"))]
    columns += [screen.right(text(f"bonus.{name}")) for name in _AMOUNTS]
    paid = [person for person in month.people if not person.blocks]
    screen.console().print(
        screen.table(
            columns,
            [_cells(person) for person in paid],
            title=title,
            total=[
                text("bonus.total"), "", *(numbers.money(month.total(name)) for name in _AMOUNTS),
            ],
        )
    )  # fmt: skip
    _show_blocked(month)
    _show_held(month)
    _show_owed(month)
    if paid:
        hint = text("bonus.hint", id=paid[0].employee_id, month=f"{month.period:%Y-%m}")
        screen.paragraph(f"\n{hint}", style="dim")


def _cells(person: Person) -> list[str | Text]:
    amounts = [numbers.money(getattr(person, name)) for name in _AMOUNTS]
    return [person.name, ", ".join(person.plans), *amounts]


def _show_blocked(month: BonusMonth) -> None:
    blocked = [(person, block) for person in month.people for block in person.blocks]
    if blocked:
        screen.paragraph(f"\n{text('bonus.blocked_title')}", style="yellow")
    for person, block in blocked:
        line = text(
            "bonus.blocked_line", name=person.name, id=person.employee_id, why=why_blocked(block)
        )
        screen.paragraph(f"  {line}")


def _show_held(month: BonusMonth) -> None:
    held = [(person, line) for person in month.people for line in person.held]
    if held:
        screen.paragraph(f"\n{text('bonus.held_title')}", style="yellow")
    for person, line in held:
        shown = text(
            "bonus.held_line", name=person.name, id=person.employee_id, component=line.component,
            why=why_held(line),
        )  # fmt: skip
        screen.paragraph(f"  {shown}")


def _show_owed(month: BonusMonth) -> None:
    settlement = month.settlement
    owing = [person for person in month.people if person.employee_key in settlement.balances]
    if owing:
        screen.paragraph(f"\n{text('bonus.owed_title')}")
    for person in owing:
        key = "owed_by_leaver" if person.employee_key in settlement.leavers else "owed_line"
        amount = numbers.money(settlement.balances[person.employee_key])
        line = text(f"bonus.{key}", name=person.name, id=person.employee_id, amount=amount)
        screen.paragraph(f"  {line}")


def why_blocked(block: Block) -> str:
    """What is missing, in words."""
    return text(f"bonus.block_{block.reason}", detail=block.detail or numbers.NOTHING)


def why_held(line: Line) -> str:
    """What a held line waits for, in words: a measure, or a gate."""
    key = f"held_{line.reason}"
    if key in catalogue("bonus"):
        return text(f"bonus.{key}")
    return text("bonus.held_by_gate", gate=line.reason)


def write_bonus_month(month: BonusMonth, form: str) -> None:
    """Writes one object or line per person and component, exact."""
    names = (
        "period", "employee_id", "name", "plans", "component", "earned", "waiting", "due", "status",
        "reason",
    )  # fmt: skip
    rows: list[list[object]] = [
        [
            month.period, person.employee_id, person.name, ", ".join(person.plans), line.component,
            line.earned, line.waiting, line.due, line.status, _reason(person, line),
        ]
        for person in month.people
        for line in _lines(person)
    ]  # fmt: skip
    if form == "json":
        export.write_json((dict(zip(names, row, strict=True)) for row in rows), sys.stdout)
    else:
        export.write_csv(names, rows, sys.stdout)


def _lines(person: Person) -> list[Line]:
    """The lines, and draws as one more; who is blocked without any line has an empty one."""
    lines = list(person.lines)
    if person.draw:
        zero = Decimal(0)
        lines.append(Line("draw", zero, zero, person.draw, "due", None))
    return lines or [Line("", Decimal(0), Decimal(0), Decimal(0), "blocked", None)]


def _reason(person: Person, line: Line) -> str | None:
    if not person.blocks:
        return line.reason
    return "; ".join(f"{block.reason}: {block.detail}" for block in person.blocks)
