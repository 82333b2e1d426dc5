{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with movements as (
    select
        *,
        churn + contraction as losses,
        expansion + reactivation as gains,
        -- the closed cohort: clients that were there at the start
        case when outcome in ('new', 'reactivated') then 0 else opening end as cohort
    from {{ ref('fct_recurring_movement') }}
    where {{ since('period', months_back=11) }}
),

-- month by month, what was lost is not made good by what was won later
monthly as (
    select
        windows.period,
        windows."window",
        months.account_key,
        case when bool_and(months.losses is not null) then sum(months.losses) end as losses,
        case when bool_and(months.gains is not null) then sum(months.gains) end as gains,
        min(months.reason) as reason
    from movements as months
    inner join {{ ref('dim_window') }} as windows
        on months.period between windows.first_period and windows.period
    where months."window" = 'month' and {{ since('windows.period') }}
    group by windows.period, windows."window", months.account_key
),

openings as (
    select
        period,
        "window",
        account_key,
        opening,
        reason
    from movements
),

by_movement as (
    select
        monthly.period,
        monthly."window",
        monthly.account_key,
        case when openings.account_key is null then 0 else openings.opening end as opening,
        monthly.losses,
        monthly.gains,
        least(monthly.reason, openings.reason) as reason
    from monthly
    left join openings
        on
            monthly.period = openings.period
            and monthly."window" = openings."window"
            and monthly.account_key = openings.account_key
),

measured as (
    select
        'grr' as kpi_code,
        period,
        "window",
        account_key,
        cohort - losses as numerator,
        cohort as denominator,
        reason
    from movements

    union all

    select
        'nrr' as kpi_code,
        period,
        "window",
        account_key,
        cohort - losses + expansion as numerator,
        cohort as denominator,
        reason
    from movements

    union all

    select
        'gross_churn_rate' as kpi_code,
        period,
        "window",
        account_key,
        losses as numerator,
        opening as denominator,
        reason
    from movements

    union all

    select
        'net_churn_rate' as kpi_code,
        period,
        "window",
        account_key,
        losses - gains as numerator,
        opening as denominator,
        reason
    from movements

    union all

    select
        'grr_movement' as kpi_code,
        period,
        "window",
        account_key,
        opening - losses as numerator,
        opening as denominator,
        reason
    from by_movement

    union all

    select
        'nrr_movement' as kpi_code,
        period,
        "window",
        account_key,
        opening - losses + gains as numerator,
        opening as denominator,
        reason
    from by_movement
),

final as (
    select
        measured.kpi_code,
        measured.period,
        measured."window",
        measured.account_key,
        cast(null as varchar) as employee_key,
        cast(null as date) as credit_on,
        'account' as record_type,
        accounts.source,
        accounts.account_id as record_id,
        company.currency,
        cast(measured.numerator as decimal(38, 4)) as numerator,
        cast(measured.denominator as decimal(38, 4)) as denominator,
        measured.reason
    from measured
    inner join {{ ref('dim_account') }} as accounts on measured.account_key = accounts.account_key
    cross join {{ source('control', 'company') }} as company
    -- a client that is new has no part in what was kept
    where
        measured.numerator is null
        or measured.denominator is null
        or measured.numerator <> 0
        or measured.denominator <> 0
)

select * from final
