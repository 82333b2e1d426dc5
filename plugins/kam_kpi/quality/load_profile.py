"""The load profile as a relation: one row per new load, in memory, for the raw gate."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from kam_kpi.lake.profile import LoadProfile
from kam_kpi.quality.duckdb_datasource import DuckDBSession

RELATION = "lake.load_profile"

_ROWS = """
create table lake.load_profile as
with given as (
    select unnest(from_json(:profiles, '[{
        "load_id": "VARCHAR", "feed": "VARCHAR", "file": "VARCHAR",
        "rows_announced": "BIGINT", "rows_seen": "BIGINT", "rows_landed": "BIGINT",
        "rows_bad": "BIGINT", "missing_columns": "VARCHAR", "is_ambiguous": "BOOLEAN",
        "unreadable": "VARCHAR", "max_bad_share": "DECIMAL(9,6)"
    }]'), recursive := true)
),

judged as (
    select
        * replace (
            nullif(unreadable, '') as unreadable,
            case when unreadable = '' then nullif(missing_columns, '') end as missing_columns
        ),
        unreadable = '' and missing_columns = '' as is_landed
    from given
),

final as (
    select
        load_id, feed, file, unreadable, missing_columns,
        case when is_landed then rows_announced end as rows_announced,
        case when is_landed then rows_seen end as rows_seen,
        case when is_landed then rows_landed end as rows_landed,
        case when is_landed then rows_bad end as rows_bad,
        case when is_landed then greatest(
            abs(coalesce(rows_announced, rows_landed) - rows_landed), abs(rows_seen - rows_landed)
        ) end as rows_unaccounted,
        case when is_landed and coalesce(rows_announced, 1) > 0
            then rows_seen end as rows_to_expect,
        case when is_landed
            then rows_bad - cast(floor(max_bad_share * rows_seen) as bigint)
        end as rows_bad_over_limit,
        case when is_landed then cast(is_ambiguous as integer) end as rivals
    from judged
)

select * from final
"""


def write_profile(session: DuckDBSession, profiles: Sequence[LoadProfile]) -> None:
    """Creates `lake.load_profile` in the session's database.

    `rows_bad_over_limit` is exact: a load has too many bad rows when their number is above the
    whole part of max_bad_share times the rows of the file.
    """
    rows = [asdict(profile) for profile in profiles]
    session.execute("create schema lake")
    session.execute(_ROWS, {"profiles": json.dumps(rows, ensure_ascii=False, default=str)})
