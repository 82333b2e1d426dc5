{{ config(contract={'enforced': false}) }}

with effects as (
    select * from {{ ref('int_bonus_gate_effect') }}
),

earned as (
    select
        earned.*
    from {{ ref('int_bonus_earned') }} as earned
    anti join {{ ref('int_bonus_block') }} as blocks
        on
            earned.is_spared = blocks.is_spared
            and earned.employee_key = blocks.employee_key
            and earned.period = blocks.period
),

component_gated as (
    select
        earned.*,
        coalesce(effects.factor, 1) as gate_factor,
        {{ over_days(
            'effects.cap_per_month', 'earned.interval_months', 'earned.days_paid',
            'earned.days'
        ) }}
            as gate_cap,
        {{ over_days(
            'earned.component_cap', 'earned.interval_months', 'earned.days_paid',
            'earned.days'
        ) }}
            as cap,
        {{ over_days(
            'earned.component_floor', 'earned.interval_months', 'earned.days_paid',
            'earned.days'
        ) }}
            as floor,
        coalesce(effects.is_blocked, false) as is_component_blocked,
        coalesce(earned.held_by, effects.held_by) as component_held_by,
        earned.held_by is not null or coalesce(effects.is_unsure, false) as is_component_unsure
    from earned
    left join effects
        on
            earned.employee_key = effects.employee_key
            and earned.period = effects.period
            and earned.plan_code = effects.plan_code
            and earned.component_code = effects.component_code
),

after_gate as (
    select
        *,
        case
            when earned is null then null
            when is_component_blocked then 0
            else least(
                {{ stepped(mul('earned', 'gate_factor', 10)) }}, {{ stepped('gate_cap') }}
            )
        end as after_gate
    from component_gated
),

after_cap as (
    select
        *,
        least(after_gate, case when after_gate is not null then {{ stepped('cap') }} end)
            as after_cap
    from after_gate
),

after_floor as (
    select
        *,
        case
            when is_component_blocked then after_cap
            else
                greatest(after_cap, case when after_cap is not null then {{ stepped('floor') }} end)
        end as after_floor
    from after_cap
),

plan_gated as (
    select
        after_floor.* exclude (cap, floor, gate_cap),
        coalesce(effects.is_blocked, false) as is_plan_blocked,
        {{ over_days(
            'effects.cap_per_month', '1', 'after_floor.month_days_paid',
            'after_floor.month_days'
        ) }}
            as plan_gate_cap,
        {{ over_days(
            'after_floor.plan_cap', '1', 'after_floor.month_days_paid',
            'after_floor.month_days'
        ) }}
            as plan_cap_due,
        {{ over_days(
            'after_floor.plan_floor', '1', 'after_floor.month_days_paid',
            'after_floor.month_days'
        ) }}
            as plan_floor_due,
        coalesce(after_floor.component_held_by, effects.held_by) as held_by_any,
        after_floor.is_component_unsure or coalesce(effects.is_unsure, false) as is_unsure,
        after_floor.is_component_blocked or coalesce(effects.is_blocked, false) as is_blocked,
        case
            when after_floor.after_floor is null then null
            when coalesce(effects.is_blocked, false) then 0
            else {{ stepped(mul('after_floor.after_floor', 'coalesce(effects.factor, 1)', 10)) }}
        end as gated
    from after_floor
    left join effects
        on
            after_floor.employee_key = effects.employee_key
            and after_floor.period = effects.period
            and after_floor.plan_code = effects.plan_code
            and effects.component_code is null
),

gate_capped as (
    select
        *,
        {{ scaled_down('gated', 'plan_gate_cap') }} as after_plan_gate,
        coalesce(sum(gated) over plan_lines > plan_gate_cap, false) as is_gate_capped
    from plan_gated
    window plan_lines as (partition by is_spared, employee_key, period, plan_code)
),

plan_capped as (
    select
        *,
        {{ scaled_down('after_plan_gate', 'plan_cap_due') }} as after_plan_cap,
        coalesce(sum(after_plan_gate) over plan_lines > plan_cap_due, false) as is_plan_capped
    from gate_capped
    window plan_lines as (partition by is_spared, employee_key, period, plan_code)
),

totalled as (
    select
        *,
        sum(after_plan_cap) over plan_lines as plan_total,
        count(*) filter (where after_plan_cap is not null and not is_blocked) over plan_lines
            as open_lines
    from plan_capped
    window plan_lines as (partition by is_spared, employee_key, period, plan_code)
),

floored as (
    select
        *,
        coalesce(plan_total < plan_floor_due and open_lines > 0 and not is_plan_blocked, false)
            as is_floored
    from totalled
),

final as (
    select
        *,
        cast(case
            when after_plan_cap is null then null
            when not is_floored then after_plan_cap
            when plan_total > 0
                then {{ stepped(mul(
                    'after_plan_cap', ratio('plan_floor_due', 'plan_total', 10, 16), 10
                )) }}
            when not is_blocked
                then
                    after_plan_cap
                    + {{ ratio('(plan_floor_due - plan_total)', 'open_lines', 10, 10) }}
            else after_plan_cap
        end as decimal(28, 10)) as limited,
        is_gate_capped or is_plan_capped or is_floored as is_total_set
    from floored
)

select * from final
