-- A row here: deals were lost or doubled on the way from the contract to core.
with delivered as (
    select
        count(*) as deals,
        sum(amount) as amount
    from {{ ref('deal') }}
),

published as (
    select
        count(*) as deals,
        sum(amount) as amount
    from {{ ref('fct_deal') }}
)

select *
from delivered
cross join published
where (delivered.deals, delivered.amount) is distinct from (published.deals, published.amount)
