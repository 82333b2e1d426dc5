-- A row here: two terms of one contract overlap or leave a gap, so a renewal is missing or doubled;
-- or the amounts of a term do, so a day of it is worth nothing or counts twice.
select
    source,
    term_id
from {{ ref('int_term_span') }}
qualify
    ends_on < starts_on
    or starts_on
    <> lag(ends_on + 1, 1, starts_on) over (partition by source, contract_id order by term_no)

union all

select
    amounts.source,
    amounts.term_id
from {{ ref('int_term_amount') }} as amounts
inner join {{ ref('int_term_span') }} as terms
    on amounts.source = terms.source and amounts.term_id = terms.term_id
window by_day as (partition by amounts.source, amounts.term_id order by amounts.valid_from)
qualify
    amounts.valid_from <> lag(amounts.valid_to, 1, terms.starts_on) over by_day
    or (
        lead(amounts.valid_from) over by_day is null
        and amounts.valid_to <> least(terms.ends_on + 1, {{ last_day() }})
    )
