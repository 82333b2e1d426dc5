-- A row here: a month is missing, or two policy versions hold in one.
select
    period,
    next_period
from {{ ref('dim_period') }}
qualify
    next_period is distinct from lead(period, 1, next_period) over (order by period)
    or days <> next_period - period
