-- A row here: an amount of nothing, or one that stands for no month end.
select
    source,
    record_type,
    record_id,
    from_period
from {{ ref('int_receivable_span') }}
where
    (balance = 0 and written_off = 0)
    or written_off < 0
    or from_period >= to_period
