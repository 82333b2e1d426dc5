"""What KAMs do for ordinary clients, and what these think of it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from kam_kpi.demo.accounts import Owners
from kam_kpi.demo.calendar import FIRST_DAY, LAST_DAY, add_months, at, days, months, stream
from kam_kpi.demo.crm_rows import Account, Activity, Assignment, Escalation, Survey, Task

_KINDS = ("Звонок", "Встреча", "Письмо", "Стратегическая сессия")
_MINUTES = {"Звонок": 15, "Встреча": 60, "Письмо": 10, "Стратегическая сессия": 120}
_OUTCOMES = ("Договорились", "Думают", "Перенесли", None)
_TOPICS = ("Недоступность канала", "Ошибка в счёте", "Долгий ответ", "Качество связи")


def activities(seed: int, rows: list[Assignment]) -> list[Activity]:
    """About one activity per KAM and working day, with clients the KAM owns that day."""
    books: dict[str, list[Assignment]] = {}
    for row in rows:
        if row.role == "owner":
            books.setdefault(row.employee_id, []).append(row)
    result: list[Activity] = []
    for employee_id, book in sorted(books.items()):
        for month in months(FIRST_DAY, LAST_DAY):
            rng = stream(seed, "activity", employee_id, month)
            result += _month_of_activities(employee_id, book, month, rng)
    return result


def _month_of_activities(
    employee_id: str, book: list[Assignment], month: date, rng: random.Random
) -> Iterator[Activity]:
    own = [
        row.account_id
        for row in book
        if row.valid_from <= month
        and (row.valid_to is None or row.valid_to >= add_months(month, 1))
    ]
    for day in days(month, add_months(month, 1) - timedelta(days=1)):
        if not own:
            continue
        is_weekend = day.weekday() > 4
        for number in range(rng.choices((0, 1, 2), (88, 12, 0) if is_weekend else (30, 45, 25))[0]):
            kind = "Письмо" if is_weekend else rng.choices(_KINDS, (50, 18, 30, 2))[0]
            happened_at = at(day, rng)
            minutes = _MINUTES[kind] + rng.randrange(0, 4) * 5
            yield Activity(
                f"АК-{employee_id}-{day:%y%m%d}-{number + 1}", rng.choice(own), employee_id, kind,
                happened_at, minutes, rng.choice(_OUTCOMES),
                happened_at + timedelta(minutes=minutes),
            )  # fmt: skip


def tasks(seed: int, accounts: list[Account], owners: Owners) -> list[Task]:
    """Versions of tasks: agreed, sometimes put off, mostly done."""
    result = []
    for account in accounts:
        for month in months(max(FIRST_DAY, account.created_on), LAST_DAY):
            rng = stream(seed, "task", account.account_id, month)
            if rng.random() < 0.3:
                task_id = f"ЗД-{month:%y%m}-{account.account_id[1:]}"
                result += _task(task_id, account, owners, month, rng)
    return result


def _task(
    task_id: str, account: Account, owners: Owners, month: date, rng: random.Random
) -> list[Task]:
    created_at = at(max(month, account.created_on) + timedelta(days=rng.randrange(28)), rng)
    created_on = created_at.date()
    due_on = created_on + timedelta(days=rng.randint(3, 21))
    side = rng.choices(("client", "team"), (70, 30))[0]
    first = Task(
        task_id, account.account_id, owners.on(account.account_id, created_on), side,
        created_at, due_on, due_on, None, "В работе", created_at,
    )  # fmt: skip
    versions = [first]
    if rng.random() < 0.12:
        moved_at = at(due_on, rng)
        later = due_on + timedelta(days=rng.randint(3, 10))
        versions.append(replace(first, due_on=later, modified_at=moved_at))
    if rng.random() < 0.95:
        last = versions[-1]
        done_at = at(max(last.due_on + timedelta(days=rng.randint(-2, 2)), created_on), rng)
        done_at = max(done_at, last.modified_at + timedelta(minutes=5))
        versions.append(replace(last, done_at=done_at, state="Выполнена", modified_at=done_at))
    return versions


def surveys(seed: int, accounts: list[Account]) -> list[Survey]:
    """NPS twice a year from half of the clients, CSAT now and then."""
    result = []
    for account in accounts:
        for month in months(max(FIRST_DAY, add_months(account.created_on, 3)), LAST_DAY):
            rng = stream(seed, "survey", account.account_id, month)
            day = month + timedelta(days=rng.randrange(28))
            answered_at = at(day, rng)
            number = f"{month:%y%m}-{account.account_id[1:]}"
            if month.month in (4, 10) and rng.random() < 0.5:
                score = rng.choices(range(11), (1, 1, 1, 1, 2, 4, 7, 14, 22, 26, 21))[0]
                result.append(_answer(f"NPS-{number}", account, "nps", score, 10, answered_at))
            if rng.random() < 0.05:
                score = rng.choices(range(1, 6), (2, 4, 12, 40, 42))[0]
                result.append(_answer(f"CSAT-{number}", account, "csat", score, 5, answered_at))
    return result


def _answer(
    response_id: str, account: Account, kind: str, score: int, scale: int, answered_at: datetime
) -> Survey:
    return Survey(response_id, account.account_id, kind, score, scale, answered_at, answered_at)


def escalations(seed: int, accounts: list[Account], owners: Owners) -> list[Escalation]:
    """Versions of a few claims a month: opened, answered, resolved."""
    result = []
    for month in months(FIRST_DAY, LAST_DAY):
        rng = stream(seed, "escalation", month)
        known = [account for account in accounts if account.created_on < month]
        for number in range(1, rng.randint(1, 4)):
            account = rng.choice(known)
            opened_at = at(month + timedelta(days=rng.randrange(28)), rng)
            owner = owners.on(account.account_id, opened_at.date())
            severity = rng.choices(("Критичная", "Высокая", "Обычная"), (15, 35, 50))[0]
            opened = Escalation(
                f"ЭС-{month:%y%m}-{number}", account.account_id, owner, rng.choice(_TOPICS),
                severity, opened_at, None, None, opened_at,
            )  # fmt: skip
            answered_at = opened_at + timedelta(minutes=rng.randint(10, 900))
            answered = replace(opened, first_response_at=answered_at, modified_at=answered_at)
            resolved_at = answered_at + timedelta(minutes=rng.randint(60, 15000))
            resolved = replace(answered, resolved_at=resolved_at, modified_at=resolved_at)
            result += [opened, answered, resolved]
    return result
