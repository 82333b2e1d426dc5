-- A row here: two terms of one contract overlap or leave a gap, so a renewal is missing or doubled.
select
    source,
    term_id
from {{ ref('int_term_span') }}
qualify
    ends_on < starts_on
    or starts_on
    <> lag(ends_on + 1, 1, starts_on) over (partition by source, contract_id order by term_no)
