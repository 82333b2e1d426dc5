"""Random plans and facts over several months with corrections, as rows of the input tables.

One generator for both uses: Hypothesis steers its choices (`stories()`), or a seed does
(`batch(seed)`, for hundreds of people at once, each with a plan of their own).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.bonus.reference import months
from tests.bonus.reference.company import POLICY, Company
from tests.bonus.reference.inputs import Inputs

T = TypeVar("T")
STARTS = (date(2024, 1, 1), date(2024, 2, 1), date(2024, 10, 1), date(2025, 3, 1))
REASONS = (
    "insufficient_history", "zero_denominator", "no_data", "rate_absent", "pending", "table_absent"
)  # fmt: skip
MONEY = ("revenue", "won_revenue")
RATIOS = ("renewal_rate_value", "nrr", "logo_churn_rate")
COHORT_WINDOWS = ("month", "quarter", "rolling_3", "rolling_12")


@dataclass(frozen=True)
class Story:
    """What was known at the end of each month, oldest first."""

    closes: tuple[Inputs, ...]

    @property
    def periods(self) -> tuple[date, ...]:
        """The months closed."""
        return tuple(inputs.as_of.replace(day=1) for inputs in self.closes)


@dataclass
class Choices:
    """Choices of one generator; everything shrinks to the first, the least and to no."""

    by: Random

    def one(self, *values: T) -> T:
        """One of the values."""
        return values[self.by.randint(0, len(values) - 1)]

    def chance(self, percent: int) -> bool:
        """Whether something rare happens."""
        return self.by.randint(1, 100) > 100 - percent

    def maybe(self, percent: int, value: T) -> T | None:
        """The value, or most often nothing."""
        return value if self.chance(percent) else None

    def number(self, least: int, most: int) -> int:
        """A whole number."""
        return self.by.randint(least, most)

    def money(self, most: int) -> Decimal:
        """An amount in kopecks; small and round ones are common."""
        if self.chance(50):
            return Decimal(self.number(1, most * 100)) / 100
        return Decimal(self.number(1, most))

    def decimal(self, least: int, most: int, places: int) -> Decimal:
        """A decimal given by its bounds in units of its last place."""
        return Decimal(self.number(least, most)).scaleb(-places)

    def day(self, month: date) -> date:
        """A day of a month; first and last ones are common."""
        last = months.last_day(month)
        kind = self.number(0, 3)
        if kind < 2:
            return (month, last)[kind]
        return month + timedelta(days=self.number(0, last.day - 1))


@dataclass
class Facts:
    """Rows by the closes that know them: from one on, until another has corrected them."""

    first: date
    closes: int
    parts: dict[tuple[int, int | None], Company] = field(
        default_factory=lambda: defaultdict(Company)
    )

    def known(self, since: int = 0, until: int | None = None) -> Company:
        """Where to add rows that closes from `since` and before `until` know."""
        return self.parts[since, until]

    def month(self, number: int) -> date:
        """A month of the story; negative: before it."""
        return months.plus(self.first, number)

    def when(self, day: date) -> int:
        """The close that first knows what happened on a day."""
        return max(0, months.between(self.first, day.replace(day=1)))

    def inputs(self, close: int, policies: list[dict[str, Any]], begins: date) -> Inputs:
        """All that a close knows."""
        whole = Company(months.last_day(self.month(close)), begins, policies=policies)
        for (since, until), part in sorted(self.parts.items(), key=lambda item: item[0][0]):
            if since <= close and (until is None or close < until):
                for table, rows in part.rows.items():
                    whole.rows[table] += rows
                whole.reasons |= part.reasons
        return whole.inputs()


# ------------------------------------------------------------------------------------------- plans


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


# -------------------------------------------------------------------------------------- the people


@dataclass
class PersonWriter:
    """Writes one person: who they are, their plan, pay and facts over the story."""

    choose: Choices
    facts: Facts
    name: str
    peers: tuple[str, ...]
    is_contested: bool = False

    def write(self) -> None:
        """Everything about the person."""
        pick, always = self.choose, self.facts.known()
        always.employee(self.name, team=f"T{pick.number(0, 1 + len(self.peers) // 6)}")
        self.plans(always)
        self.pay(always)
        for number in range(-2, self.facts.closes):
            self.month(number)
        self.absences()
        self.unknown()

    def plans(self, always: Company) -> None:
        """A plan of their own, sometimes with a second version, and the days they have it."""
        pick, code = self.choose, f"plan-{self.name}"
        writer = PlanWriter(pick, always, code, is_contested=self.is_contested)
        writer.write()
        if self.facts.closes > 1 and pick.chance(15):
            change = self.facts.month(pick.number(1, self.facts.closes - 1))
            always.rows["bonus_plan"][-1]["valid_to"] = change
            second = replace(writer, version=2, codes=[])
            second.write()
            always.rows["bonus_plan"][-1]["valid_from"] = change
        if pick.chance(3):
            return  # nobody gave them the plan
        begins = date(2000, 1, 1)
        if pick.chance(25):
            begins = pick.day(self.facts.month(pick.number(-1, self.facts.closes - 1)))
        ends = None
        if pick.chance(15):
            ends = pick.day(self.facts.month(pick.number(0, self.facts.closes)))
        if ends is None or ends > begins:
            always.assign(self.name, code, begins, ends)

    def pay(self, always: Company) -> None:
        """Salary, targets, scores and draws."""
        pick, facts = self.choose, self.facts
        if not pick.chance(3):
            self.salaries(always)
        mine = [
            row for row in always.rows["bonus_component"]
            if row["plan_code"] == f"plan-{self.name}"
        ]  # fmt: skip
        scored = sorted({row["component_code"] for row in mine if row["kind"] == "mbo"})
        aimed = {row["measure"] for row in mine if row["target_source"] == "target"}
        for number in range(-11, facts.closes):
            month = facts.month(number)
            for measure in sorted(aimed):
                is_count = measure == "renewals_count"
                value = Decimal(pick.number(1, 4)) if is_count else pick.money(5000)
                always.target(self.name, measure, month, value)
            for code in scored if number >= 0 else ():
                always.personal(
                    "score", self.name, component=code, period=month,
                    score=pick.decimal(0, 130, 2),
                    approved_by=None if pick.chance(8) else "head",
                )  # fmt: skip
        if aimed and pick.chance(4):
            always.rows["target"].pop()
        if pick.chance(30):
            kind = pick.one(
                "guarantee_nonrecoverable", "nonrecoverable", "guarantee_recoverable",
                "recoverable",
            )  # fmt: skip
            starts = facts.month(pick.number(-1, facts.closes - 1))
            ends = months.plus(starts, pick.number(1, 4)) if pick.chance(60) else None
            always.draw(self.name, kind, pick.money(3000), starts, ends)
        if self.is_contested and pick.chance(20):
            always.personal(
                "manual_adjustment", self.name, adjustment_id=f"M-{self.name}",
                period=facts.month(pick.number(0, facts.closes - 1)),
                amount=pick.money(300) - 150, currency="RUB", reason="agreed",
                approved_by=pick.one("head", None),
            )  # fmt: skip

    def salaries(self, always: Company) -> None:
        """One row, or a rise on some day; sometimes in a foreign currency."""
        pick = self.choose
        currency = "USD" if pick.chance(8) else "RUB"
        rise = None
        if pick.chance(20):
            rise = pick.day(self.facts.month(pick.number(0, self.facts.closes - 1)))
        always.salary(
            self.name, pick.money(5000), pick.money(9000), valid_to=rise, currency=currency
        )
        if rise is not None:
            always.salary(
                self.name, pick.money(5000), pick.money(9000), valid_from=rise, currency=currency
            )

    def absences(self) -> None:
        """Some days away, sometimes known only at a later close."""
        pick = self.choose
        if not pick.chance(25):
            return
        for _ in range(pick.number(1, 2)):
            month = pick.number(0, self.facts.closes - 1)
            start = pick.day(self.facts.month(month))
            length = pick.one(0, 0, 4, 13, 35)
            since = min(month + pick.one(0, 0, 1), self.facts.closes - 1)
            kind = pick.one("unpaid", "vacation", "parental")
            known = self.facts.known(since)
            days = {
                (row["employee_id"], row["kind"], row["from_on"])
                for part in self.facts.parts.values()
                for row in part.rows["absence"]
            }
            if (self.name, kind, start) not in days:
                known.absence(self.name, kind, start, start + timedelta(days=length))

    def unknown(self) -> None:
        """Measures that have no value in some month, or a provisional one."""
        pick = self.choose
        if pick.chance(15):
            key = (
                f"key-{self.name}", pick.one(*MONEY, *RATIOS),
                self.facts.month(pick.number(-1, self.facts.closes - 1)),
            )  # fmt: skip
            self.facts.known(0, pick.maybe(50, self.facts.closes)).reasons[key] = pick.one(*REASONS)

    # the facts of a month ------------------------------------------------------------------------

    def month(self, number: int) -> None:
        """Invoices, a deal, renewals and receivables of one month."""
        pick = self.choose
        for place in range(pick.number(0, 3)):
            self.invoice(number, place)
        if pick.chance(40):
            self.deal(number)
        for place in range(pick.number(0, 2)):
            self.renewal(number, place)
        self.stocks(number)

    def seen(self, day: date) -> int:
        """The close that knows of something; sometimes one later."""
        late = 1 if self.choose.chance(10) else 0
        return min(self.facts.when(day) + late, self.facts.closes)

    def invoice(self, number: int, place: int) -> None:
        """An invoice; it may be corrected later, credited, paid, reversed or written off."""
        pick, facts = self.choose, self.facts
        day, net = pick.day(facts.month(number)), pick.money(4000)
        name = f"{self.name}-I{number + 2}-{place}"
        since, until = self.seen(day), None
        due_on = day + timedelta(days=pick.one(10, 30))
        if pick.chance(12) and since + 1 < facts.closes:
            until = pick.number(since + 1, facts.closes - 1)
            facts.known(since, until).bill(
                self.name, name, day, net, gross=gross(net), due_on=due_on
            )
            since, net = until, pick.money(4000)
            if pick.chance(25):
                return  # it was never issued
        facts.known(since).bill(self.name, name, day, net, gross=gross(net), due_on=due_on)
        if self.peers and pick.chance(12):
            facts.known(since).evidence(
                pick.one(*self.peers), "revenue", day.replace(day=1), name, net,
                credit_role="overlay",
            )  # fmt: skip
        left = gross(net)
        if pick.chance(20):
            left -= self.note(name, day, net, since)
        self.cash(name, day, left, since)

    def note(self, name: str, day: date, net: Decimal, since: int) -> Decimal:
        """A credit note later on, mostly applied to its invoice; gives what is applied."""
        pick, facts = self.choose, self.facts
        issued = day + timedelta(days=pick.one(0, 5, 25, 45))
        part = net if pick.chance(30) else (net / 2).quantize(Decimal("0.01"))
        if not part or max(since, facts.when(issued)) >= facts.closes:
            return Decimal(0)
        # known no earlier than the last correction of what it reduces
        known = facts.known(facts.closes - 1)
        known.bill(self.name, f"{name}-CN", issued, -part, gross=-gross(part), corrects_id=name)
        if not pick.chance(70):
            return Decimal(0)
        known.allocate(
            issued, gross(part), invoice_id=name, credit_note_id=f"{name}-CN",
            allocation_id=f"{name}-CN",
        )  # fmt: skip
        return gross(part)

    def cash(self, name: str, day: date, left: Decimal, since: int) -> None:
        """Payments of an invoice, some of them reversed; what nobody pays may be written off."""
        pick, facts = self.choose, self.facts
        is_paid = False
        for place in range(pick.one(1, 1, 0, 2)):
            paid_on = day + timedelta(days=pick.one(0, 7, 28, 40, 70))
            close = max(since, facts.when(paid_on))
            part = left if pick.chance(60) else (left / 3).quantize(Decimal("0.01"))
            if part <= 0 or close >= facts.closes:
                continue
            is_paid, left = True, left - part
            payment = f"{name}-P{place}"
            values = {"invoice_id": name, "payment_id": payment, "allocation_id": payment}
            back = paid_on + timedelta(days=pick.one(10, 40))
            reversed_in = max(close, facts.when(back))
            if pick.chance(12) and reversed_in < facts.closes:
                if close < reversed_in:
                    facts.known(close, reversed_in).allocate(paid_on, part, **values)
                facts.known(reversed_in).allocate(paid_on, part, reversed_on=back, **values)
            else:
                facts.known(close).allocate(paid_on, part, **values)
        written_on = day + timedelta(days=pick.one(20, 50))
        is_lost = not is_paid or self.is_contested
        if is_lost and left > 0 and pick.chance(20) and facts.when(written_on) < facts.closes:
            facts.known(max(since, facts.when(written_on))).write_off(name, written_on, left)

    def deal(self, number: int) -> None:
        """A won deal with an invoice for all or half of it; its contract may end early."""
        pick, facts = self.choose, self.facts
        day, net = pick.day(facts.month(number)), pick.money(6000)
        name = f"{self.name}-D{number + 2}"
        since = self.seen(day)
        known = facts.known(since)
        known.deal(name, day, net, gross(net), self.name)
        known.evidence(self.name, "won_revenue", day.replace(day=1), name, net, record_type="deal")
        if pick.chance(70):
            part = net if pick.chance(50) else (net / 2).quantize(Decimal("0.01"))
            invoice = f"{name}-I"
            known.invoice(invoice, day, part, gross(part), deal_source="s", deal_id=name)
            self.cash(invoice, day, gross(part), since)
        if pick.chance(15):
            known.rows["fct_deal"][-1] |= {"contract_source": "s", "contract_id": f"{name}-K"}
            end = day + timedelta(days=pick.one(15, 45, 75))
            if max(since, facts.when(end)) < facts.closes:
                facts.known(max(since, facts.when(end))).term(
                    f"{name}-K", day, end, is_terminated_early=True
                )

    def renewal(self, number: int, place: int) -> None:
        """A term due, renewed in full, in part or not at all."""
        pick, facts = self.choose, self.facts
        month, name = facts.month(number), f"{self.name}-R{number + 2}-{place}"
        old = pick.money(900)
        new = pick.one(old, (old / 3).quantize(Decimal("0.01")), Decimal(0))
        known = facts.known(self.seen(months.last_day(month)))
        shared = {"record_type": "contract_term"}
        known.term(name, months.plus(month, -12), months.last_day(month))
        share = pick.one(Decimal(1), Decimal("0.5"))
        if new:
            known.evidence(
                self.name, "renewals_count", month, f"{name}/1", share, share=share, **shared
            )
        known.evidence(
            self.name, "renewal_rate_value", month, f"{name}/1", new * share, old * share,
            share=share, **shared,
        )  # fmt: skip

    def stocks(self, number: int) -> None:
        """Receivables and cohorts of the month, as one record each."""
        pick, month = self.choose, self.facts.month(number)
        known = self.facts.known(self.facts.when(month))
        open_amount = pick.number(0, 10)
        if open_amount:
            known.evidence(
                self.name, "overdue_share_gate", month, f"{self.name}-O{number + 2}",
                pick.number(0, open_amount), open_amount,
            )  # fmt: skip
        for window in COHORT_WINDOWS:
            for kpi, most in (("nrr", 120), ("logo_churn_rate", 50)):
                known.evidence(
                    self.name, kpi, month, self.name, pick.number(0, most),
                    pick.one(100, 100, 50, 0), record_type="account", window=window,
                )  # fmt: skip


def gross(net: Decimal) -> Decimal:
    """With tax of a fifth."""
    return net + (net / 5).quantize(Decimal("0.01"))


# --------------------------------------------------------------------------------------- the story


def policies_of(choose: Choices, facts: Facts) -> list[dict[str, Any]]:
    """One policy, or another from some month on."""
    shared = {
        "bonus_clawback_months": choose.one(12, 1, 3),
        "bonus_clawback_overdue_days": choose.one(None, None, 20, 60),
    }
    first = POLICY | shared
    if facts.closes < 2 or not choose.chance(15):
        return [first]
    change = facts.month(choose.number(1, facts.closes - 1))
    second = first | {
        "policy_version": "v2", "valid_from": change, "bonus_unpaid_absences": ["unpaid"],
    }  # fmt: skip
    return [first | {"valid_to": change}, second]


def story(by: Random, people: int, closes: int, is_contested: bool = False) -> Story:
    """A company of so many people over so many months.

    `is_contested` adds what bonus.md leaves open: fixed amounts of quarters, invoices written off
    in part, and manual adjustments.
    """
    choose = Choices(by)
    facts = Facts(choose.one(*STARTS), closes)
    names = [f"E{number:03}" for number in range(people)]
    for place, name in enumerate(names):
        peers = tuple(names[:place][-6:])
        PersonWriter(choose, facts, name, peers, is_contested).write()
    always = facts.known()
    for number in range(-2, closes):
        for team in sorted({str(row["team"]) for row in always.rows["dim_employee"]}):
            if choose.chance(25):
                most = 4000 * max(1, people // 2)
                always.pool(team, facts.month(number), choose.money(most))
        rate = None if choose.chance(10) else choose.decimal(500000, 1500000, 6)
        always.rate("USD", facts.month(number), rate)
    for name in names:
        if choose.chance(2):
            shares(always, name, facts.month(choose.number(0, closes - 1)))
    policies = policies_of(choose, facts)
    begins = facts.month(-11).replace(month=1)
    return Story(tuple(facts.inputs(close, policies, begins) for close in range(closes)))


def shares(company: Company, name: str, month: date) -> None:
    """A day on which the owners of an account of the person do not sum to 1."""
    for key, weight in ((f"key-{name}", 900000), ("UNASSIGNED", 100000)):
        company.rows["fct_credit_share"].append(
            {
                "account_key": f"A-{name}", "employee_key": key, "employee_id": key,
                "credit_role": "owner", "valid_from": month,
                "valid_to": month + timedelta(days=1), "weight": weight, "weight_total": 1000000,
                "members": 2,
            }
        )  # fmt: skip


def stories(
    people: int = 3, closes: int = 4, is_contested: bool = False
) -> st.SearchStrategy[Story]:
    """Small stories that Hypothesis steers and shrinks."""
    return st.builds(
        story,
        st.randoms(use_true_random=False),
        st.integers(1, people),
        st.integers(1, closes),
        st.just(is_contested),
    )


def batch(seed: int, people: int = 500, closes: int = 3, is_contested: bool = False) -> Story:
    """A large story of a seed: as many plans as people. The same seed gives the same rows."""
    return story(Random(seed), people, closes, is_contested)


def batches(seed: int, is_contested: bool = False) -> Iterator[tuple[int, Story]]:
    """Batches without an end, with the seed that gives each again."""
    while True:
        yield seed, batch(seed, is_contested=is_contested)
        seed += 1
