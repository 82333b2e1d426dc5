{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

-- Families in which a month can be an upsell to an account: its client has bought them in the
-- lookback, and they are not in cross-sell credit.
with periods as (
    select
        periods.period,
        policies.grain,
        policies.cross_sell_lookback_months as lookback_months
    from {{ ref('dim_period') }} as periods
    inner join ({{ policy_versions() }}) as policies
        on periods.period >= policies.valid_from and periods.period < policies.valid_to
    where {{ since('periods.period') }}
),

sold as (
    select
        account_key,
        family,
        period,
        sum(net) as net
    from {{ ref('fct_invoice_line') }}
    where family is not null and account_key <> 'UNMATCHED'
    group by account_key, family, period
),

clients as (
    select
        periods.period,
        accounts.account_key,
        case
            when periods.grain = 'holding'
                then coalesce(holdings.holding_key, accounts.account_key)
            else accounts.account_key
        end as client_key
    from (select distinct account_key from sold) as accounts
    cross join periods
    left join {{ ref('int_holding_month') }} as holdings
        on
            periods.period = holdings.period
            and accounts.account_key = holdings.account_key
),

-- families that a client has bought before the month
bought as (
    select
        clients.period,
        clients.client_key,
        sold.family
    from clients
    inner join periods on clients.period = periods.period
    inner join sold
        on
            clients.account_key = sold.account_key
            and sold.period < periods.period
            and sold.period >= {{ add_months('periods.period', '-periods.lookback_months') }}
    group by clients.period, clients.client_key, sold.family
    having sum(sold.net) > 0
),

final as (
    select
        clients.period,
        clients.account_key,
        bought.family
    from clients
    inner join bought
        on clients.period = bought.period and clients.client_key = bought.client_key
    anti join {{ ref('int_cross_sell_credited') }} as credited
        on
            clients.account_key = credited.account_key
            and bought.family = credited.family
            and clients.period >= credited.first_period
            and clients.period < credited.credit_until
)

select * from final
