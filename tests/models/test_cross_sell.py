"""Cross-sell: a client with an owner of the same name per case, growth left over unless said."""

from decimal import Decimal

from tests.models.company import Company, day
from tests.models.conftest import NewCompany

Values = dict[str, dict[str, Decimal]]


def add_client(company: Company, name: str, billed_from: str = "2023-01-10") -> None:
    """Buys family `base`, first a little and ever more: growth does not limit new families."""
    company.account(name)
    company.owner(name, name)
    company.invoice(f"{name} first", name, billed_from, 1, "base")


def buy(
    company: Company, account: str, issued_on: str, net: int, product: str = "new",
    grow: int = 1000, **values: str,
) -> str:  # fmt: skip
    """A bill or credit note for a product, and growth of the old family in the same month."""
    number = f"{account} {product} {issued_on} {net}"
    company.invoice(number, account, issued_on, net, product, **values)
    if grow:
        company.invoice(f"{number} base", account, issued_on, grow, "base")
    return number


def credited(company: Company) -> Values:
    """Cross-sell revenue other than 0 by owner and month (`2024-04`)."""
    for product in ("base", "new", "other"):
        company.product(product)
    company.account("old")
    company.invoice("history", "old", "2020-01-01", 1, "base")
    company.build("fct_kam_kpi")
    rows = company.marts.rows(
        """
        select employee_id, strftime(period, '%Y-%m') as month, value
        from kpi.fct_kam_kpi inner join core.dim_employee using (employee_key)
        where kpi_code = 'cross_sell_revenue' and "window" = 'month' and value <> 0 order by all
        """
    )
    found: Values = {}
    for row in rows:
        found.setdefault(row["employee_id"], {})[row["month"]] = row["value"]
    return found


def test_tenure_of_90_days_makes_an_existing_customer(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    # 9 April is the 90th day after 10 January of a leap year
    for first in ("2024-04-08", "2024-04-09", "2024-04-10"):
        add_client(company, first, "2024-01-10")
        buy(company, first, first, 50)
        buy(company, first, "2024-06-20", 70)
    # what was bought too early is no new family later
    assert credited(company) == {
        "2024-04-09": {"2024-04": 50, "2024-06": 70}, "2024-04-10": {"2024-04": 50, "2024-06": 70},
    }  # fmt: skip


def test_tenure_is_a_parameter(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    company.policy(cross_sell_min_tenure_days=10)
    for first in ("2024-01-19", "2024-01-20", "2024-01-21"):
        add_client(company, first, "2024-01-10")
        buy(company, first, first, 50)
    assert sorted(credited(company)) == ["2024-01-20", "2024-01-21"]


def test_a_first_order_split_over_two_days_pays_nothing(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    add_client(company, "A", "2024-01-10")
    buy(company, "A", "2024-01-11", 500)
    buy(company, "A", "2024-05-11", 500)
    assert credited(company) == {}


def test_lookback_of_24_months(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    # the 24 months before 10 May 2024 begin on 10 May 2022
    for before in ("2022-05-09", "2022-05-10", "2022-05-11"):
        add_client(company, before, "2021-01-10")
        company.invoice(f"{before} base", before, "2023-05-10", 1, "base")
        buy(company, before, before, 30)
        buy(company, before, "2024-05-10", 50)
    # as a first purchase, in 2022, all of them are new
    assert credited(company) == {
        "2022-05-09": {"2022-05": 30, "2024-05": 50}, "2022-05-10": {"2022-05": 30},
        "2022-05-11": {"2022-05": 30},
    }  # fmt: skip


def test_what_was_given_back_was_not_bought(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for returned in (99, 100, 101):
        name = f"{returned}"
        add_client(company, name)
        # after 31 days: too early to be credited itself
        buy(company, name, "2023-02-10", 100)
        buy(company, name, "2023-07-10", -returned)
        buy(company, name, "2024-05-10", 50)
    assert credited(company) == {"100": {"2024-05": 50}, "101": {"2024-05": 50}}


def test_twelve_months_of_credit_from_the_first_purchase(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for again in ("2025-03-31", "2025-04-14", "2025-04-15", "2025-05-01"):
        add_client(company, again)
        buy(company, again, "2024-04-15", 50)
        buy(company, again, again, 70)
    assert credited(company) == {
        "2025-03-31": {"2024-04": 50, "2025-03": 70}, "2025-04-14": {"2024-04": 50, "2025-04": 70},
        "2025-04-15": {"2024-04": 50}, "2025-05-01": {"2024-04": 50},
    }  # fmt: skip


def test_a_credit_note_counts_against_its_own_month(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    add_client(company, "A")
    number = buy(company, "A", "2024-04-15", 100)
    buy(company, "A", "2024-06-10", -40, corrects_id=number)
    assert credited(company) == {"A": {"2024-04": 100, "2024-06": -40}}
    notes = [
        (row["period"], row["numerator"])
        for row in company.marts.rows("from kpi.fct_kpi_evidence")
        if row["kpi_code"] == "cross_sell_revenue" and row["numerator"] < 0
    ]
    assert notes == [(day("2024-06"), -40)]


def test_what_replaces_something_else_is_no_growth(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    add_client(company, "A")
    # the mean of January to March is 100, with an empty February
    months = {
        "2024-01": (150, 0), "2024-03": (150, 0), "2024-04": (60, 70), "2024-05": (100, 70),
        "2024-06": (10, 70), "2024-07": (50, 70), "2024-08": (30, 70),
    }  # fmt: skip
    for month, (old, new) in months.items():
        company.invoice(f"base {month}", "A", f"{month}-10", old, "base")
        if new:
            buy(company, "A", f"{month}-12", new, grow=0)
    # growth 30, 70, -20, 20, 0: of the mean before the first purchase, not of the last months
    assert credited(company) == {"A": {"2024-04": 30, "2024-05": 70, "2024-07": 20}}


def test_a_holding_buys_and_grows_as_one(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    for holding in ("H", "G"):
        company.account(holding)
        for member in ("1", "2"):
            company.account(holding + member, holding)
            company.owner(holding + member, holding + member)
        company.invoice(f"{holding} first", f"{holding}1", "2022-01-10", 1, "base")
    # H bought it as another member; G's new member is no new customer
    buy(company, "H1", "2022-02-10", 100)
    buy(company, "H2", "2023-06-10", 100)
    buy(company, "G2", "2023-06-10", 100)
    # what G2 buys anew replaces in part what both members bought
    company.invoice("G old", "G1", "2023-12-10", 300, "base")
    company.invoice("G new", "G2", "2024-01-10", 1000, "base")
    buy(company, "G2", "2024-03-10", 1060, "other", grow=0)
    # mean of December to February: (300 + 1000) / 3; of 1060 the growth is 626.67
    assert credited(company) == {
        "G2": {"2023-06": 100, "2024-03": Decimal("626.6667")},
    }  # fmt: skip


def test_history_shorter_than_the_lookback_gives_no_value(new_company: NewCompany) -> None:
    company = new_company("2026-03-31")
    company.product("base")
    company.product("new")
    add_client(company, "A", "2022-05-01")
    buy(company, "A", "2024-04-20", 40)
    add_client(company, "B", "2022-05-01")
    buy(company, "B", "2024-05-01", 50)
    company.build("fct_kam_kpi")
    april = company.kpi("cross_sell_revenue", "2024-04", "A")
    assert (april["value"], april["reason"]) == (None, "insufficient_history")
    may = company.kpi("cross_sell_revenue", "2024-05", "B")
    assert (may["value"], may["reason"]) == (50, None)
