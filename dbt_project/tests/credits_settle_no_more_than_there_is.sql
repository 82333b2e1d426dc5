-- A row here: more of a client's credits was set against his open items than he has, or than the
-- policy of the month sets.
with settled as (
    select
        period,
        account_key,
        currency,
        sum(credit_applied) as applied
    from {{ ref('fct_open_item_month') }}
    group by period, account_key, currency
    having sum(credit_applied) > 0
),

credits as (
    select
        credits.period,
        credits.account_key,
        credits.currency,
        sum(credits.credit_amount) as credit_amount
    from {{ ref('fct_open_credit_month') }} as credits
    inner join ({{ policy_versions() }}) as policies
        on credits.period >= policies.valid_from and credits.period < policies.valid_to
    where policies.receivables_credits = 'oldest_first'
    group by credits.period, credits.account_key, credits.currency
)

select settled.*
from settled
left join credits
    on
        settled.period = credits.period
        and settled.account_key = credits.account_key
        and settled.currency = credits.currency
where settled.applied > coalesce(credits.credit_amount, 0)
