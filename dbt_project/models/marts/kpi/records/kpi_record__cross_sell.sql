{{ config(materialized='ephemeral', contract={'enforced': false}) }}

with policies as (
    {{ policy_versions() }}
),

accounts as (
    select
        account_key,
        holding_key
    from {{ ref('dim_account') }}
    where account_key <> 'UNMATCHED'
),

rates as (
    select
        period,
        currency,
        rate,
        -- whether something was bought does not depend on a rate
        coalesce(rate, 1) as weight_rate
    from {{ ref('fct_plan_rate') }}
),

billed as (
    select
        account_key,
        family,
        period,
        currency,
        sum(net) as net,
        sum(least(net, 0)) as returned
    from {{ ref('fct_invoice_line') }}
    group by account_key, family, period, currency
),

monthly as (
    select
        accounts.holding_key,
        billed.family,
        billed.period,
        sum({{ mul('billed.net', 'rates.rate') }}) as net,
        bool_or(rates.rate is null) as is_unknown,
        sum({{ mul('billed.net', 'rates.weight_rate') }}) as bought,
        sum({{ mul('billed.returned', 'rates.weight_rate') }}) as returned
    from billed
    inner join accounts on billed.account_key = accounts.account_key
    inner join rates on billed.period = rates.period and billed.currency = rates.currency
    group by accounts.holding_key, billed.family, billed.period
),

customers as (
    select
        accounts.holding_key,
        min(invoices.issued_on) as billed_from
    from {{ ref('fct_invoice') }} as invoices
    inner join accounts on invoices.account_key = accounts.account_key
    where not invoices.is_void and invoices.kind = 'invoice'
    group by accounts.holding_key
),

history as (
    select min(period) as known_from from {{ ref('fct_invoice') }} where not is_void
),

-- Families that may hold a first purchase, found by month because days are many. Where nothing was
-- ever returned, a sale in a whole month of the lookback rules it out.
sales as (
    select
        monthly.holding_key,
        monthly.family,
        monthly.period,
        lag(monthly.period) over (
            partition by monthly.holding_key, monthly.family order by monthly.period
        ) as sold_before
    from monthly
    where monthly.family is not null and monthly.bought > monthly.returned
),

candidates as (
    select
        sales.holding_key,
        sales.family
    from sales
    inner join policies
        on sales.period >= policies.valid_from and sales.period < policies.valid_to
    cross join history
    where
        {{ add_months('sales.period', '1 - policies.cross_sell_lookback_months') }}
        > history.known_from
        and (
            sales.sold_before is null
            or sales.sold_before
            <= {{ add_months('sales.period', '-policies.cross_sell_lookback_months') }}
        )

    union

    select
        holding_key,
        family
    from monthly
    where family is not null and returned < 0
),

lines as (
    select
        accounts.holding_key,
        lines.*,
        rates.rate,
        rates.weight_rate
    from {{ ref('fct_invoice_line') }} as lines
    inner join accounts on lines.account_key = accounts.account_key
    inner join candidates
        on accounts.holding_key = candidates.holding_key and lines.family = candidates.family
    inner join rates on lines.period = rates.period and lines.currency = rates.currency
),

daily as (
    select
        holding_key,
        family,
        issued_on as day,
        sum({{ mul('net', 'weight_rate') }}) as bought
    from lines
    group by holding_key, family, issued_on
),

running as (
    select
        daily.*,
        policies.cross_sell_min_tenure_days as min_tenure_days,
        {{ add_months('daily.day', '-policies.cross_sell_lookback_months') }} as lookback_from,
        {{ add_months('daily.day', 'policies.cross_sell_credit_months') }} as credit_until,
        sum(daily.bought) over (
            partition by daily.holding_key, daily.family order by daily.day
        ) as bought_to
    from daily
    inner join policies
        on daily.day >= policies.valid_from and daily.day < policies.valid_to
),

purchases as (
    select
        running.*,
        running.bought_to - running.bought - coalesce(earlier.bought_to, 0) as bought_before
    from running
    asof left join running as earlier
        on
            running.holding_key = earlier.holding_key
            and running.family = earlier.family
            and running.lookback_from > earlier.day
),

first_purchases as (
    select
        purchases.holding_key,
        purchases.family,
        purchases.day as first_on,
        {{ month_of('purchases.day') }} as first_period,
        purchases.credit_until
    from purchases
    inner join customers on purchases.holding_key = customers.holding_key
    cross join history
    where
        purchases.bought > 0
        and purchases.bought_before <= 0
        and purchases.day - customers.billed_from >= purchases.min_tenure_days
        and purchases.lookback_from >= history.known_from
),

-- what the holding bought a month before: three times the mean, fixed for all credit months
baselines as (
    select
        first_purchases.holding_key,
        first_purchases.family,
        first_purchases.first_on,
        coalesce(sum(monthly.net), 0) as net_3,
        coalesce(bool_or(monthly.is_unknown), false) as is_unknown
    from first_purchases
    left join monthly
        on
            first_purchases.holding_key = monthly.holding_key
            and monthly.period < first_purchases.first_period
            and monthly.period >= {{ add_months('first_purchases.first_period', -3) }}
    group by first_purchases.holding_key, first_purchases.family, first_purchases.first_on
),

months as (
    select
        holding_key,
        period,
        sum(net) as net,
        bool_or(is_unknown) as is_unknown
    from monthly
    group by holding_key, period
),

-- a credit note belongs to the purchase it takes back, and counts in its own month
credited as (
    select
        lines.*,
        first_purchases.first_on
    from lines
    left join {{ ref('fct_invoice') }} as notes
        on
            lines.kind = 'credit_note'
            and lines.source = notes.source
            and lines.invoice_id = notes.invoice_id
    left join {{ ref('fct_invoice') }} as corrected
        on notes.source = corrected.source and notes.corrects_id = corrected.invoice_id
    inner join first_purchases
        on
            lines.holding_key = first_purchases.holding_key
            and lines.family = first_purchases.family
            and coalesce(corrected.issued_on, lines.issued_on) >= first_purchases.first_on
            and coalesce(corrected.issued_on, lines.issued_on) < first_purchases.credit_until
    qualify row_number() over (
        partition by lines.source, lines.invoice_id, lines.line_no
        order by first_purchases.first_on desc
    ) = 1
),

-- what replaces something else is no growth: the month counts up to its growth over the baseline
family_months as (
    select
        credited.holding_key,
        credited.family,
        credited.first_on,
        credited.period,
        count(*) as lines,
        sum({{ mul('credited.net', 'credited.rate') }}) as net,
        any_value(greatest(0, 3 * months.net - baselines.net_3)) as growth_3,
        bool_or(credited.rate is null or months.is_unknown or baselines.is_unknown) as is_unknown
    from credited
    inner join months
        on credited.holding_key = months.holding_key and credited.period = months.period
    inner join baselines
        on
            credited.holding_key = baselines.holding_key
            and credited.family = baselines.family
            and credited.first_on = baselines.first_on
    group by credited.holding_key, credited.family, credited.first_on, credited.period
),

valued as (
    select
        credited.period,
        credited.account_key,
        credited.issued_on,
        credited.source,
        credited.invoice_id,
        credited.line_no,
        credited.holding_key,
        credited.family,
        credited.first_on,
        credited.currency,
        not family_months.is_unknown and 3 * family_months.net > family_months.growth_3
            as is_capped,
        family_months.lines as members,
        {{ whole_units(mul('credited.net', 'credited.rate'), 10) }} as weight,
        {{ whole_units('family_months.net', 10) }} as weight_total,
        case
            when family_months.is_unknown then null
            when 3 * family_months.net > family_months.growth_3
                then {{ round_half_up(ratio('family_months.growth_3', 3), 4) }}
            else credited.net
        end as amount
    from credited
    inner join family_months
        on
            credited.holding_key = family_months.holding_key
            and credited.family = family_months.family
            and credited.first_on = family_months.first_on
            and credited.period = family_months.period
),

capped as (
    select * from valued where is_capped
),

split as (
    {{ split_by_weight(
        'capped', key='holding_key, family, first_on, period', amounts=['amount'],
        tie='source, invoice_id, line_no'
    ) }}
),

final_lines as (
    select
        period,
        account_key,
        issued_on,
        source,
        invoice_id,
        line_no,
        currency,
        amount
    from valued
    where not is_capped

    union all

    select
        split.period,
        split.account_key,
        split.issued_on,
        split.source,
        split.invoice_id,
        split.line_no,
        company.currency,
        split.amount
    from split
    cross join {{ source('control', 'company') }} as company
),

final as (
    select
        'cross_sell_revenue' as kpi_code,
        period,
        account_key,
        cast(null as varchar) as employee_key,
        issued_on as credit_on,
        'invoice_line' as record_type,
        source,
        invoice_id || '/' || line_no as record_id,
        currency,
        cast(amount as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator,
        cast(null as varchar) as reason
    from final_lines
)

select * from final
