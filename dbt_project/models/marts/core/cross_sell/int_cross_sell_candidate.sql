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

running as (
    select
        monthly.*,
        policies.cross_sell_by,
        policies.cross_sell_lookback_months,
        {{ add_months('monthly.period', '-policies.cross_sell_lookback_months') }}
            as lookback_from,
        sum(monthly.bought) over months as bought_to,
        sum(monthly.returned) over months as returned_to
    from monthly
    inner join policies
        on monthly.period >= policies.valid_from and monthly.period < policies.valid_to
    window
        months as (
            partition by monthly.client_key, monthly.family order by monthly.period
            rows between unbounded preceding and current row
        )
),

-- The least that can have been bought in the lookback, whatever the day of the month: what its
-- first month brought may lie before it, what that month took back may not.
judged as (
    select
        running.*,
        running.bought_to - running.bought - coalesce(earlier.bought_to, 0)
        + running.returned_to - coalesce(earlier.returned_to, 0)
        + case when earlier.period = running.lookback_from then earlier.returned else 0 end
            as bought_before
    from running
    asof left join running as earlier
        on
            running.client_key = earlier.client_key
            and running.family = earlier.family
            and running.lookback_from >= earlier.period
    where running.bought > 0 and running.is_one_client
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
    where cross_sell_by = 'invoice_line' and bought_before <= 0

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
