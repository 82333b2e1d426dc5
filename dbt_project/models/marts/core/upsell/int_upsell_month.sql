{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with sold as (
    select
        account_key,
        family,
        coalesce(product_key, '') as product_key,
        currency,
        period,
        sum(net) as net,
        -- a sale without a quantity is one
        case when sum(quantity) > 0 then sum(quantity) else 1 end as quantity
    from {{ ref('fct_invoice_line') }}
    where family is not null and {{ since('period', months_back=12) }}
    group by account_key, family, coalesce(product_key, ''), currency, period
),

-- as the month itself and as the month a year before; joined by equality alone, which is quick
compared as (
    select
        account_key,
        family,
        product_key,
        currency,
        period,
        net as net_now,
        quantity as quantity_now,
        0 as net_before,
        0 as quantity_before
    from sold

    union all

    select
        account_key,
        family,
        product_key,
        currency,
        {{ add_months('period', 12) }} as period,
        0 as net_now,
        0 as quantity_now,
        net as net_before,
        quantity as quantity_before
    from sold
),

sides as (
    select
        families.period,
        families.account_key,
        compared.currency,
        compared.product_key,
        sum(compared.net_now) as net_now,
        sum(compared.net_before) as net_before,
        sum(compared.quantity_now) as quantity_now,
        sum(compared.quantity_before) as quantity_before
    from {{ ref('int_upsell_family') }} as families
    inner join compared
        on
            families.account_key = compared.account_key
            and families.family = compared.family
            and families.period = compared.period
    group by families.period, families.account_key, compared.currency, compared.product_key
),

-- what this month's quantities would have cost a year before; an unknown price is this month's.
-- Most products are sold in one of the two months, and dividing is slow.
priced as (
    select
        *,
        case
            when quantity_now = 0 then 0
            when quantity_before > 0
                then {{ ratio(
                    mul('quantity_now', 'cast(net_before as decimal(38, 4))'), 'quantity_before',
                    8, 4
                ) }}
            else net_now
        end as net_at_old_prices
    from sides
),

summed as (
    select
        period,
        account_key,
        currency,
        sum(net_now) as net_now,
        sum(net_before) as net_before,
        sum(quantity_now) as quantity_now,
        sum(quantity_before) as quantity_before,
        sum(net_at_old_prices) as net_at_old_prices
    from priced
    group by period, account_key, currency
),

parts as (
    select
        *,
        cast(net_now - net_before as decimal(38, 4)) as expansion,
        cast(case
            when quantity_before > 0
                then {{ ratio(
                    mul('(quantity_now - quantity_before)', 'cast(net_before as decimal(38, 4))'),
                    'quantity_before', 8, 4
                ) }}
            else net_now
        end as decimal(38, 4)) as volume,
        cast(net_now - net_at_old_prices as decimal(38, 4)) as price
    from summed
),

final as (
    select
        period,
        account_key,
        currency,
        expansion,
        volume,
        cast(expansion - volume - price as decimal(38, 4)) as mix,
        price
    from parts
    where net_now <> 0 or net_before <> 0
)

select * from final
