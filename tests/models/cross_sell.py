"""What cross-sales were credited, read before anybody has a share of them."""

from collections import defaultdict
from decimal import Decimal

from tests.models.company import Company
from tests.models.marts import Row

Values = dict[str, dict[str, Decimal]]


def seller(company: Company, *accounts: str) -> Company:
    """Clients with an owner of their own name; the company has billed since January 2022."""
    for product in ("base", "new", "other", "history"):
        company.product(product)
    company.account("Z")
    company.invoice("z", "Z", "2022-01-01", 1, product="history")
    for account in accounts:
        company.account(account)
        company.owner(account, f"K{account}")
    return company


def base(company: Company, account: str, since: str = "2022-01-10") -> None:
    """Buys family `base` again and again, so that it is never new and hardly any growth."""
    for issued_on in (since, "2022-06-10", "2023-06-10", "2024-06-10", "2025-12-10"):
        if issued_on >= since:
            company.invoice(f"{account} base {issued_on}", account, issued_on, 1, product="base")


def join(company: Company, account: str, parent: str, since: str, until: str | None = None) -> None:
    """The account belongs to the holding for that time."""
    company.add(
        "account_parent", account_id=account, parent_account_id=parent, valid_from=since,
        valid_to=until,
    )  # fmt: skip


def credits(company: Company) -> list[Row]:
    """Rows of int_cross_sell_credit with account_id and month."""
    company.build("int_cross_sell_credit")
    return company.marts.rows(
        """
        select credits.*, account_id, strftime(period, '%Y-%m') as month
        from core.int_cross_sell_credit as credits
        inner join core.dim_account using (account_key) order by record_id
        """
    )


def credited(company: Company) -> Values:
    """Amounts credited other than 0 by account and month (`2025-03`)."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in credits(company):
        found[row["account_id"]][row["month"]] += row["amount"]
    return {
        account: {month: amount for month, amount in sorted(months.items()) if amount}
        for account, months in sorted(found.items()) if any(months.values())
    }  # fmt: skip
