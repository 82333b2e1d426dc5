"""What arrives when: the first delivery, and what each later day adds.

The CRM exports CSV files, the accounting system is a database, and a branch that keeps books of its
own sends a register a month.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from kam_kpi.demo import stories_delivery as planted
from kam_kpi.demo.billing_database import DATABASE, database
from kam_kpi.demo.calendar import FIRST_DAY, FIRST_DELIVERY, days, month_end, months
from kam_kpi.demo.csv_files import EXPORTS, with_planted_rows
from kam_kpi.demo.facts import Facts
from kam_kpi.demo.register import Ledger, Register, row_counts, workbook

File = tuple[str, bytes]
"""Path below the inbox, and content."""


class Post:
    """Writes the company's files. A manifest comes before the file that it announces."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.branch = Ledger(facts, lambda account: account in planted.BRANCH_ACCOUNTS)
        self.late = Ledger(facts, lambda account: account == planted.LATE_ACCOUNT)

    def first(self) -> Iterator[File]:
        """The history: a file per export, the database, a register a month, planted ones too."""
        yield from self._exports(None, FIRST_DELIVERY)
        yield self._database(FIRST_DELIVERY)
        for month in months(FIRST_DAY, FIRST_DELIVERY):
            register = self.branch.register(month, month_end(month))
            if not register.has_all:
                continue
            if month == planted.CORRECTED_MONTH:
                yield from self._register(_before_correction(register))
                register = self.branch.register(month, planted.CORRECTED_ON)
            yield from self._register(register)
            if month == planted.DUPLICATED_MONTH:
                *_, (_, content) = self._register(register)
                name = planted.register_file(month, month_end(month), copy=" (1)")
                yield f"branch/{name}", content

    def later(self, after: date, day: date) -> Iterator[File]:
        """What arrives after `after` up to `day`: journals by day, the rest as of `day`."""
        yield from self._exports(after, day)
        yield self._database(day)
        for month in months(after + timedelta(days=1), day):
            register = self.branch.register(month, min(month_end(month), day))
            if register.has_all:
                yield from self._register(register)
        if after < planted.LATE_ON <= day:
            late = self.late.register(planted.LATE_MONTH, month_end(planted.LATE_MONTH))
            yield from self._register(late, planted.LATE_OFFICE)

    def _database(self, day: date) -> File:
        chosen = planted.BRANCH_ACCOUNTS | {planted.LATE_ACCOUNT}
        return DATABASE, database(self.facts, lambda account: account not in chosen, day)

    def _exports(self, after: date | None, day: date) -> Iterator[File]:
        for export in EXPORTS:
            spans = [(after, day)]
            if export.is_journal and after is not None:
                later = days(after + timedelta(days=1), day)
                spans = [(one - timedelta(days=1), one) for one in later]
            for begin, end in spans:
                rows = export.select(self.facts, begin, end)
                if rows:
                    content = with_planted_rows(export.content(rows), export, end)
                    yield f"{export.folder}/{export.file_name(end)}", content

    def _register(self, register: Register, office: str = "") -> Iterator[File]:
        name = planted.register_file(register.month, register.covers_to, office)
        manifest = {"covers_to": str(register.covers_to), "rows": row_counts(register)}
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        yield f"branch/{name}.manifest.json", f"{text}\n".encode()
        yield f"branch/{name}", workbook(register)


def _before_correction(register: Register) -> Register:
    return replace(
        register,
        invoices=[planted.before_correction(row) for row in register.invoices],
        lines=[
            replace(row, net=planted.net_before_correction(row.invoice_id, row.net))
            for row in register.lines
        ],
    )
