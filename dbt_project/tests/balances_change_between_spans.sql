-- A row here: a balance stands for no month end, is nothing, or two stand for the same one.
select
    source,
    record_type,
    record_id,
    from_period
from {{ ref('int_receivable_span') }}
qualify
    balance = 0
    or from_period >= to_period
    or to_period > lead(from_period, 1, to_period) over (
        partition by source, record_type, record_id order by from_period
    )
