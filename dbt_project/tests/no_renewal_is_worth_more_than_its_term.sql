-- A row here: a renewal rate above 100 %, or an outcome that its dates contradict.
select
    source,
    term_id,
    outcome
from {{ ref('fct_contract_term') }}
where
    renewed_amount > greatest(amount_per_month, 0)
    or is_renewed <> coalesce(renewed_on <= grace_ends_on, false)
    or is_on_time <> coalesce(renewed_on <= ends_on, false)
    or is_renewed <> (outcome in ('early', 'on_time', 'late_renewed'))
    or due_on not between starts_on and ends_on
    or notice_on > ends_on
