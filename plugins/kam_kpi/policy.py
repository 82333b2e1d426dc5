"""`<config>/policy.yml`: the parameters of the KPIs where the field disagrees, by validity."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from kam_kpi.sources.mapping import Strict


class Renewal(Strict):
    """When a contract term is due, and what renews it."""

    grace_days: StrictInt = Field(
        30, ge=0, le=366, description="days after the end in which a signature still renews a term"
    )
    min_term_months: StrictInt = Field(
        3, ge=0, le=60, description="shortest term that is a renewal; less only moves the end"
    )
    due_by: Literal["end", "notice_deadline"] = Field(
        "end", description="whether a term is due on its last day or on the last day for a notice"
    )
    evergreen: Literal["anniversary", "never"] = Field(
        "anniversary", description="when a contract without an end is due"
    )


class Churn(Strict):
    """When an account is lost, and when it is the same one again."""

    inactivity_months: StrictInt = Field(
        3, ge=1, le=36, description="months without recurring billing after which an account"
        " that never had a contract is lost",
    )  # fmt: skip
    reactivation_gap_days: StrictInt = Field(
        90, ge=0, le=1096, description="longest pause in days after which an account is the same"
        " one again",
    )  # fmt: skip
    recognise: Literal["end_of_service", "notice"] = Field(
        "end_of_service", description="day on which an account is lost"
    )


class CrossSell(Strict):
    """What is a new product family for an existing customer."""

    by: Literal["invoice_line", "won_deal"] = Field(
        "invoice_line", description="records that cross-sales are measured on"
    )
    lookback_months: StrictInt = Field(
        24, ge=1, le=120, description="months in which the family must not have been bought"
    )
    min_tenure_days: StrictInt = Field(
        90, ge=0, le=3660, description="days since the first invoice that make an existing customer"
    )
    credit_months: StrictInt = Field(
        12, ge=1, le=60, description="months from the first purchase that are credited"
    )


class Receivables(Strict):
    """How open items are measured at a month end."""

    credits: Literal["oldest_first", "ignore", "own_bucket"] = Field(
        "oldest_first", description="what unapplied payments and credit notes do to open items"
    )
    disputes: Literal["include", "exclude"] = Field(
        "include", description="whether disputed amounts count as open and overdue"
    )


class Aging(Strict):
    """Buckets of days overdue."""

    buckets: list[StrictInt] = Field(
        [0, 30, 60, 90], min_length=1, max_length=12,
        description="last day overdue of each bucket, in ascending order; one more has the rest",
    )  # fmt: skip

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.buckets != sorted(set(self.buckets)) or self.buckets[0] < 0:
            raise ValueError("buckets must be days from 0 in ascending order")
        return self


class Dso(Strict):
    """How many days of sales are outstanding."""

    days_basis: Annotated[Literal["actual", "30"], BeforeValidator(str)] = Field(
        "actual", description="whether months have their own days or 30 each"
    )


class Credit(Strict):
    """Who is credited for a deal."""

    deal_by: Literal["account_owner", "deal_employee"] = Field(
        "account_owner", description="who is credited for a deal"
    )


class Bonus(Strict):
    """What the bonus plans of all people share."""

    unpaid_absences: list[Annotated[str, Field(pattern=r"^\w+$", max_length=40)]] = Field(
        ["unpaid", "parental"], max_length=12,
        description="kinds of absence that reduce target, target bonus, caps, floors and draws",
    )  # fmt: skip
    clawback_months: StrictInt = Field(
        12, ge=0, le=60, description="months from the event in which a termination takes a bonus"
        " back",
    )  # fmt: skip
    clawback_overdue_days: StrictInt = Field(
        0, ge=0, le=3660, description="days after the due date from which an open invoice takes a"
        " bonus back; 0: never",
    )  # fmt: skip
    restate_months: StrictInt = Field(
        12, ge=0, le=120, description="age in months up to which changed facts of a closed month"
        " are paid",
    )  # fmt: skip
    restate_min_amount: StrictInt = Field(
        1, ge=0, le=1_000_000, description="differences below this amount wait until they add up"
        " to it",
    )  # fmt: skip


class PolicyVersion(Strict):
    """One version of the policy, in force from valid_from until the next one begins."""

    version: str = Field(min_length=1)
    valid_from: date
    grain: Literal["holding", "account"] = Field(
        "holding", description="what is one client in churn, retention and cross-sales"
    )
    renewal: Renewal = Renewal()
    churn: Churn = Churn()
    cross_sell: CrossSell = CrossSell()
    receivables: Receivables = Receivables()
    aging: Aging = Aging()
    dso: Dso = Dso()
    credit: Credit = Credit()
    bonus: Bonus = Bonus()

    def row(self) -> dict[str, Any]:
        """The version as one flat row: `grain`, then `<section>_<parameter>`."""
        flat: dict[str, Any] = {"policy_version": self.version}
        for section, held in self.model_dump(exclude={"version"}).items():
            if isinstance(held, dict):
                flat |= {f"{section}_{name}": value for name, value in held.items()}
            else:
                flat[section] = held
        return flat


class Policy(Strict):
    """All versions, oldest first."""

    versions: list[PolicyVersion] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        starts = [version.valid_from for version in self.versions]
        if starts != sorted(set(starts)):
            raise ValueError("versions must begin on different days, oldest first")
        names = [version.version for version in self.versions]
        if len(names) != len(set(names)):
            raise ValueError("versions must have different names")
        if any(day.day != 1 for day in starts):
            raise ValueError("a version begins on the first day of a month")
        return self

    def rows(self) -> list[dict[str, Any]]:
        """One row per version with valid_from and exclusive valid_to (None for the last)."""
        ends = [version.valid_from for version in self.versions[1:]] + [None]
        return [
            {**version.row(), "valid_to": end}
            for version, end in zip(self.versions, ends, strict=True)
        ]
