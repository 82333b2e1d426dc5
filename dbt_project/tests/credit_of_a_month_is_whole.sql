-- A row here: the owners of an account and UNASSIGNED do not have the whole month between them.
select
    period,
    account_key,
    sum(weight) as weight,
    any_value(weight_total) as weight_total
from {{ ref('fct_credit_share_month') }}
where credit_role = 'owner'
group by period, account_key
having sum(weight) <> any_value(weight_total)
