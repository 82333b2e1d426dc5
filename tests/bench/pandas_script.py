"""The script that a user would write instead: the floor's facts with pandas, in one process.

Usage: python pandas_script.py DIR. Amounts are floats, as such scripts have them.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    start = time.perf_counter()
    folder = Path(sys.argv[1])
    lines = pd.read_parquet(folder / "invoice_lines.parquet")
    payments = pd.read_parquet(folder / "payments.parquet")
    assignments = pd.read_parquet(folder / "assignments.parquet")
    for frame, column in ((lines, "net"), (payments, "amount"), (assignments, "share")):
        frame[column] = frame[column].astype("float64")
    for frame, column in ((lines, "issued_on"), (lines, "due_on"), (payments, "received_on")):
        frame[column] = pd.to_datetime(frame[column])
    lines["period"] = lines["issued_on"].dt.to_period("M")
    by_month = ["account_id", "family", "currency", "period"]
    account_month = lines.groupby(by_month, as_index=False).agg(
        revenue=("net", "sum"), n=("net", "size")
    )
    invoices = lines.groupby("invoice_id", as_index=False).agg(
        account_id=("account_id", "first"), currency=("currency", "first"),
        issued_on=("issued_on", "min"), due_on=("due_on", "min"), gross=("net", "sum"),
    )  # fmt: skip
    aging = []
    for end in pd.date_range("2023-01-31", periods=36, freq="ME"):
        paid = payments[payments["received_on"] <= end].groupby("invoice_id")["amount"].sum()
        issued = invoices[invoices["issued_on"] <= end]
        left = issued["gross"] - issued["invoice_id"].map(paid).fillna(0)
        open_ = issued[left > 0].assign(open_amount=left[left > 0])
        late = (end - open_["due_on"]).dt.days
        bucket = np.select([late <= 0, late <= 30, late <= 60], ["not_due", "1-30", "31-60"], "60+")
        keys = ["account_id", "currency", bucket]
        aging.append(open_.groupby(keys)["open_amount"].sum().reset_index().assign(day=end))
    aged = pd.concat(aging)
    owned = account_month.merge(assignments, on="account_id")
    owned["credited"] = owned["revenue"] * owned["share"]
    owners = owned.groupby(["employee_id", "period", "currency"])["credited"].sum()
    seconds = time.perf_counter() - start
    print(f"{len(account_month)} {len(aged)} {len(owners)} rows in {seconds:.2f} s")


if __name__ == "__main__":
    main()
