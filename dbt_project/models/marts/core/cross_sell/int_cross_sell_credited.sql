{{ config(meta={'dated_by': ['first_period', 'credit_until']}) }}

select distinct
    clients.account_key,
    first_purchases.family,
    first_purchases.first_period,
    first_purchases.credit_until
from {{ ref('int_cross_sell_first_purchase') }} as first_purchases
inner join {{ ref('int_cross_sell_client') }} as clients
    on first_purchases.client_key = clients.client_key
