{{ config(contract={'enforced': false}) }}

with run as (
    select as_of_date from {{ source('control', 'run') }}
),

plans as (
    select distinct
        employee_key,
        period,
        plan_code,
        version
    from {{ ref('int_bonus_component') }}
),

gates as (
    select
        plans.employee_key,
        plans.period,
        gates.*
    from plans
    inner join {{ source('control', 'bonus_gate') }} as gates
        on plans.plan_code = gates.plan_code and plans.version = gates.version
),

kpi_values as (
    select
        employee_key,
        kpi_code,
        period,
        numerator,
        coalesce(denominator, 1) as denominator,
        reason
    from {{ ref('fct_kam_kpi') }}
    where
        "window" = 'month'
        and kpi_code in (select gates.kpi_code from {{ source('control', 'bonus_gate') }} as gates)
),

-- every gate against every month end from its own on that is over, or its own
judged as (
    select
        gates.*,
        periods.period as judged_on,
        periods.month_end <= run.as_of_date as is_over,
        kpi_values.numerator,
        kpi_values.denominator,
        case
            when kpi_values.kpi_code is null then 'no_data'
            when kpi_values.reason <> 'zero_denominator' then kpi_values.reason
        end as unknown_reason,
        case
            when kpi_values.reason is not null or kpi_values.kpi_code is null then false
            when gates.operator = '>' then kpi_values.numerator > bounds.bound
            when gates.operator = '>=' then kpi_values.numerator >= bounds.bound
            when gates.operator = '<' then kpi_values.numerator < bounds.bound
            when gates.operator = '<=' then kpi_values.numerator <= bounds.bound
        end as is_met
    from gates
    cross join run
    inner join {{ ref('dim_period') }} as periods
        on
            periods.period = gates.period
            or (gates.effect = 'hold' and periods.period > gates.period)
    left join kpi_values
        on
            gates.employee_key = kpi_values.employee_key
            and gates.kpi_code = kpi_values.kpi_code
            and periods.period = kpi_values.period
    cross join lateral (
        select {{ mul('gates.threshold', 'kpi_values.denominator', 6) }} as bound
    ) as bounds
),

final as (
    select
        employee_key,
        period,
        plan_code,
        gate_code,
        any_value(component_code) as component_code,
        any_value(kpi_code) as kpi_code,
        any_value(operator) as operator,
        any_value(threshold) as threshold,
        any_value(effect) as effect,
        any_value(factor) as factor,
        any_value(numerator) filter (where judged_on = period) as numerator,
        any_value(denominator) filter (where judged_on = period) as denominator,
        any_value(unknown_reason) filter (where judged_on = period) as unknown_reason,
        bool_or(is_met) filter (where judged_on = period) as is_met,
        min(judged_on) filter (
            where judged_on > period and is_over and unknown_reason is null and not is_met
        ) as released_on
    from judged
    group by employee_key, period, plan_code, gate_code
)

select * from final
