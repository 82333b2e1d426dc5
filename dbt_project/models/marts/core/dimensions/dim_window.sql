with periods as (
    select
        period,
        next_period
    from {{ ref('dim_period') }}
),

final as (
    select
        period,
        'month' as "window",
        period as first_period,
        next_period
    from periods

    union all

    select
        period,
        'quarter' as "window",
        cast(date_trunc('quarter', period) as date) as first_period,
        next_period
    from periods

    union all

    select
        period,
        'rolling_3' as "window",
        {{ add_months('period', -2) }} as first_period,
        next_period
    from periods

    union all

    select
        period,
        'rolling_12' as "window",
        {{ add_months('period', -11) }} as first_period,
        next_period
    from periods

    union all

    select
        period,
        'ytd' as "window",
        cast(date_trunc('year', period) as date) as first_period,
        next_period
    from periods
)

select * from final
