{{ config(contract={'enforced': false}) }}

with run as (
    select as_of_date from {{ source('control', 'run') }}
),

events as (
    select
        is_spared,
        employee_key,
        period,
        plan_code,
        component_code,
        sum(clawed) as clawed,
        sum(due) as due
    from {{ ref('int_bonus_event_pay') }}
    group by is_spared, employee_key, period, plan_code, component_code
),

split as (
    select
        rounded.*,
        coalesce(events.clawed, 0) as clawed_by_event,
        case
            when events.due is not null then events.due
            when rounded.holdback_share is null then rounded.rounded
            when run.as_of_date >= rounded.month_end + rounded.holdback_days then rounded.rounded
            else
                rounded.rounded
                - {{ kopecks(mul('rounded.rounded', 'rounded.holdback_share', 2)) }}
        end as due_if_free
    from {{ ref('int_bonus_rounded') }} as rounded
    cross join run
    left join events
        on
            rounded.is_spared = events.is_spared
            and rounded.employee_key = events.employee_key
            and rounded.period = events.period
            and rounded.plan_code = events.plan_code
            and rounded.component_code = events.component_code
),

settled as (
    select
        * exclude (earned, due_if_free),
        earned as earned_before_gates,
        cast(rounded - clawed_by_event as decimal(18, 2)) as earned,
        cast(case when held_by_any is null then due_if_free else 0 end as decimal(18, 2)) as due,
        case
            when is_blocked then 'blocked' when held_by_any is not null then 'held' else 'due'
        end as status
    from split
),

-- what clawback takes: the difference from the same calculation without it
final as (
    select
        settled.* exclude (is_spared),
        cast(case
            when settled.clawback_mode <> 'none'
                then coalesce(spared.due - settled.due, 0)
            else 0
        end as decimal(18, 2)) as clawed
    from settled
    left join settled as spared
        on
            spared.is_spared
            and settled.employee_key = spared.employee_key
            and settled.period = spared.period
            and settled.plan_code = spared.plan_code
            and settled.component_code = spared.component_code
    where not settled.is_spared
)

select * from final
