"""The CSV exports of the CRM and of HR, as bytes.

Snapshots show what is known on a day. Journals show what was recorded within some days.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kam_kpi.demo import stories_delivery as planted
from kam_kpi.demo.calendar import FIRST_DELIVERY, money, month_end
from kam_kpi.demo.facts import Facts

NBSP = "\u00a0"
_STATUS = {
    "draft": "Черновик", "active": "Действует", "terminated": "Расторгнут", "expired": "Завершён",
}  # fmt: skip
_DEAL_KIND = {
    "new": "Новый", "renewal": "Продление", "cross_sell": "Кросс-продажа", "upsell": "Допродажа",
    "other": "Прочее",
}  # fmt: skip
_ROLE = {"owner": "Владелец", "overlay": "Эксперт"}
_GRADE = {"junior": "Младший", "middle": "Средний", "senior": "Старший", "head": "Руководитель"}
_ABSENCE = {"vacation": "Отпуск", "unpaid": "Без сохранения"}
_DRAW = {"guarantee_recoverable": "Гарантия с возвратом"}
_SIDE = {"client": "Клиент", "team": "Команда"}

Getter = Callable[[Any], Any]
Select = Callable[[Facts, date], Iterable[Any]]


@dataclass(frozen=True)
class Export:
    """One kind of file: its columns, and the rows it has on a day."""

    folder: str
    feed: str
    columns: dict[str, Getter]
    rows: Select
    is_journal: bool = False
    encoding: str = "utf-8"

    def select(self, facts: Facts, after: date | None, day: date) -> list[Any]:
        """Rows known on `day`; of a journal those recorded after `after`, to `day` included."""
        rows = self.rows(facts, day)
        if not self.is_journal:
            return list(rows)
        recorded = [
            row
            for row in rows
            if row.modified_at.date() <= day and (after is None or row.modified_at.date() > after)
        ]
        return sorted(recorded, key=lambda row: row.modified_at)

    def file_name(self, day: date) -> str:
        """Name of the file that covers to `day`."""
        return f"{self.feed}_{day}.csv"

    def content(self, rows: Iterable[Any]) -> bytes:
        """The file: a header and `rows`."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
        writer.writerow(self.columns)
        for row in rows:
            writer.writerow([written(get(row)) for get in self.columns.values()])
        return buffer.getvalue().encode(self.encoding)


def written(value: Any) -> str:
    """A value as the exports write it: `1 234,56` with a no-break space, dd.mm.yyyy, Да or Нет."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Да" if value else "Нет"
    if isinstance(value, Decimal):
        return f"{value:,f}".replace(",", NBSP).replace(".", ",")
    if isinstance(value, datetime):
        return value.strftime("%d.%m.%Y %H:%M:%S")
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y")
    return str(value)


def _money(value: Decimal | None) -> Decimal | None:
    return None if value is None else money(value)


def with_planted_rows(content: bytes, export: Export, day: date) -> bytes:
    """The first file of deals has two rows that no system should have written."""
    if export.feed != "deals" or day != FIRST_DELIVERY:
        return content
    lines = content.decode(export.encoding).split("\r\n")
    lines.insert(planted.BROKEN_LINE - 1, planted.BROKEN_DEAL)
    lines.insert(planted.UNPARSABLE_LINE - 1, planted.UNPARSABLE_DEAL)
    return "\r\n".join(lines).encode(export.encoding)


def _until(day: date) -> Getter:
    """The end of validity, once it has come."""
    return lambda row: row.valid_to if row.valid_to and row.valid_to <= day else None


def _valid(rows: Iterable[Any], day: date) -> list[tuple[Any, date | None]]:
    return [(row, _until(day)(row)) for row in rows if row.valid_from <= day]


def _assignments(facts: Facts, day: date) -> list[tuple[Any, date | None]]:
    known = {account.account_id for account in facts.accounts if account.created_on <= day}
    return _valid([row for row in facts.assignments if row.account_id in known], day)


def _parents(facts: Facts, day: date) -> list[tuple[Any, date | None]]:
    return _valid(facts.parents, day)


EXPORTS = (
    Export("crm", "accounts", {
        "ID": lambda r: r.account_id, "Название": lambda r: r.name,
        "Холдинг": lambda r: r.parent_id, "Сегмент": lambda r: r.segment,
        "Отрасль": lambda r: r.industry, "Страна": lambda r: r.country,
        "ИНН": lambda r: r.tax_id, "Стратегический": lambda r: r.is_strategic,
        "ЛПР": lambda r: r.decision_makers, "Создан": lambda r: r.created_on,
        "Удалён": lambda r: False,
    }, lambda f, day: (r for r in f.accounts if r.created_on <= day), encoding="cp1251"),
    Export("crm", "holdings", {
        "Клиент": lambda r: r[0].account_id, "Холдинг": lambda r: r[0].parent_id,
        "С": lambda r: r[0].valid_from, "По": lambda r: r[1],
    }, _parents),
    Export("crm", "employees", {
        "ID": lambda r: r.employee_id, "Табельный номер": lambda r: r.personnel_no,
        "ФИО": lambda r: r.name, "Почта": lambda r: r.email, "Грейд": lambda r: _GRADE[r.grade],
        "Руководитель": lambda r: r.manager_id, "Принят": lambda r: r.hired_on,
        "Уволен": lambda r: r.left_on, "ЦФО": lambda r: r.cost_center,
    }, lambda f, day: (r for r in f.employees if r.hired_on <= day)),
    Export("crm", "positions", {
        "Сотрудник": lambda r: r[0].employee_id, "Руководитель": lambda r: r[0].manager_id,
        "Грейд": lambda r: _GRADE[r[0].grade], "Команда": lambda r: r[0].team,
        "С": lambda r: r[0].valid_from, "По": lambda r: r[1],
    }, lambda f, day: _valid(f.positions, day)),
    Export("crm", "assignments", {
        "Клиент": lambda r: r[0].account_id, "Сотрудник": lambda r: r[0].employee_id,
        "Роль": lambda r: _ROLE[r[0].role], "Доля": lambda r: r[0].share,
        "С": lambda r: r[0].valid_from, "По": lambda r: r[1],
    }, _assignments),
    Export("crm", "products", {
        "Код": lambda r: r.product_id, "Наименование": lambda r: r.name,
        "Семейство": lambda r: r.family, "Себестоимость": lambda r: _money(r.unit_cost),
        "Продаётся": lambda r: True,
    }, lambda f, day: f.products),
    Export("crm", "contracts", {
        "Номер": lambda r: r.contract_id, "Клиент": lambda r: r.account_id,
        "Услуга": lambda r: r.product_id, "Подписан": lambda r: r.signed_on,
        "Начало": lambda r: r.starts_on, "Окончание": lambda r: r.ends_on,
        "Срок уведомления": lambda r: r.notice_days, "Уведомление": lambda r: r.notice_given_on,
        "Автопродление": lambda r: r.auto_renew, "Месяцев": lambda r: r.renewal_months,
        "В месяц": lambda r: _money(r.amount), "Валюта": lambda r: r.currency,
        "Статус": lambda r: _STATUS[r.status], "Расторгнут": lambda r: r.terminated_on,
        "Причина": lambda r: r.termination_reason, "Продлевает": lambda r: r.renews_id,
        "Изменён": lambda r: r.modified_at,
    }, lambda f, day: f.contracts, is_journal=True),
    Export("crm", "deals", {
        "ID": lambda r: r.deal_id, "Клиент": lambda r: r.account_id,
        "Ответственный": lambda r: r.employee_id, "Вид": lambda r: _DEAL_KIND[r.kind],
        "Стадия": lambda r: r.stage, "Сумма": lambda r: _money(r.amount),
        "Сумма с НДС": lambda r: _money(r.gross), "Валюта": lambda r: r.currency,
        "Открыта": lambda r: r.opened_on, "Закрыта": lambda r: r.closed_on,
        "Договор": lambda r: r.contract_id, "Причина отказа": lambda r: r.lost_reason,
        "Изменён": lambda r: r.modified_at,
    }, lambda f, day: f.deals, is_journal=True),
    Export("crm", "deal_lines", {
        "Сделка": lambda r: r.deal_id, "Строка": lambda r: r.line_no,
        "Товар": lambda r: r.product_id, "Количество": lambda r: r.quantity,
        "Сумма": lambda r: _money(r.amount), "Изменён": lambda r: r.modified_at,
    }, lambda f, day: f.deal_lines, is_journal=True),
    Export("crm", "activities", {
        "ID": lambda r: r.activity_id, "Клиент": lambda r: r.account_id,
        "Сотрудник": lambda r: r.employee_id, "Вид": lambda r: r.kind,
        "Когда": lambda r: r.happened_at, "Минут": lambda r: r.duration_min,
        "Итог": lambda r: r.outcome, "Изменён": lambda r: r.modified_at,
    }, lambda f, day: f.activities, is_journal=True),
    Export("crm", "tasks", {
        "ID": lambda r: r.task_id, "Клиент": lambda r: r.account_id,
        "Сотрудник": lambda r: r.employee_id, "Сторона": lambda r: _SIDE[r.side],
        "Создана": lambda r: r.created_at, "Первый срок": lambda r: r.first_due_on,
        "Срок": lambda r: r.due_on, "Выполнена": lambda r: r.done_at,
        "Состояние": lambda r: r.state, "Изменён": lambda r: r.modified_at,
    }, lambda f, day: f.tasks, is_journal=True, encoding="utf-8-sig"),
    Export("crm", "surveys", {
        "ID": lambda r: r.response_id, "Клиент": lambda r: r.account_id,
        "Опрос": lambda r: r.kind.upper(), "Оценка": lambda r: r.score,
        "Шкала": lambda r: r.scale_max, "Ответ": lambda r: r.answered_at,
        "Изменён": lambda r: r.modified_at,
    }, lambda f, day: f.surveys, is_journal=True),
    Export("crm", "escalations", {
        "ID": lambda r: r.escalation_id, "Клиент": lambda r: r.account_id,
        "Сотрудник": lambda r: r.employee_id, "Тема": lambda r: r.topic,
        "Важность": lambda r: r.severity, "Открыта": lambda r: r.opened_at,
        "Первый ответ": lambda r: r.first_response_at, "Решена": lambda r: r.resolved_at,
        "Изменён": lambda r: r.modified_at,
    }, lambda f, day: f.escalations, is_journal=True),
    Export("hr", "salaries", {
        "Сотрудник": lambda r: r[0].employee_id, "С": lambda r: r[0].valid_from,
        "По": lambda r: r[1], "Оклад": lambda r: _money(r[0].monthly_base),
        "Целевая премия": lambda r: _money(r[0].target_bonus), "Валюта": lambda r: "RUB",
    }, lambda f, day: _valid(f.salaries, day), encoding="cp1251"),
    Export("hr", "targets", {
        "Сотрудник": lambda r: r.employee_id, "Показатель": lambda r: r.measure,
        "Месяц": lambda r: r.period, "План": lambda r: _money(r.amount),
        "Утвердил": lambda r: r.approved_by,
    }, lambda f, day: (r for r in f.targets if r.period.year <= day.year)),
    Export("hr", "scores", {
        "Сотрудник": lambda r: r.employee_id, "Цель": lambda r: r.component,
        "Месяц": lambda r: r.period, "Оценка": lambda r: r.score,
        "Утвердил": lambda r: r.approved_by,
    }, lambda f, day: (r for r in f.scores if month_end(r.period) <= day)),
    Export("hr", "absences", {
        "Сотрудник": lambda r: r.employee_id, "Вид": lambda r: _ABSENCE[r.kind],
        "С": lambda r: r.from_on, "По": lambda r: r.to_on,
    }, lambda f, day: (r for r in f.absences if r.from_on <= day)),
    Export("hr", "draws", {
        "Сотрудник": lambda r: r[0].employee_id, "Вид": lambda r: _DRAW[r[0].kind],
        "Сумма": lambda r: _money(r[0].amount), "С": lambda r: r[0].valid_from,
        "По": lambda r: r[1],
    }, lambda f, day: _valid(f.draws, day)),
)  # fmt: skip
