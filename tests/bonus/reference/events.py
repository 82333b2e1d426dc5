"""The records behind a measure: how far each is paid, and whether it is lost again."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests.bonus.reference import months
from tests.bonus.reference.inputs import Inputs, Row

ONE, NOTHING = Fraction(1), Fraction(0)


@dataclass(frozen=True)
class Event:
    """One source record credited to a person; its amount is its part of the measure."""

    record_type: str
    source: str
    record_id: str
    amount: Fraction
    period: date

    @property
    def key(self) -> tuple[str, str, str]:
        """What orders events and breaks ties: record id first."""
        return (self.record_id, self.source, self.record_type)


def events(rows: list[Row]) -> list[Event]:
    """Evidence by record, whatever roles and months it came in."""
    found: dict[tuple[str, str, str], Event] = {}
    for row in rows:
        key = (row["record_id"], row["source"], row["record_type"])
        before = found.get(key)
        amount = Fraction(row["numerator"] or 0) + (before.amount if before else 0)
        period = min(row["period"], before.period) if before else row["period"]
        found[key] = Event(row["record_type"], row["source"], row["record_id"], amount, period)
    return [found[key] for key in sorted(found)]


def invoice_of(inputs: Inputs, event: Event) -> Row | None:
    """The document that the record is, or is a line of."""
    if event.record_type in ("invoice", "credit_note"):
        return inputs.invoices.get((event.source, event.record_id))
    if event.record_type == "invoice_line":
        return inputs.invoices.get((event.source, event.record_id.rsplit("/", 1)[0]))
    return None


def lives(start: date, end: date | None, day: date) -> bool:
    """Whether what began on start and was undone on end stands on a day."""
    return start <= day and not (end is not None and end <= day)


# ------------------------------------------------------------------------------------------- cash


def cash(inputs: Inputs, invoice: Row) -> Fraction:
    """Money allocated to an invoice and not taken back; credit notes are never cash."""
    total = NOTHING
    for row in inputs.allocations_of.get(("invoice", invoice["source"], invoice["invoice_id"]), []):
        if not row["payment_id"] or not lives(row["applied_on"], row["undone_on"], inputs.as_of):
            continue
        payment = inputs.payments[row["source"], row["payment_id"]]
        if lives(payment["received_on"], payment["reversed_on"], inputs.as_of):
            total += Fraction(row["amount"]) * (1 if payment["amount"] > 0 else -1)
    return total


def is_applied(inputs: Inputs, allocation: Row) -> bool:
    """Whether a part of a credit note is applied and the note not voided since."""
    if not allocation["credit_note_id"]:
        return False
    note = inputs.invoices.get((allocation["source"], allocation["credit_note_id"]))
    is_alive = note is None or lives(note["issued_on"], note["voided_on"], inputs.as_of)
    return is_alive and lives(allocation["applied_on"], allocation["undone_on"], inputs.as_of)


def credited(inputs: Inputs, invoice: Row) -> Fraction:
    """Credit notes allocated to an invoice."""
    rows = inputs.allocations_of.get(("invoice", invoice["source"], invoice["invoice_id"]), [])
    return sum((Fraction(row["amount"]) for row in rows if is_applied(inputs, row)), NOTHING)


def covered(part: Fraction, whole: Fraction) -> Fraction:
    """part ÷ whole from 0 to 1; 0 ÷ 0 is 1."""
    return max(NOTHING, min(ONE, part / whole)) if whole > 0 else ONE


def invoice_paid(inputs: Inputs, invoice: Row) -> Fraction:
    """Cash ÷ gross after credit notes."""
    due = Fraction(invoice["gross"]) - credited(inputs, invoice)
    return covered(cash(inputs, invoice), due)


def note_paid(inputs: Inputs, note: Row) -> Fraction:
    """The paid ratio of what the credit note reduces: by its allocations, else by corrects_id."""
    rows = [
        row
        for row in inputs.allocations_of.get(
            ("credit_note", note["source"], note["invoice_id"]), []
        )
        if row["invoice_id"] and lives(row["applied_on"], row["undone_on"], inputs.as_of)
    ]
    applied = sum((Fraction(row["amount"]) for row in rows), NOTHING)
    if applied:
        parts = (
            Fraction(row["amount"])
            * invoice_paid(inputs, inputs.invoices[row["source"], row["invoice_id"]])
            for row in rows
        )
        return sum(parts, NOTHING) / applied
    corrected = inputs.invoices.get((note["source"], note.get("corrects_id") or ""))
    return ONE if corrected is None else invoice_paid(inputs, corrected)


def billed(inputs: Inputs, kind: str, source: str, record: str) -> list[Row]:
    """Documents of a deal or contract that stand on the day of the calculation."""
    return [
        row
        for row in inputs.invoices_of.get((kind, source, record), [])
        if lives(row["issued_on"], row["voided_on"], inputs.as_of)
    ]


def deal_ratio(inputs: Inputs, event: Event, is_paid: bool) -> Fraction:
    """Cash on, or gross of, the deal's invoices ÷ the deal's gross."""
    deal = inputs.deals[event.source, event.record_id]
    rows = billed(inputs, "deal", event.source, event.record_id)
    amounts = (
        cash(inputs, row) if is_paid and row["kind"] == "invoice"
        else NOTHING if is_paid else Fraction(row["gross"])
        for row in rows
    )  # fmt: skip
    gross = deal["gross"] if deal["gross"] is not None else deal["amount"]
    return covered(sum(amounts, NOTHING), Fraction(gross))


def contract_ratio(inputs: Inputs, event: Event, is_paid: bool) -> Fraction:
    """Cash on the contract's invoices ÷ their gross after credit notes; 0 before the first."""
    rows = billed(inputs, "contract", event.source, event.record_id.rsplit("/", 1)[0])
    rows = [row for row in rows if row["kind"] == "invoice"]
    if not rows:
        return NOTHING
    due = sum((Fraction(row["gross"]) - credited(inputs, row) for row in rows), NOTHING)
    return covered(sum((cash(inputs, row) for row in rows), NOTHING), due) if is_paid else ONE


def due_ratio(inputs: Inputs, event: Event, earn_on: str) -> Fraction:
    """How much of an event's earned amount is due by earn_on."""
    if earn_on == "signed":
        return ONE
    is_paid = earn_on == "paid"
    if event.record_type == "deal":
        return deal_ratio(inputs, event, is_paid)
    if event.record_type == "contract_term":
        return contract_ratio(inputs, event, is_paid)
    document = invoice_of(inputs, event)
    if document is None or not is_paid:
        return ONE
    if document["kind"] == "credit_note":
        return note_paid(inputs, document)
    return invoice_paid(inputs, document)


def is_released(inputs: Inputs, event: Event, days: int) -> bool:
    """Whether a held-back share is due: paid in full, or N days after the day of the event."""
    document = invoice_of(inputs, event)
    if document is not None:
        start = document["issued_on"]
    elif event.record_type == "deal":
        start = inputs.deals[event.source, event.record_id]["closed_on"]
    else:
        start = months.last_day(event.period)
    is_paid = event.record_type not in ("account",) and (due_ratio(inputs, event, "paid") == ONE)
    return is_paid or inputs.as_of >= start + timedelta(days=days)


# --------------------------------------------------------------------------------------- clawback


def written_off(inputs: Inputs, invoice: Row) -> Fraction:
    """Share of an invoice that was written off."""
    rows = inputs.write_offs_of.get((invoice["source"], invoice["invoice_id"]), [])
    amount = sum(
        (Fraction(row["amount"]) for row in rows if row["written_on"] <= inputs.as_of), NOTHING
    )
    return covered(amount, Fraction(invoice["gross"])) if amount > 0 else NOTHING


def long_overdue(inputs: Inputs, invoice: Row, days: int | None) -> Fraction:
    """Share of an invoice that is open more than so many days after its due date."""
    if days is None or invoice["due_on"] is None or invoice["kind"] == "credit_note":
        return NOTHING
    if inputs.as_of <= invoice["due_on"] + timedelta(days=days):
        return NOTHING
    return ONE - covered(
        cash(inputs, invoice) + credited(inputs, invoice), Fraction(invoice["gross"])
    )


def terminated(inputs: Inputs, source: str, contract: str | None, day: date, within: int) -> bool:
    """Whether a contract ended before its time within so many months after a day."""
    return any(
        row["is_terminated_early"]
        and day < row["ends_on"] < months.plus(day, within)
        and row["ends_on"] <= inputs.as_of
        for row in inputs.terms.get((source, contract or ""), [])
    )


def lost_share(inputs: Inputs, event: Event, policy: Row) -> Fraction:
    """Share of an event that clawback takes: terminated, written off, or open for too long."""
    within = policy["bonus_clawback_months"]
    if event.record_type == "deal":
        deal = inputs.deals[event.source, event.record_id]
        contract = (deal.get("contract_source") or event.source, deal.get("contract_id"))
        if terminated(inputs, *contract, deal["closed_on"], within):
            return ONE
        documents = billed(inputs, "deal", event.source, event.record_id)
    elif event.record_type == "contract_term":
        contract_id = event.record_id.rsplit("/", 1)[0]
        end = months.last_day(event.period)
        return ONE if terminated(inputs, event.source, contract_id, end, within) else NOTHING
    else:
        document = invoice_of(inputs, event)
        documents = [] if document is None else [document]
    documents = [row for row in documents if row["kind"] == "invoice" and row["gross"] > 0]
    whole = sum((Fraction(row["gross"]) for row in documents), NOTHING)
    overdue_days = policy["bonus_clawback_overdue_days"]
    gone = sum(
        (
            Fraction(row["gross"])
            * min(ONE, written_off(inputs, row) + long_overdue(inputs, row, overdue_days))
            for row in documents
        ),
        NOTHING,
    )
    return gone / whole if gone else NOTHING
