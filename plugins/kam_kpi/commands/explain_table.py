"""Shows a `BonusExplanation`: as a tree on the screen, as CSV, as JSON."""

import sys
from collections.abc import Iterator
from decimal import Decimal

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kam_kpi.bonus.explain import BonusExplanation, Component, Record, Step
from kam_kpi.commands import export, numbers, screen
from kam_kpi.commands.bonus_table import why_blocked, why_held
from kam_kpi.serving.kam_month import QUOTIENTS
from kam_kpi.texts import language, text

_SHOWN = 5
_SHARES = ("attainment", "payout", "weight", "score")
_MEASURED = ("measure", "target")


def show_bonus(explanation: BonusExplanation) -> None:
    """Prints the total, then every component with its steps and largest records."""
    person, month = explanation.person, explanation.month
    head = text(
        "bonus.explain_head", name=person.name, id=person.employee_id, month=f"{month.period:%Y-%m}"
    )
    screen.paragraph(head, style="bold")
    amounts = {
        name: numbers.money(getattr(person, name)) for name in ("pay", "earned", "waiting", "draw")
    }
    screen.paragraph(text("bonus.explain_total", currency=month.currency, **amounts))
    for block in person.blocks:
        screen.paragraph(why_blocked(block), style="yellow")
    screen.lines("")
    columns = [
        screen.prose(text("bonus.explain_step")),
        screen.right(text("bonus.explain_on")),
        screen.right(text("bonus.explain_value")),
    ]
    table = screen.table(columns, [])
    for component in explanation.components:
        _add_component(table, component)
    table.add_section()
    table.add_row(text("bonus.pay"), "", numbers.money(person.pay), style="bold")
    screen.console().print(table)


def _add_component(table: Table, component: Component) -> None:
    line = component.line
    label = Text(f"{line.component} · {_measure(component)}", style="bold")
    if line.status == "held":
        label.append(f"  {why_held(line)}", style="not bold yellow")
    table.add_row(label, "", numbers.money(line.due), style="bold")
    for step in component.steps:
        shown = Text(text(f"bonus.step_{step.step}"))
        note = _note(step)
        if note:
            shown.append(f"  {note}", style="dim")
        table.add_row(Padding(shown, (0, 0, 0, 2)), "", _value(step, component))
    if component.records:
        count = text("bonus.explain_records", count=numbers.number(len(component.records)))
        table.add_row(Padding(Text(count, style="dim"), (0, 0, 0, 2)), "", "")
    for record in component.records[:_SHOWN]:
        _add_record(table, record, component)
    rest = len(component.records) - _SHOWN
    if rest > 0:
        more = Text(text("bonus.explain_more", count=numbers.number(rest)), style="dim")
        table.add_row(Padding(more, (0, 0, 0, 4)), "", "")


def _measure(component: Component) -> str:
    if component.kpi is None:
        is_adjustment = component.line.component == "manual_adjustment"
        return text("bonus.explain_adjustment" if is_adjustment else "bonus.step_score")
    name = component.kpi["name_ru" if language() == "ru" else "name_en"]
    return f"{name} ({component.window})"


def _add_record(table: Table, record: Record, component: Component) -> None:
    label = Text(record.record_id)
    if record.account:
        label.append(f" · {record.account}", style="dim")
    if record.earned is not None:
        share = numbers.percent(record.due_ratio or Decimal(0))
        paid = text("bonus.explain_paid_share", earned=numbers.money(record.earned), share=share)
        label.append(f"\n{paid}", style="dim")
    day = record.record_on.isoformat() if record.record_on else numbers.NOTHING
    value = numbers.money(record.amount)
    if component.kpi is not None and component.kpi["unit"] in QUOTIENTS:
        value += f" ÷ {numbers.money(record.denominator)}"
    table.add_row(Padding(label, (0, 0, 0, 4)), day, value)


def _note(step: Step) -> str:
    if step.step == "tier" and step.quantity is not None and step.rate is not None:
        quantity, rate = numbers.plain(round(step.quantity, 6)), numbers.plain(step.rate)
        return f"{_bounds(step.note or '')}: {quantity} × {rate}"
    if step.step == "tier":
        return _bounds(step.note or "")
    if step.step == "gate":
        factor = "" if step.rate is None else f" {numbers.plain(step.rate)}"
        return f"{step.note}{factor}"
    return step.note or ""


def _bounds(note: str) -> str:
    """`0.800000 – 1.000000` without zeros at the ends."""
    parts = note.split(" ")
    return " ".join(p.rstrip("0").rstrip(".") if "." in p and p[0].isdigit() else p for p in parts)


def _value(step: Step, component: Component) -> str:
    if step.amount is None:
        return numbers.NOTHING
    if step.step == "tier":
        return numbers.plain(round(step.amount, 6) if step.quantity else step.amount)
    is_ratio = component.kpi is not None and component.kpi["unit"] == "ratio"
    if step.step in _SHARES or step.step == "gate" or (step.step in _MEASURED and is_ratio):
        return numbers.percent(step.amount)
    return numbers.money(step.amount)


def write_bonus(explanation: BonusExplanation, form: str) -> None:
    """Writes every step and record, exact: one object or line each."""
    names = (
        "period", "employee_id", "component", "kind", "step", "record_type", "source", "record_id",
        "record_on", "account", "quantity", "rate", "amount", "earned", "due_ratio", "due", "note",
    )  # fmt: skip
    rows = list(_rows(explanation))
    if form == "json":
        export.write_json((dict(zip(names, row, strict=True)) for row in rows), sys.stdout)
    else:
        export.write_csv(names, rows, sys.stdout)


def _rows(explanation: BonusExplanation) -> Iterator[list[object]]:
    head = [explanation.month.period, explanation.person.employee_id]
    for component in explanation.components:
        of = [*head, component.line.component]
        for step in component.steps:
            yield [
                *of, "step", step.step, None, None, None, None, None, step.quantity, step.rate,
                step.amount, None, None, None, step.note,
            ]  # fmt: skip
        for record in component.records:
            yield [
                *of, "record", None, record.record_type, record.source, record.record_id,
                record.record_on, record.account, None, None, record.amount, record.earned,
                record.due_ratio, record.due, None,
            ]  # fmt: skip
