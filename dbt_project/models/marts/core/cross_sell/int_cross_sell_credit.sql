with lines as (
    select
        lines.*,
        rates.rate
    from {{ ref('int_cross_sell_line') }} as lines
    inner join {{ ref('fct_plan_rate') }} as rates
        on lines.period = rates.period and lines.currency = rates.currency
),

clients as (
    select
        client_key,
        account_key
    from {{ ref('int_cross_sell_client') }}
    where client_key in (select lines.client_key from lines)
),

billed as (
    select
        account_key,
        period,
        currency,
        sum(net) as amount
    from {{ ref('fct_invoice') }}
    where not is_void
    group by account_key, period, currency
),

deal_lines as (
    select
        source,
        deal_id,
        sum(amount) as amount
    from {{ ref('fct_deal_line') }}
    group by source, deal_id
),

-- a deal is worth its lines, and without lines what it says itself
nets as (
    select
        'invoice_line' as record_type,
        account_key,
        period,
        currency,
        amount
    from billed

    union all

    select
        'deal_line' as record_type,
        deals.account_key,
        deals.closed_period as period,
        deals.currency,
        coalesce(deal_lines.amount, deals.amount) as amount
    from {{ ref('fct_deal') }} as deals
    left join deal_lines on deals.source = deal_lines.source and deals.deal_id = deal_lines.deal_id
    where deals.state = 'won'
),

months as (
    select
        clients.client_key,
        nets.record_type,
        nets.period,
        sum({{ mul('nets.amount', 'rates.rate') }}) as net,
        min(case
            when nets.amount is null then 'no_data'
            when rates.rate is null then 'rate_absent'
        end) as reason
    from nets
    inner join clients on nets.account_key = clients.account_key
    inner join {{ ref('fct_plan_rate') }} as rates
        on nets.period = rates.period and nets.currency = rates.currency
    group by clients.client_key, nets.record_type, nets.period
),

family_months as (
    select
        client_key,
        family,
        first_on,
        any_value(first_period) as first_period,
        record_type,
        period,
        count(*) as lines,
        sum({{ mul('amount', 'rate') }}) as net,
        case when bool_or(rate is null) then 'rate_absent' end as reason
    from lines
    group by client_key, family, first_on, record_type, period
),

-- what the client bought a month before: three times the mean, fixed for all credit months
baselines as (
    select
        starts.client_key,
        starts.record_type,
        starts.first_period,
        coalesce(sum(months.net), 0) as net_3,
        min(months.reason) as reason
    from (
        select distinct
            client_key,
            record_type,
            first_period
        from family_months
    ) as starts
    left join months
        on
            starts.client_key = months.client_key
            and starts.record_type = months.record_type
            and months.period < starts.first_period
            and months.period >= {{ add_months('starts.first_period', -3) }}
    group by starts.client_key, starts.record_type, starts.first_period
),

-- what replaces something else is no growth: the month counts up to its growth over the baseline
growth as (
    select
        family_months.* exclude (reason),
        greatest(0, 3 * months.net - baselines.net_3) as growth_3,
        coalesce(family_months.reason, months.reason, baselines.reason) as reason
    from family_months
    inner join months
        on
            family_months.client_key = months.client_key
            and family_months.record_type = months.record_type
            and family_months.period = months.period
    inner join baselines
        on
            family_months.client_key = baselines.client_key
            and family_months.record_type = baselines.record_type
            and family_months.first_period = baselines.first_period
),

valued as (
    select
        lines.* exclude (amount),
        growth.reason,
        growth.reason is null and 3 * growth.net > growth.growth_3 as is_capped,
        growth.lines as members,
        {{ whole_units(mul('lines.amount', 'lines.rate'), 10) }} as weight,
        {{ whole_units('growth.net', 10) }} as weight_total,
        case
            when growth.reason is not null then null
            when 3 * growth.net > growth.growth_3
                then {{ round_half_up(ratio('growth.growth_3', 3), 4) }}
            else lines.amount
        end as amount
    from lines
    inner join growth
        on
            lines.client_key = growth.client_key
            and lines.family = growth.family
            and lines.first_on = growth.first_on
            and lines.record_type = growth.record_type
            and lines.period = growth.period
),

capped as (
    select * from valued where is_capped
),

split as (
    {{ split_by_weight(
        'capped', key='client_key, family, first_on, record_type, period', amounts=['amount'],
        tie='source, record_id'
    ) }}
),

credited as (
    select * from valued where not is_capped

    union all

    select split.* replace (company.currency as currency)
    from split
    cross join {{ source('control', 'company') }} as company
),

final as (
    select
        period,
        account_key,
        employee_key,
        credit_on,
        record_type,
        source,
        record_id,
        currency,
        cast(amount as decimal(38, 4)) as amount,
        reason
    from credited
)

select * from final
