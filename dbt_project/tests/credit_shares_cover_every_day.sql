-- A row here: on some day an account's money would be credited twice, or to nobody.
with spans as (
    select
        account_key,
        valid_from,
        valid_to,
        sum(weight) as weight,
        any_value(weight_total) as weight_total
    from {{ ref('fct_credit_share') }}
    where credit_role = 'owner'
    group by account_key, valid_from, valid_to
)

select
    account_key,
    valid_from,
    valid_to
from spans
qualify
    weight <> weight_total
    or valid_from is distinct from lag(valid_to, 1, {{ first_day() }})
        over (
            partition by account_key order by valid_from
        )
    or valid_to is distinct from lead(valid_from, 1, {{ last_day() }}) over (
        partition by account_key order by valid_from
    )
