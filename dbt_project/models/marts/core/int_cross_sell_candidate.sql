with policies as (
    {{ policy_versions() }}
),

clients as (
    select * from {{ ref('int_cross_sell_client') }}
),

history as (
    select min(period) as known_from from {{ ref('fct_invoice') }} where not is_void
),

rates as (
    select * from {{ ref('int_cross_sell_rate') }}
),

billed as (
    select
        account_key,
        family,
        period,
        currency,
        sum(greatest(net, 0)) as bought,
        sum(least(net, 0)) as returned
    from {{ ref('fct_invoice_line') }}
    where family is not null
    group by account_key, family, period, currency
),

monthly as (
    select
        clients.client_key,
        billed.family,
        billed.period,
        billed.period >= clients.valid_from and billed.period < clients.valid_to as is_one_client,
        sum({{ mul('billed.bought', 'rates.rate') }}) as bought,
        sum({{ mul('billed.returned', 'rates.rate') }}) as returned
    from billed
    inner join clients on billed.account_key = clients.account_key
    inner join rates on billed.currency = rates.currency
    group by all
),

-- the least that can have been bought in the lookback, whatever the day of the month
judged as (
    select
        monthly.*,
        policies.cross_sell_by,
        policies.cross_sell_lookback_months,
        coalesce(sum(monthly.bought) over (
            partition by monthly.client_key, monthly.family
            order by monthly.period
            range between interval (policies.cross_sell_lookback_months - 1) month preceding
            and interval 1 month preceding
        ), 0)
        + sum(monthly.returned) over (
            partition by monthly.client_key, monthly.family
            order by monthly.period
            range between interval (policies.cross_sell_lookback_months) month preceding
            and current row
        ) as bought_before
    from monthly
    inner join policies
        on monthly.period >= policies.valid_from and monthly.period < policies.valid_to
),

won as (
    select
        clients.client_key,
        deals.family,
        deals.closed_period as period,
        policies.cross_sell_lookback_months
    from {{ ref('fct_deal_line') }} as deals
    inner join policies
        on deals.closed_on >= policies.valid_from and deals.closed_on < policies.valid_to
    inner join clients
        on
            deals.account_key = clients.account_key
            and deals.closed_on >= clients.valid_from
            and deals.closed_on < clients.valid_to
    where
        policies.cross_sell_by = 'won_deal'
        and deals.state = 'won'
        and deals.family is not null
        and deals.amount > 0
    group by all
),

months as (
    select
        client_key,
        family,
        period,
        cross_sell_lookback_months
    from judged
    where
        cross_sell_by = 'invoice_line'
        and is_one_client
        and bought > 0
        and bought_before <= 0

    union all

    select * from won
),

final as (
    select
        months.client_key,
        months.family,
        months.period,
        {{ add_months('months.period', '-months.cross_sell_lookback_months') }} as lookback_from
    from months
    cross join history
    where
        {{ add_months('months.period', '1 - months.cross_sell_lookback_months') }}
        > history.known_from
)

select * from final
