-- A row here: more of a new contract was counted as renewed or won back than it is worth.
with counted as (
    select
        new_source,
        new_term_id,
        sum(amount) as amount,
        any_value(currency) as currency,
        bool_or(not is_within_grace) and bool_and(amount is not null) as is_spent
    from {{ ref('fct_term_renewal') }}
    group by new_source, new_term_id
    having min(currency) = max(currency)
)

select
    counted.new_source,
    counted.new_term_id
from counted
inner join {{ ref('int_term_due') }} as terms
    on
        counted.new_source = terms.source
        and counted.new_term_id = terms.term_id
        and counted.currency = terms.currency
where
    counted.amount > greatest(terms.starting_amount, 0)
    or (counted.is_spent and counted.amount <> terms.starting_amount)
