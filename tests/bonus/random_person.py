"""A random person: plan, pay and facts over several months with corrections."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tests.bonus.random_choices import Choices, Facts
from tests.bonus.random_plan import COHORT_WINDOWS, MONEY, RATIOS, PlanWriter
from tests.bonus.reference import months
from tests.bonus.reference.company import Company

REASONS = (
    "insufficient_history", "zero_denominator", "no_data", "rate_absent", "pending", "table_absent"
)  # fmt: skip


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
