-- A row here: more of a new contract was counted as renewal than it is worth.
with renewed as (
    select
        new_source,
        new_term_id,
        sum(amount) as amount,
        any_value(currency) as currency
    from {{ ref('fct_term_renewal') }}
    group by new_source, new_term_id
    having min(currency) = max(currency)
)

select
    renewed.new_source,
    renewed.new_term_id
from renewed
inner join {{ ref('int_term_due') }} as terms
    on
        renewed.new_source = terms.source
        and renewed.new_term_id = terms.term_id
        and renewed.currency = terms.currency
where renewed.amount is distinct from terms.starting_amount
