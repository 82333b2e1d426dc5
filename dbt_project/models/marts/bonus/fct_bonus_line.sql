{#
    The trace is the calculation: each step is a column of the bonus models, here as a row. `when`
    says which lines have the step.
#}
{% set measured = "measure is not null and state <> 'no_days'" %}
{% set known = "after_gate is not null" %}
{% set steps = [
    ("measure", "value", measured, "reason"),
    ("score", "value", "kind = 'mbo'", "reason"),
    ("target", "target", "is_target_read", "null"),
    ("attainment", "attainment", "attainment is not null", "null"),
    ("payout", "payout_share", "is_weighted and payout_share is not null", "null"),
    ("base", "base", "base is not null", "plan_base"),
    ("weight", "coalesce(raised_weight, weight)", "is_weighted and base is not null",
        "case when raised_weight is not null then 'redistributed' end"),
    ("pay", "tier_pay", "not is_weighted and tier_pay is not null", "null"),
    ("prorated", "total", "prorate and tier_pay is not null", "null"),
    ("total", "total", "is_cumulative and total is not null", "null"),
    ("earned_before", "-earned_before", "is_cumulative and earned_before is not null", "null"),
    ("earned_by_rules", "earned_before_gates", "earned_before_gates is not null", "null"),
    ("component_gate", "after_gate", known ~ " and after_gate <> earned_before_gates", "null"),
    ("component_cap", "after_cap", known ~ " and after_cap <> after_gate", "null"),
    ("component_floor", "after_floor", known ~ " and after_floor <> after_cap", "null"),
    ("plan_gate", "after_plan_gate", known ~ " and after_plan_gate <> after_floor", "null"),
    ("plan_cap", "after_plan_cap", known ~ " and after_plan_cap <> after_plan_gate", "null"),
    ("plan_floor", "limited", known ~ " and limited <> after_plan_cap", "null"),
    ("pool", "pooled", known ~ " and pooled <> limited", "team"),
    ("rounded", "rounded", known, "null"),
    ("clawback_of_records", "-clawed_by_event", "clawed_by_event <> 0", "null"),
    ("earned", "earned", "true", "null"),
    ("not_due_yet", "due - earned", "due <> earned", "held_by_any"),
    ("due", "due", "true", "null"),
] %}
with settled as (
    select
        *,
        cast({{ ratio('target_numerator', 'days_denominator', 6, 12) }} as decimal(38, 12))
            as target
    from {{ ref('int_bonus_settled') }}
),

steps as (
    {% for step, amount, has, note in steps %}
        select
            employee_key,
            period,
            plan_code,
            component_code,
            {{ loop.index * 10 }} as place,
            0 as part,
            '{{ step }}' as step,
            cast(null as decimal(38, 12)) as quantity,
            cast(null as decimal(18, 6)) as rate,
            cast({{ amount }} as decimal(38, 12)) as amount,
            cast({{ note }} as varchar) as note
        from settled
        where {{ has }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- what each tier pays for, after the attainment
slices as (
    select
        slices.employee_key,
        slices.period,
        slices.plan_code,
        slices.component_code,
        45 as place,
        row_number() over (
            partition by
                slices.employee_key, slices.period, slices.plan_code, slices.component_code
            order by slices.source, slices.record_type, slices.record_id, slices.place
        ) as part,
        'tier' as step,
        case
            when not readings.is_level_paid
                then cast(
                    {{ ratio('slices.quantity', 'readings.tier_divisor', 12, 12) }}
                    as decimal(38, 12)
                )
        end as quantity,
        cast(slices.value as decimal(18, 6)) as rate,
        case
            when readings.is_level_paid then cast(slices.value as decimal(38, 12))
            else
                cast(
                    {{ ratio('slices.earned', 'readings.tier_divisor', 12, 12) }}
                    as decimal(38, 12)
                )
        end as amount,
        slices.tier_from || ' – ' || coalesce(cast(slices.tier_to as varchar), '∞')
        || coalesce(' · ' || slices.record_id, '') as note
    from {{ ref('int_bonus_slice') }} as slices
    inner join {{ ref('int_bonus_paid') }} as readings
        on
            slices.is_spared = readings.is_spared
            and slices.employee_key = readings.employee_key
            and slices.period = readings.period
            and slices.plan_code = readings.plan_code
            and slices.component_code = readings.component_code
            and slices.record_type is not distinct from readings.record_type
            and slices.source is not distinct from readings.source
            and slices.record_id is not distinct from readings.record_id
    inner join settled
        on
            slices.employee_key = settled.employee_key
            and slices.period = settled.period
            and slices.plan_code = settled.plan_code
            and slices.component_code = settled.component_code
    where not slices.is_spared
),

-- the gates that act, before the step that shows their effect
gates as (
    select
        settled.employee_key,
        settled.period,
        settled.plan_code,
        settled.component_code,
        case when gates.component_code is null then 155 else 125 end as place,
        row_number() over (
            partition by
                settled.employee_key, settled.period, settled.plan_code, settled.component_code,
                gates.component_code
            order by gates.gate_code
        ) as part,
        'gate' as step,
        cast(null as decimal(38, 12)) as quantity,
        cast(gates.factor as decimal(18, 6)) as rate,
        cast({{ ratio('gates.numerator', 'gates.denominator', 10, 12) }} as decimal(38, 12))
            as amount,
        gates.kpi_code || ' ' || gates.operator || ' '
        || cast(gates.threshold as varchar) || ': ' || gates.effect
        || coalesce(', ' || gates.unknown_reason, '')
        || coalesce(', released ' || cast(gates.released_on as varchar), '') as note
    from settled
    inner join {{ ref('int_bonus_gate') }} as gates
        on
            settled.employee_key = gates.employee_key
            and settled.period = gates.period
            and settled.plan_code = gates.plan_code
            and (gates.component_code is null or settled.component_code = gates.component_code)
    where gates.is_met or gates.unknown_reason is not null
),

final as (
    select * from steps
    union all
    select * from slices
    union all
    select * from gates
)

select
    employee_key,
    period,
    plan_code,
    component_code,
    place,
    cast(part as integer) as part,
    step,
    quantity,
    rate,
    amount,
    note
from final
