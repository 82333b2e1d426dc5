{{ config(contract={'enforced': false}) }}

with gates as (
    select * from {{ ref('int_bonus_gate') }}
),

final as (
    select
        employee_key,
        period,
        plan_code,
        component_code,
        coalesce(
            list_reduce(
                list(cast(factor as decimal(38, 12)) order by gate_code) filter (
                    where is_met and effect = 'multiply'
                ),
                (a, b) -> cast(round(a * cast(b as decimal(20, 6)), 12) as decimal(38, 12))
            ),
            1
        ) as factor,
        min(factor) filter (where is_met and effect = 'cap') as cap_per_month,
        coalesce(bool_or(is_met and effect = 'block'), false) as is_blocked,
        arg_min(
            case
                when unknown_reason is not null then kpi_code || ': ' || unknown_reason
                else gate_code
            end,
            gate_code
        ) filter (
            where unknown_reason is not null
            or (is_met and effect = 'hold' and released_on is null)
        ) as held_by,
        bool_or(unknown_reason is not null) as is_unsure
    from gates
    group by employee_key, period, plan_code, component_code
)

select * from final
