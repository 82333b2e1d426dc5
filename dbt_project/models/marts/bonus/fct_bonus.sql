with settled as (
    select * from {{ ref('int_bonus_settled') }}
),

company as (
    select currency from {{ source('control', 'company') }}
),

blocks as (
    select
        employee_key,
        period,
        min_by(reason, place) as reason
    from {{ ref('fct_bonus_block') }}
    group by employee_key, period
),

final as (
    select
        settled.employee_key,
        settled.period,
        settled.plan_code,
        settled.version as plan_version,
        settled.component_code,
        settled.measure,
        settled.measure_window,
        settled.measured_on,
        company.currency,
        settled.rounded,
        settled.earned,
        cast(settled.earned - settled.due as decimal(18, 2)) as held,
        settled.clawed,
        settled.due,
        settled.status,
        settled.held_by_any as reason,
        not settled.is_unsure as is_settled
    from settled
    cross join company

    union all

    -- a person who is blocked has the lines that would have been, with nothing in them
    select
        components.employee_key,
        components.period,
        components.plan_code,
        components.version as plan_version,
        components.component_code,
        components.measure,
        components.measure_window,
        components.measured_on,
        company.currency,
        0 as rounded,
        0 as earned,
        0 as held,
        0 as clawed,
        0 as due,
        'blocked' as status,
        blocks.reason,
        false as is_settled
    from {{ ref('int_bonus_component') }} as components
    inner join blocks
        on components.employee_key = blocks.employee_key and components.period = blocks.period
    cross join company

    union all

    select
        adjustments.employee_key,
        adjustments.period,
        '' as plan_code,
        0 as plan_version,
        'manual_adjustment' as component_code,
        null as measure,
        null as measure_window,
        null as measured_on,
        company.currency,
        adjustments.amount as rounded,
        adjustments.amount as earned,
        0 as held,
        0 as clawed,
        adjustments.amount as due,
        'due' as status,
        null as reason,
        true as is_settled
    from {{ ref('int_bonus_adjustment') }} as adjustments
    anti join blocks
        on adjustments.employee_key = blocks.employee_key and adjustments.period = blocks.period
    cross join company
)

select * from final
