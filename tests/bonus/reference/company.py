"""A small company as rows of the engine's input tables: what a case says, defaults for the rest.

Rows have every column of their table, so that they can be inserted as they are. KPI values are
summed from the evidence as the KPI marts sum it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.bonus.reference import months
from tests.bonus.reference.inputs import Inputs, Row
from tests.bonus.reference.measures import window_of
from tests.bonus.reference.money import half_away

WINDOWS = ("month", "quarter", "rolling_3", "rolling_12", "ytd")
CLASSES = {
    "revenue": ("additive", "money"),
    "won_revenue": ("additive", "money"),
    "renewals_count": ("additive", "count"),
    "renewal_rate_value": ("ratio", "ratio"),
    "logo_churn_rate": ("cohort", "ratio"),
    "nrr": ("cohort", "ratio"),
    "overdue_share_gate": ("ratio", "ratio"),
}
POLICY: Row = {
    "policy_version": "v1", "valid_from": date(2000, 1, 1), "valid_to": None,
    "bonus_unpaid_absences": ["unpaid", "parental"], "bonus_clawback_months": 12,
    "bonus_clawback_overdue_days": None, "bonus_restate_months": 12,
    "bonus_restate_min_amount": Decimal("1.00"),
}  # fmt: skip
PLAN: Row = {
    "version": 1, "valid_from": date(2000, 1, 1), "valid_to": None, "author": "author",
    "currency": "RUB", "base": "target_bonus", "cap": None, "floor": None, "status": "active",
}  # fmt: skip
COMPONENT: Row = {
    "version": 1, "measure": "revenue", "kind": "rate", "weight": None, "rate": None,
    "amount": None, "interval": "month", "accumulation": "per_interval", "direction": "higher",
    "target_source": None, "target_value": None, "cap": None, "floor": None, "prorate": False,
    "measure_window": None, "salary_share": None, "earn_on": "signed", "holdback_share": None,
    "holdback_days": None, "clawback_mode": "recompute", "measure_lag_months": 0,
    "on_null": "zero",
}  # fmt: skip
BY_INTERVAL = {"month": "month", "quarter": "quarter", "year": "ytd"}
TIER: Row = {
    "basis": "amount", "value_is": "rate", "mode": "marginal", "boundary": "lower_inclusive"
}  # fmt: skip
INVOICE: Row = {
    "source": "s", "account_key": "A", "kind": "invoice", "corrects_id": None,
    "reissue_of_id": None, "contract_source": None, "contract_id": None, "deal_source": None,
    "deal_id": None, "due_on": None, "is_void": False, "voided_on": None, "tax": None,
}  # fmt: skip
TERM: Row = {
    "source": "s", "account_key": "A", "product_key": None, "family": None, "origin": "signed",
    "is_last_term": True, "is_terminated_early": False, "termination_reason": None,
    "notice_on": None, "amount_per_month": Decimal(0), "currency": "RUB", "outcome": "on_time",
    "renewed_on": None, "is_renewed": True, "is_on_time": True, "is_renewed_full_term": True,
    "renewed_amount": Decimal(0), "replaced_from": None, "is_history_known": True,
}  # fmt: skip
Money = Decimal | int | str


def amount(value: Money | None) -> Decimal | None:
    """A decimal of what a case writes, or nothing."""
    return None if value is None else Decimal(value)


def known(value: Money) -> Decimal:
    """A decimal of what a case writes."""
    return Decimal(value)


def day(text: str | date) -> date:
    """`2025-01` is the first of the month."""
    if isinstance(text, date):
        return text
    return date.fromisoformat(text if len(text) > 7 else f"{text}-01")


@dataclass
class Company:
    """Rows by table; `inputs()` adds what follows from them."""

    as_of: date = date(2025, 12, 31)
    first: date = date(2025, 1, 1)
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    policies: list[Row] = field(default_factory=lambda: [dict(POLICY)])
    reasons: dict[tuple[str, str, date], str] = field(default_factory=dict)

    # ---------------------------------------------------------------------------------- people

    def employee(self, name: str, **values: Any) -> str:
        """A key account manager; gives the key."""
        row = {
            "employee_key": f"key-{name}", "source": "s", "employee_id": name,
            "personnel_no": f"P-{name}", "name": name, "email": f"{name}@example.com",
            "grade": "middle", "team": None, "manager_key": None, "hired_on": None,
            "left_on": None, "cost_center": None, "is_kam": True,
        } | values  # fmt: skip
        self.rows["dim_employee"].append(row)
        return str(row["employee_key"])

    def personal(self, table: str, name: str, **values: Any) -> None:
        """A row of an HR or finance table about an employee."""
        technical = {"_load_id": None, "_file": None, "_line": None}
        self.rows[table].append(
            {"source": "s", "employee_id": name, "employee_source": "s"} | values | technical
        )

    def salary(
        self, name: str, target_bonus: Money | None, monthly_base: Money = 0, **values: Any
    ) -> None:
        """Salary and target bonus per month."""
        row = {"valid_from": date(2000, 1, 1), "valid_to": None, "currency": "RUB"} | values
        self.personal(
            "salary_base", name, monthly_base=known(monthly_base),
            target_bonus=amount(target_bonus), **row,
        )  # fmt: skip

    def target(self, name: str, measure: str, period: str | date, value: Money) -> None:
        """An approved target of a month."""
        self.personal(
            "target", name, measure=measure, period=day(period), amount=known(value),
            approved_by="head",
        )  # fmt: skip

    def absence(self, name: str, kind: str, from_on: str | date, to_on: str | date) -> None:
        """Days of absence, both inclusive."""
        self.personal("absence", name, kind=kind, from_on=day(from_on), to_on=day(to_on))

    def draw(
        self, name: str, kind: str, value: Money, valid_from: str | date = "2000-01",
        valid_to: str | date | None = None,
    ) -> None:  # fmt: skip
        """A draw per month."""
        self.personal(
            "draw", name, kind=kind, amount=known(value), valid_from=day(valid_from),
            valid_to=day(valid_to) if valid_to else None,
        )  # fmt: skip

    def pool(self, team: str, period: str | date, value: Money) -> None:
        """The budget of a team for a month."""
        self.rows["bonus_budget"].append(
            {
                "source": "s", "team": team, "period": day(period), "amount": known(value),
                "_load_id": None, "_file": None, "_line": None,
            }
        )  # fmt: skip

    # ----------------------------------------------------------------------------------- plans

    def plan(self, code: str = "P", **values: Any) -> None:
        """A plan version."""
        self.rows["bonus_plan"].append({"plan_code": code} | PLAN | values)

    def component(self, code: str = "C", plan_code: str = "P", **values: Any) -> Row:
        """A component of a plan; its measure is read in the window of its interval."""
        row = {"plan_code": plan_code, "component_code": code} | COMPONENT | values
        row["measure_window"] = row["measure_window"] or BY_INTERVAL[row["interval"]]
        self.rows["bonus_component"].append(row)
        return row

    def tiers(
        self, values: Iterable[tuple[Money, Money | None, Money]], component: str = "C",
        plan_code: str = "P", version: int = 1, **shared: Any,
    ) -> None:  # fmt: skip
        """Tiers as (from, to, value)."""
        for start, end, value in values:
            self.rows["bonus_tier"].append(
                {
                    "plan_code": plan_code, "version": version, "component_code": component,
                    "tier_from": known(start), "tier_to": amount(end), "value": known(value),
                } | TIER | shared
            )  # fmt: skip

    def gate(self, code: str = "G", plan_code: str = "P", **values: Any) -> None:
        """A gate of a plan version: on the total unless a component is named."""
        row = {
            "plan_code": plan_code, "version": 1, "gate_code": code, "component_code": None,
            "kpi_code": "overdue_share_gate", "operator": ">", "threshold": Decimal("0.2"),
            "effect": "block", "factor": None,
        }  # fmt: skip
        self.rows["bonus_gate"].append(row | values)

    def assign(
        self, name: str, plan_code: str = "P", valid_from: str | date = "2000-01",
        valid_to: str | date | None = None,
    ) -> None:  # fmt: skip
        """An assignment by personnel number."""
        self.rows["bonus_assignment"].append(
            {
                "employee": f"P-{name}", "plan_code": plan_code, "valid_from": day(valid_from),
                "valid_to": day(valid_to) if valid_to else None,
            }
        )  # fmt: skip

    # ----------------------------------------------------------------------------------- facts

    def evidence(
        self, name: str, kpi_code: str, period: str | date, record_id: str,
        numerator: Money | None, denominator: Money | None = None, **values: Any,
    ) -> None:  # fmt: skip
        """A record credited to a person."""
        self.rows["fct_kpi_evidence"].append(
            {
                "period": day(period), "employee_key": f"key-{name}", "credit_role": "owner",
                "kpi_code": kpi_code, "window": "month", "account_key": "A",
                "record_type": "invoice", "source": "s", "record_id": record_id,
                "share": Decimal(1), "numerator": amount(numerator),
                "denominator": amount(denominator), "reason": None,
            } | values
        )  # fmt: skip

    def invoice(
        self, invoice_id: str, issued_on: str | date, net: Money, gross: Money | None = None,
        **values: Any,
    ) -> None:  # fmt: skip
        """A document; negative: a credit note."""
        total = known(net if gross is None else gross)
        self.rows["fct_invoice"].append(
            INVOICE
            | {
                "invoice_id": invoice_id, "issued_on": day(issued_on), "net": known(net),
                "period": day(issued_on).replace(day=1), "gross": total, "currency": "RUB",
                "kind": "credit_note" if total < 0 else "invoice",
            }
            | values
        )  # fmt: skip

    def bill(
        self, name: str, invoice_id: str, issued_on: str | date, net: Money, **values: Any
    ) -> None:
        """An invoice or credit note with its revenue, credited to a person."""
        self.invoice(invoice_id, issued_on, net, **values)
        kind = "credit_note" if known(net) < 0 else "invoice"
        period = day(issued_on).replace(day=1)
        self.evidence(name, "revenue", period, invoice_id, net, record_type=kind)

    def deal(
        self, deal_id: str, closed_on: str | date, net: Money, gross: Money, name: str = "K"
    ) -> None:
        """A won deal."""
        self.rows["fct_deal"].append(
            {
                "source": "s", "deal_id": deal_id, "account_key": "A", "employee_key": f"key-{name}",
                "kind": "new", "stage": "closed", "state": "won", "amount": known(net),
                "gross": known(gross), "currency": "RUB", "opened_on": None,
                "closed_on": day(closed_on), "closed_period": day(closed_on).replace(day=1),
                "contract_source": None, "contract_id": None, "lost_reason": None,
            }
        )  # fmt: skip

    def term(
        self, contract_id: str, starts_on: str | date, ends_on: str | date, **values: Any
    ) -> None:
        """The one term of a contract."""
        end = day(ends_on)
        self.rows["fct_contract_term"].append(
            {
                "contract_id": contract_id, "term_no": 1, "term_id": f"{contract_id}/1",
                "starts_on": day(starts_on), "ends_on": end, "due_on": end,
                "due_period": end.replace(day=1), "grace_ends_on": end + timedelta(days=30),
                "signed_on": day(starts_on), "active_to": end,
            } | TERM | values
        )  # fmt: skip

    def allocate(self, applied_on: str | date, value: Money, **ends: Any) -> None:
        """A part of a payment or credit note applied; a payment is made up for it if it is new."""
        payment_id, sign = ends.get("payment_id"), -1 if not ends.get("invoice_id") else 1
        paid = {row["payment_id"] for row in self.rows["payment"]}
        technical = {"_load_id": None, "_file": None, "_line": None}
        if payment_id and payment_id not in paid:
            self.rows["payment"].append(
                {
                    "source": "s", "payment_id": payment_id, "account_id": "A",
                    "account_source": "s", "received_on": day(applied_on),
                    "amount": sign * known(value), "currency": "RUB",
                    "reversed_on": ends.pop("reversed_on", None), **technical,
                }
            )  # fmt: skip
        self.rows["allocation"].append(
            {
                "source": "s", "allocation_id": f"L{len(self.rows['allocation'])}-{payment_id}",
                "invoice_id": None, "payment_id": None, "credit_note_id": None,
                "applied_on": day(applied_on), "amount": known(value), "undone_on": None,
                **ends, **technical,
            }
        )  # fmt: skip

    def write_off(self, invoice_id: str, written_on: str | date, value: Money) -> None:
        """An amount written off."""
        self.rows["write_off"].append(
            {
                "source": "s", "write_off_id": f"W-{invoice_id}-{written_on}",
                "invoice_id": invoice_id, "written_on": day(written_on), "amount": known(value),
                "_load_id": None, "_file": None, "_line": None,
            }
        )  # fmt: skip

    def rate(self, currency: str, period: str | date, rate: Money | None) -> None:
        """A plan rate of a month; None: absent."""
        self.rows["fct_plan_rate"].append(
            {
                "period": day(period), "currency": currency, "company_currency": "RUB",
                "rate": amount(rate), "valid_on": day(period) if rate is not None else None,
            }
        )  # fmt: skip

    # ------------------------------------------------------------------------------ what follows

    def inputs(self) -> Inputs:
        """All tables, with the KPI values that the plans read."""
        periods = months.run(self.first, self.as_of.replace(day=1))
        return Inputs(
            run=[{"run_id": "r", "as_of_date": self.as_of, "inputs_fingerprint": "f"}],
            company=[{"name": "Test", "currency": "RUB", "time_zone": "UTC"}],
            policy=[dict(row) for row in self.policies],
            dim_kpi=[
                {
                    "kpi_code": code, "class": kind, "unit": unit, "name_en": code,
                    "name_ru": code, "tables_needed": "", "history": "",
                }
                for code, (kind, unit) in CLASSES.items()
            ],
            dim_period=[
                {
                    "period": month, "next_period": months.plus(month, 1),
                    "month_end": months.last_day(month), "days": months.days_in(month),
                    "receivables_on": months.last_day(month), "policy_version": "v1",
                }
                for month in periods
            ],
            dim_window=[
                {
                    "period": month, "window": name, "first_period": months.window(name, month)[0],
                    "next_period": months.plus(month, 1),
                }
                for month in periods
                for name in WINDOWS
            ],
            fct_kam_kpi=[*self.kpi_values(periods)],
            **{table: [*rows] for table, rows in self.rows.items()},
        )  # fmt: skip

    def needed(self) -> set[tuple[str, str, str]]:
        """Person, KPI and window of all that their plans read."""
        read: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for row in self.rows["bonus_component"]:
            if row["kind"] != "mbo":
                read[row["plan_code"]].add((row["measure"], window_of(row)))
        for row in self.rows["bonus_gate"]:
            read[row["plan_code"]].add((row["kpi_code"], "month"))
        keys = {row["personnel_no"]: row["employee_key"] for row in self.rows["dim_employee"]}
        return {
            (keys[row["employee"]], *measure)
            for row in self.rows["bonus_assignment"]
            for measure in read[row["plan_code"]]
        }

    def kpi_values(self, periods: tuple[date, ...]) -> Iterable[Row]:
        """fct_kam_kpi of what is read: owners' evidence summed over the window."""
        owned: dict[tuple[str, str, str, date], list[Row]] = defaultdict(list)
        for row in self.rows["fct_kpi_evidence"]:
            if row["credit_role"] == "owner":
                key = (row["employee_key"], row["kpi_code"], row["window"], row["period"])
                owned[key].append(row)
        for employee_key, kpi_code, name in sorted(self.needed()):
            is_cohort = CLASSES[kpi_code][0] == "cohort"
            for period in periods:
                over = [period] if is_cohort else months.window(name, period)
                read = name if is_cohort else "month"
                rows = [
                    row for m in over for row in owned.get((employee_key, kpi_code, read, m), [])
                ]
                reason = self.reasons.get((employee_key, kpi_code, period))
                yield kpi_row(employee_key, kpi_code, name, period, rows, reason)


def kpi_row(
    employee_key: str, kpi_code: str, window: str, period: date, rows: list[Row],
    reason: str | None,
) -> Row:  # fmt: skip
    """One KPI value; a ratio has 12 decimals."""
    is_ratio = CLASSES[kpi_code][1] == "ratio"
    numerator = sum((row["numerator"] or Decimal(0) for row in rows), Decimal(0))
    denominator = sum((row["denominator"] or Decimal(0) for row in rows), Decimal(0))
    value: Decimal | None = numerator
    if is_ratio:
        whole = Fraction(denominator)
        value = half_away(Fraction(numerator) / whole, 12) if whole else None
        reason = reason or (None if whole else "zero_denominator")
    is_blocked = reason not in (None, "pending", "zero_denominator")
    return {
        "period": period, "employee_key": employee_key, "kpi_code": kpi_code, "window": window,
        "numerator": None if is_blocked else numerator,
        "denominator": denominator if is_ratio and not is_blocked else None,
        "value": None if is_blocked else value, "reason": reason, "policy_version": "v1",
    }  # fmt: skip
