"""Shows an `Explanation`: as a tree on the screen, as CSV, as JSON."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kam_kpi.commands import export, numbers, screen
from kam_kpi.commands.kam_table import months, who
from kam_kpi.serving.explain import DETAILS, AccountPart, Explanation, MonthPart, Record, part_of
from kam_kpi.texts import catalogue, language, text

_SHOW = {"ratio": numbers.percent, "days": numbers.days}
_SHOWN = 20
_DOCUMENTS = 2


def show_explanation(explanation: Explanation) -> None:
    """Prints the value, how it comes about, and the tree below it."""
    _show_head(explanation)
    tree = _Tree(explanation)
    if any(month.accounts for month in explanation.months):
        screen.lines("")
        screen.console().print(tree.table())
    elif explanation.value.reason is None:
        screen.paragraph(text("cli.explain_no_records"))
    if tree.hidden:
        screen.paragraph(text("cli.explain_hidden", count=tree.hidden), style="dim")


def _show_head(explanation: Explanation) -> None:
    kpi, person = explanation.kpi, explanation.person
    name = kpi["name_ru"] if language() == "ru" else kpi["name_en"]
    whose = who(person["employee_key"], person["name"])
    if person["employee_key"] != "UNASSIGNED":
        whose = f"{whose} ({person['employee_id']})"
    screen.paragraph(f"{name} · {whose} · {months(explanation.span)}", style="bold")
    screen.paragraph(_equation(explanation))
    reason = explanation.value.reason
    if reason is not None:
        screen.paragraph(text(f"cli.reason_{reason}"), style="yellow")
    for cause in explanation.causes:
        screen.paragraph("  " + text(f"cli.cause_{cause.kind}", **cause.params), style="yellow")
    if explanation.overlay is not None:
        amount = _format(explanation)(explanation.overlay)
        screen.paragraph(text("cli.explain_overlay", amount=amount), style="dim")


def _equation(explanation: Explanation) -> str:
    """`98.1% = 981.00 ÷ 1,000.00 RUB: renewed ÷ due · policy 2020-01`."""
    show = _format(explanation)
    value = explanation.value.value
    shown = numbers.NOTHING
    if value is not None:
        shown = _SHOW[explanation.kpi["unit"]](value) if explanation.is_ratio else show(value)
    unit = f" {explanation.currency}" if show is numbers.money and explanation.currency else ""
    if explanation.is_ratio:
        above, below = _amount(show, explanation.numerator), _amount(show, explanation.denominator)
        shown += f" = {above} ÷ {below}{unit}: {' ÷ '.join(_part_names(explanation))}"
    elif value is not None:
        shown += unit
    return f"{shown} · {text('cli.explain_policy', version=explanation.policy_version or '—')}"


def _format(explanation: Explanation) -> Callable[[Decimal], str]:
    """How parts are written: as numbers of things where no record is more than one thing."""
    if explanation.kpi["unit"] in ("days", "hours"):
        return numbers.money
    if explanation.kpi["unit"] != "ratio":
        return numbers.money if explanation.kpi["unit"] == "money" else numbers.count
    parts = [
        abs(part or Decimal(0))
        for month in explanation.months
        for account in month.accounts
        for record in account.records
        for part in (record.numerator, record.denominator)
    ]
    return numbers.count if max(parts, default=Decimal(0)) <= 1 else numbers.money


def _amount(show: Callable[[Decimal], str], amount: Decimal | None) -> str:
    return numbers.NOTHING if amount is None else show(amount)


def _part_names(explanation: Explanation) -> list[str]:
    """What numerator and denominator are, in words."""
    key = f"parts_{explanation.kpi['kpi_code']}"
    return text(f"cli.{key if key in catalogue('cli') else 'parts'}").split(" ÷ ")


class _Tree:
    """The table under the head; counts the records it leaves out."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        self.show = _format(explanation)
        self.hidden = 0
        self.by_month = not explanation.span.is_month and not explanation.is_cohort

    def table(self) -> Table:
        """Months where there are several, clients, records; the sum last."""
        names = _part_names(self.explanation) if self.explanation.is_ratio else [""]
        columns = [
            screen.prose(text("cli.explain_record")),
            screen.right(text("cli.explain_date")),
            screen.right(text("cli.explain_share")),
            *(screen.right(name) for name in names),
        ]
        table = screen.table(columns, [])
        for month in self.explanation.months:
            if self.by_month:
                self._add_month(table, month)
            for account in month.accounts:
                self._add_account(table, account)
        if self.explanation.kpi["class"] != "derived":  # a median is no sum of its records
            table.add_section()
            table.add_row("Σ", "", "", *self._parts(self.explanation), style="bold")
        return table

    def _parts(self, node: Any) -> list[Text]:
        parts = [node.numerator]
        if self.explanation.is_ratio:
            parts.append(node.denominator)
        return [Text(_amount(self.show, part)) for part in parts]

    def _add_month(self, table: Table, month: MonthPart) -> None:
        label = Text(f"{month.period:%Y-%m}", style="bold underline")
        notes = []
        if self.explanation.is_ratio and month.value.value is not None:
            notes.append(numbers.percent(month.value.value))
        if month.value.reason:
            notes.append(text(f"cli.reason_{month.value.reason}"))
        if month.policy_version not in (None, self.explanation.policy_version):
            notes.append(text("cli.explain_policy", version=month.policy_version))
        if notes:
            label.append(f"  {', '.join(notes)}", style="not bold not underline")
        table.add_row(label, "", "", *self._parts(month), style="bold")

    def _add_account(self, table: Table, account: AccountPart) -> None:
        indent = 2 if self.by_month else 0
        label = Text(account.name or text("cli.explain_no_client"), style="bold")
        if account.account_id:
            label.append(f" ({account.account_id})", style="not bold dim")
        table.add_row(_indented(label, indent), "", "", *self._parts(account))
        for record in account.records[:_SHOWN]:
            self._add_record(table, record, indent + 2)
        rest = account.records[_SHOWN:]
        if rest:
            self.hidden += len(rest)
            label = Text(text("cli.explain_more", count=numbers.number(len(rest))))
            parts = self._parts(part_of(rest))
            table.add_row(_indented(label, indent + 2), "", "", *parts, style="dim")

    def _add_record(self, table: Table, record: Record, indent: int) -> None:
        label = Text(_what(record))
        for line in ("; ".join(_details(record)), _of_whole_client(record.details)):
            label.append(f"\n{line}" if line else "", style="dim")
        on = record.details.get("record_on")
        table.add_row(
            _indented(label, indent),
            on.isoformat() if on else numbers.NOTHING,
            numbers.percent(record.share),
            *self._parts(record),
        )


def _details(record: Record) -> Iterator[str]:
    yield from _of_client(record.details)
    yield from _of_open_item(record.details)
    yield from _of_term(record.details)
    if record.reason and not (record.reason == "pending" and "starts_on" in record.details):
        yield text(f"cli.detail_{record.reason}")


def _of_client(found: dict[str, Any]) -> Iterator[str]:
    if "client_outcome" not in found:
        return
    yield text("cli.detail_recurring", **_both_ends(found, ""))
    yield text(f"cli.client_{found['client_outcome']}")


def _of_whole_client(found: dict[str, Any]) -> str:
    """Of an account of a holding: the amounts whose result is split over the accounts."""
    if "client" not in found:
        return ""
    return text("cli.detail_client", client=found["client"], **_both_ends(found, "client_"))


def _both_ends(found: dict[str, Any], of: str) -> dict[str, str]:
    ends = ("opening", "closing")
    return {end: _amount(numbers.money, found.get(f"{of}{end}")) for end in ends}


def _of_open_item(found: dict[str, Any]) -> Iterator[str]:
    if "due_on" in found:
        yield text("cli.detail_due", day=found["due_on"])
    if found.get("days_overdue", 0) > 0:
        yield text("cli.detail_overdue", days=found["days_overdue"])
    if "disputed" in found:
        yield text("cli.detail_disputed", amount=numbers.money(found["disputed"]))


def _of_term(found: dict[str, Any]) -> Iterator[str]:
    if "starts_on" not in found:
        return
    yield f"{found['starts_on']} – {found['ends_on']}"
    if "wins_back" in found:
        yield text("cli.detail_wins_back", terms=_some(found["wins_back"]))
        return
    outcome = text(f"cli.outcome_{found['outcome']}")
    yield f"{outcome}: {_some(found['renewed_by'])}" if "renewed_by" in found else outcome


def _indented(label: Text, columns: int) -> Padding:
    return Padding(label, (0, 0, 0, columns))


def _what(record: Record) -> str:
    """Document number and what it is."""
    found = record.details
    if "documents" in found:  # the client itself stands in the line above
        return text("cli.detail_documents", documents=_some(found["documents"]))
    kind = text(f"cli.record_{record.record_type}")
    if "corrects_id" in found:
        kind = text("cli.record_corrects", kind=kind, document=found["corrects_id"])
    if "family" in found:
        kind = f"{kind}, {found['family']}"
    if "state" in found:
        kind = f"{kind}, {text('cli.state_' + found['state'])}"
    return f"{record.record_id} · {kind}"


def _some(documents: list[str]) -> str:
    """The first documents, and how many more there are."""
    shown = ", ".join(documents[:_DOCUMENTS])
    rest = len(documents) - _DOCUMENTS
    return shown if rest <= 0 else text("cli.detail_more", shown=shown, count=rest)


def write_explanation(explanation: Explanation, form: str) -> None:
    """Writes every record, exact: JSON as the tree, CSV as one line per record."""
    if form == "json":
        export.write_json([_short(_as_object(explanation))], sys.stdout)
        return
    names = [
        "period", "window", "employee_id", "kpi_code", "account_id", "account", "record_type",
        "source", "record_id", "share", "numerator", "denominator", "reason", *DETAILS,
    ]  # fmt: skip
    export.write_csv(names, _lines(explanation), sys.stdout)


def _lines(explanation: Explanation) -> Iterator[list[object]]:
    window = explanation.span.window if explanation.is_cohort else "month"
    for month in explanation.months:
        for account in month.accounts:
            for record in account.records:
                details = [_flat(record.details.get(name)) for name in DETAILS]
                yield [
                    month.period, window, explanation.person["employee_id"],
                    explanation.kpi["kpi_code"], account.account_id, account.name,
                    record.record_type, record.source, record.record_id, _short(record.share),
                    _short(record.numerator), _short(record.denominator), record.reason, *details,
                ]  # fmt: skip


def _flat(value: object) -> object:
    return "; ".join(value) if isinstance(value, list) else _short(value)


def _short(value: Any) -> Any:
    """Amounts, however deep they lie, without zeros at their end."""
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, dict):
        return {key: _short(held) for key, held in value.items()}
    return [_short(held) for held in value] if isinstance(value, list) else value


def _as_object(explanation: Explanation) -> dict[str, object]:
    return {
        "kpi_code": explanation.kpi["kpi_code"],
        "employee_id": explanation.person["employee_id"],
        "name": explanation.person["name"],
        "period": explanation.span.period,
        "window": explanation.span.window,
        "first_period": explanation.span.first,
        "value": explanation.value.value,
        "reason": explanation.value.reason,
        "numerator": explanation.numerator,
        "denominator": explanation.denominator,
        "currency": explanation.currency,
        "policy_version": explanation.policy_version,
        "causes": [cause.params for cause in explanation.causes],
        "months": [asdict(month) for month in explanation.months],
    }
