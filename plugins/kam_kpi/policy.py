"""`<config>/policy.yml`: the parameters of the KPIs where the field disagrees, by validity."""

from datetime import date
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from kam_kpi.sources.mapping import Strict


class Renewal(Strict):
    """Which renewals count."""

    grace_days: int = Field(30, ge=0, le=366)
    min_term_months: int = Field(3, ge=0, le=60)


class Churn(Strict):
    """When an account that has no contract terms is gone, and when it is the same one again."""

    inactivity_months: int = Field(3, ge=1, le=36)
    reactivation_gap_days: int = Field(90, ge=0, le=1096)


class CrossSell(Strict):
    """What is a new product family for an existing customer."""

    lookback_months: int = Field(24, ge=1, le=120)
    min_tenure_days: int = Field(90, ge=0, le=3660)
    credit_months: int = Field(12, ge=1, le=60)


class Receivables(Strict):
    """How credits that nobody applied reduce open items."""

    credits: Literal["oldest_first"] = "oldest_first"


class Credit(Strict):
    """Who is credited for a deal."""

    deal_by: Literal["account_owner", "deal_employee"] = "account_owner"


class PolicyVersion(Strict):
    """One version of the policy, in force from valid_from until the next one begins."""

    version: str = Field(min_length=1)
    valid_from: date
    renewal: Renewal = Renewal()
    churn: Churn = Churn()
    cross_sell: CrossSell = CrossSell()
    receivables: Receivables = Receivables()
    credit: Credit = Credit()

    def row(self) -> dict[str, Any]:
        """The version as one flat row: `<section>_<parameter>`."""
        flat: dict[str, Any] = {"policy_version": self.version, "valid_from": self.valid_from}
        for section in ("renewal", "churn", "cross_sell", "receivables", "credit"):
            for name, value in getattr(self, section).model_dump().items():
                flat[f"{section}_{name}"] = value
        return flat


class Policy(Strict):
    """All versions, oldest first."""

    versions: list[PolicyVersion] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        starts = [version.valid_from for version in self.versions]
        if starts != sorted(set(starts)):
            raise ValueError("versions must begin on different days, oldest first")
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
