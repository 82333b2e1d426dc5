"""A random plan version as rows of the plan tables."""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.bonus.random_choices import Choices
from tests.bonus.reference.company import Company

MONEY = ("revenue", "won_revenue")
RATIOS = ("renewal_rate_value", "nrr", "logo_churn_rate")
COHORT_WINDOWS = ("month", "quarter", "rolling_3", "rolling_12")


@dataclass
class PlanWriter:
    """Writes one version of one plan."""

    choose: Choices
    company: Company
    code: str
    version: int = 1
    is_contested: bool = False
    codes: list[str] = field(default_factory=list)

    def write(self) -> None:
        """The plan with components, tiers and gates."""
        pick = self.choose
        base = pick.one("target_bonus", "target_bonus", "salary_share", "none")
        self.company.plan(
            self.code, version=self.version, base=base,
            cap=pick.maybe(25, pick.money(9000)), floor=pick.maybe(15, pick.money(500)),
        )  # fmt: skip
        if base != "none":
            share = pick.decimal(5, 60, 2) if base == "salary_share" else None
            for weight in self.weights():
                self.weighted(weight, share)
        for _ in range(pick.number(0 if base != "none" else 1, 2)):
            pick.one(self.rated, self.rated, self.fixed)()
        for _ in range(pick.one(0, 0, 1, 2)):
            self.gate()

    def weights(self) -> list[Decimal]:
        """One to three weights that sum to 1."""
        cuts = sorted({self.choose.number(1, 999) for _ in range(self.choose.number(0, 2))})
        edges = [0, *cuts, 1000]
        return [Decimal(b - a) / 1000 for a, b in pairwise(edges)]

    def component(self, **values: Any) -> str:
        """A component with what any kind may have; gives its code."""
        pick, code = self.choose, f"c{len(self.codes)}"
        self.codes.append(code)
        shared = {
            "version": self.version, "on_null": pick.one("zero", "redistribute", "hold"),
            "cap": pick.maybe(20, pick.money(4000)), "floor": pick.maybe(10, pick.money(300)),
            "clawback_mode": pick.one("recompute", "line_only", "none"),
        }  # fmt: skip
        self.company.component(code, self.code, **shared | values)
        return code

    def tiers(self, code: str, ends: list[Decimal], values: list[Decimal], **shape: Any) -> None:
        """Tiers between the ends; the last is open where there is one value more."""
        bounds: list[Decimal | None] = [*ends, None]
        rows = list(zip(ends, bounds[1 : len(values) + 1], values, strict=False))
        shape.setdefault("boundary", self.choose.one("lower_inclusive", "upper_inclusive"))
        self.company.tiers(rows, code, self.code, self.version, **shape)

    def ends(self, least: int, most: int, places: int) -> list[Decimal]:
        """Two to four ascending bounds, mostly from 0."""
        pick = self.choose
        found = {pick.number(least, most) for _ in range(pick.number(1, 3))}
        start = 0 if pick.chance(80) else pick.number(1, least)
        return [Decimal(end).scaleb(-places) for end in sorted({start, *found})]

    def values(self, count: int, least: int, most: int, places: int) -> list[Decimal]:
        """So many values of tiers."""
        return [self.choose.decimal(least, most, places) for _ in range(count)]

    # weighted ------------------------------------------------------------------------------------

    def weighted(self, weight: Decimal, share: Decimal | None) -> None:
        """A part of the target bonus, by money, count, ratio or score."""
        pick = self.choose
        shared = {"weight": weight, "salary_share": share, "kind": "weighted"}
        interval = pick.one("month", "month", "month", "quarter", "year")
        kind = pick.number(0, 9)
        if kind == 9:
            self.component(**shared | {"kind": "mbo", "measure": None, "interval": interval})
        elif kind >= 6:
            self.by_ratio(shared, interval)
        else:
            measure = pick.one("revenue", "revenue", "won_revenue", "renewals_count")
            self.by_attainment(shared, measure, interval)

    def by_attainment(self, shared: dict[str, Any], measure: str, interval: str) -> None:
        """A measure against its target, with or without tiers."""
        pick = self.choose
        is_cumulative = pick.chance(15)
        code = self.component(
            **shared, measure=measure, interval=interval, **self.target(measure),
            accumulation="cumulative_true_up" if is_cumulative else "per_interval",
            measure_window="ytd" if is_cumulative else None,
            on_null=pick.one("zero", "redistribute", "hold", "target"),
            **({} if is_cumulative else self.settlement(measure)),
        )  # fmt: skip
        if pick.chance(65):
            self.payout_tiers(code)

    def payout_tiers(self, code: str) -> None:
        """Tiers on attainment that give a payout share, or multiply attainment."""
        pick = self.choose
        ends = self.ends(20, 160, 2)
        value_is = pick.one("payout_pct", "payout_pct", "multiplier")
        mode = pick.one("flat", "marginal") if value_is == "multiplier" else "flat"
        count = len(ends)
        if value_is == "payout_pct" and count > 1 and pick.chance(40):
            mode, count = "interpolated", count - 1
        elif count > 1 and pick.chance(25):
            count -= 1
        self.tiers(
            code, ends, self.values(count, 0, 180, 2), basis="attainment", value_is=value_is,
            mode=mode,
        )  # fmt: skip

    def by_ratio(self, shared: dict[str, Any], interval: str) -> None:
        """A ratio: by attainment, or lower is better."""
        pick, measure = self.choose, self.choose.one(*RATIOS)
        lag = pick.one(0, 1) if interval == "month" else 0
        is_lower = measure == "logo_churn_rate"
        code = self.component(
            **shared, measure=measure, interval=interval, measure_lag_months=lag,
            measure_window=pick.one(*COHORT_WINDOWS), target_source="value",
            target_value=pick.decimal(2, 40, 2) if is_lower else pick.decimal(50, 120, 2),
            direction="lower" if is_lower else "higher",
            on_null=pick.one("redistribute", "target", "zero", "hold"),
        )  # fmt: skip
        if is_lower:
            ends = self.ends(2, 60, 2)
            self.tiers(
                code, [Decimal(0), *ends[1:]], self.values(len(ends), 0, 150, 2),
                basis="attainment", value_is="payout_pct", mode="flat",
            )  # fmt: skip
        elif pick.chance(60):
            self.payout_tiers(code)

    def target(self, measure: str) -> dict[str, Any]:
        """Where the target comes from."""
        pick = self.choose
        if pick.chance(60):
            return {"target_source": "target"}
        value = Decimal(pick.number(1, 8)) if measure == "renewals_count" else pick.money(9000)
        return {"target_source": "value", "target_value": value}

    def settlement(self, measure: str) -> dict[str, Any]:
        """When what is earned on money falls due."""
        pick = self.choose
        if measure not in MONEY:
            return {}
        earn_on = pick.one("signed", "signed", "invoiced", "paid", "paid")
        if earn_on == "paid" or pick.chance(60):
            return {"earn_on": earn_on}
        return {
            "earn_on": earn_on, "holdback_share": pick.decimal(5, 50, 2),
            "holdback_days": pick.one(0, 15, 30, 60, 90),
        }  # fmt: skip

    # rates and fixed amounts ---------------------------------------------------------------------

    def rated(self) -> None:
        """A share of money."""
        pick, measure = self.choose, self.choose.one(*MONEY)
        kind = pick.one("per_interval", "per_event", "cumulative_true_up")
        is_cumulative, is_attained = kind == "cumulative_true_up", False
        values: dict[str, Any] = {
            "kind": "rate", "measure": measure, "rate": pick.decimal(1, 200, 3),
            "interval": pick.one("month", "month", "quarter", "year"), "accumulation": kind,
            "prorate": pick.chance(30), "measure_window": "ytd" if is_cumulative else None,
            "on_null": pick.one("zero", "hold"),
        }  # fmt: skip
        shape = pick.number(0, 4)
        if shape == 4 and kind != "per_event":
            is_attained = True
            values |= self.target(measure)
        code = self.component(**values | ({} if is_cumulative else self.settlement(measure)))
        if is_attained:
            ends = self.ends(20, 160, 2)
            self.tiers(
                code, ends, self.values(len(ends), 50, 200, 2), basis="attainment",
                value_is="multiplier", mode=pick.one("marginal", "flat"),
            )  # fmt: skip
        elif shape >= 1:
            self.rate_tiers(code)

    def rate_tiers(self, code: str) -> None:
        """Rates on the amount, or lump amounts by the share of the tier covered."""
        pick, ends = self.choose, self.ends(100, 9000, 0)
        count = len(ends) - 1 if len(ends) > 1 and pick.chance(30) else len(ends)
        if len(ends) > 1 and pick.chance(25):
            self.tiers(
                code, ends, self.values(len(ends) - 1, 0, 900, 0), mode="interpolated",
                value_is="amount", basis="amount",
            )  # fmt: skip
            return
        self.tiers(
            code, ends, self.values(count, 0, 200, 3), mode=pick.one("flat", "marginal"),
            value_is="rate", basis="amount",
        )  # fmt: skip

    def fixed(self) -> None:
        """An amount per renewal, sometimes by their number."""
        pick = self.choose
        code = self.component(
            kind="fixed", measure="renewals_count", amount=pick.money(300),
            interval=pick.one("month", "quarter") if self.is_contested else "month",
            accumulation="per_interval", prorate=pick.chance(30),
            on_null=pick.one("zero", "hold"),
        )  # fmt: skip
        if pick.chance(40):
            ends = [Decimal(0), *(Decimal(n) for n in sorted({pick.number(1, 4) for _ in "12"}))]
            value_is = pick.one("amount", "multiplier")
            most = 300 if value_is == "amount" else 3
            self.tiers(
                code, ends, self.values(len(ends), 0, most, 0), basis="count",
                value_is=value_is, mode=pick.one("flat", "marginal"),
            )  # fmt: skip

    def gate(self) -> None:
        """A condition on receivables or renewals."""
        pick = self.choose
        effect = pick.one("multiply", "block", "cap", "hold")
        factor = {"multiply": pick.decimal(0, 100, 2), "cap": pick.money(900)}.get(effect)
        kpi, sign = pick.one(("overdue_share_gate", ">"), ("renewal_rate_value", "<"))
        number = sum(row["plan_code"] == self.code for row in self.company.rows["bonus_gate"])
        self.company.gate(
            f"g{number}", self.code, version=self.version, kpi_code=kpi,
            operator=sign + pick.one("", "="), threshold=pick.decimal(1, 9, 1), effect=effect,
            factor=factor, component_code=pick.maybe(60, pick.one(*self.codes)),
        )  # fmt: skip
