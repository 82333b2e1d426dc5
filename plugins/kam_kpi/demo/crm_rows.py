"""Rows of the demo company's CRM. Money is Decimal, instants are in company time."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Employee:
    """A KAM or a manager."""

    employee_id: str
    personnel_no: str
    name: str
    email: str
    grade: str
    manager_id: str | None
    hired_on: date
    left_on: date | None
    cost_center: str


@dataclass(frozen=True)
class Position:
    """Grade, team and manager of an employee for a while; `valid_to` exclusive."""

    employee_id: str
    manager_id: str | None
    grade: str
    team: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Account:
    """A client company; in the CRM from `created_on`."""

    account_id: str
    name: str
    parent_id: str | None
    segment: str
    industry: str
    country: str
    tax_id: str
    is_strategic: bool
    decision_makers: int
    created_on: date


@dataclass(frozen=True)
class Parent:
    """Membership of a holding; `valid_to` exclusive."""

    account_id: str
    parent_id: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Assignment:
    """Who is credited for an account; `valid_to` exclusive."""

    account_id: str
    employee_id: str
    role: str
    share: Decimal
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Product:
    """A sellable product; `margin` is the share of the price that stays."""

    product_id: str
    name: str
    family: str
    unit_cost: Decimal
    margin: Decimal
    is_recurring: bool


@dataclass(frozen=True)
class Contract:
    """One version of a contract, recorded at `modified_at`. `renews_id`: the contract it renews."""

    contract_id: str
    account_id: str
    product_id: str
    signed_on: date
    starts_on: date
    ends_on: date | None
    amount: Decimal
    modified_at: datetime
    currency: str = "RUB"
    notice_days: int = 30
    notice_given_on: date | None = None
    auto_renew: bool = False
    renewal_months: int | None = None
    status: str = "active"
    terminated_on: date | None = None
    termination_reason: str | None = None
    renews_id: str | None = None


@dataclass(frozen=True)
class Service:
    """What is billed for a contract from day to day, both included."""

    account_id: str
    contract_id: str
    product_id: str
    starts_on: date
    ends_on: date
    amount: Decimal


@dataclass(frozen=True)
class Deal:
    """One version of an opportunity."""

    deal_id: str
    account_id: str | None
    employee_id: str
    kind: str
    stage: str
    amount: Decimal | None
    gross: Decimal | None
    currency: str
    opened_on: date
    closed_on: date | None
    contract_id: str | None
    lost_reason: str | None
    modified_at: datetime


@dataclass(frozen=True)
class DealLine:
    """A line of a deal."""

    deal_id: str
    line_no: int
    product_id: str
    quantity: int
    amount: Decimal
    modified_at: datetime


@dataclass(frozen=True)
class Activity:
    """A call, meeting, letter or strategy session."""

    activity_id: str
    account_id: str
    employee_id: str
    kind: str
    happened_at: datetime
    duration_min: int
    outcome: str | None
    modified_at: datetime


@dataclass(frozen=True)
class Task:
    """One version of a task."""

    task_id: str
    account_id: str
    employee_id: str
    side: str
    created_at: datetime
    first_due_on: date
    due_on: date
    done_at: datetime | None
    state: str
    modified_at: datetime


@dataclass(frozen=True)
class Survey:
    """An answer to NPS or CSAT."""

    response_id: str
    account_id: str
    kind: str
    score: int
    scale_max: int
    answered_at: datetime
    modified_at: datetime


@dataclass(frozen=True)
class Escalation:
    """One version of a claim or incident."""

    escalation_id: str
    account_id: str
    employee_id: str
    topic: str
    severity: str
    opened_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    modified_at: datetime
