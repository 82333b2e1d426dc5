"""SQL over the Parquet of chosen loads of one feed."""

from collections.abc import Sequence

from kam_kpi.home import Home
from kam_kpi.lake.registry import LoadRecord
from kam_kpi.sources.parse_sql import literal, text_list


def landed_relation(records: Sequence[LoadRecord], needed: Sequence[str] = ()) -> str:
    """A query in parentheses over the raw rows of `records`, all of one feed, none of them refused.

    Args:
        records: at least one load.
        needed: source columns to add as NULL where no load of them has it.
    """
    raw = Home.current().lake / "raw"
    files = sorted({str(raw / name) for record in records for name in record.parquet})
    listed = ", ".join(literal(name) for name in files)
    known = {column for record in records for column in record.columns}
    absent = [f'null::varchar as "{name}"' for name in needed if name not in known]
    columns = ", ".join(["*", *absent])
    return (
        f"(select {columns} from read_parquet([{listed}], union_by_name = true)"
        f" where _load_id in {text_list([record.load_id for record in records])})"
    )
