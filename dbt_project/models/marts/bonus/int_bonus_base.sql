{{ config(contract={'enforced': false}) }}

with components as (
    select * from {{ ref('int_bonus_component') }}
    where is_weighted and measured_days_paid > 0
),

company as (
    select currency from {{ source('control', 'company') }}
),

policies as (
    select
        policy_version,
        coalesce(bonus_unpaid_absences, []) as unpaid_absences
    from {{ source('control', 'policy') }}
),

-- each day at the salary in force on it
salaries as (
    select
        days.employee_key,
        days.plan_code,
        days.day,
        days.absences,
        salaries.monthly_base,
        salaries.target_bonus,
        salaries.currency
    from {{ ref('int_bonus_day') }} as days
    left join {{ ref('salary_base') }} as salaries
        on
            days.employee_source = salaries.employee_source
            and days.employee_id = salaries.employee_id
            and {{ in_force('salaries', 'days.day') }}
    qualify row_number() over (
        partition by days.employee_key, days.plan_code, days.day
        order by salaries.valid_from desc, salaries.source
    ) = 1
),

months as (
    select
        salaries.employee_key,
        salaries.plan_code,
        {{ month_of('salaries.day') }} as month,
        policies.policy_version,
        salaries.currency,
        sum(salaries.monthly_base) as monthly_base,
        sum(salaries.target_bonus) as target_bonus,
        min(salaries.day) filter (where salaries.currency is null) as unpaid_on,
        min(salaries.day) filter (where salaries.target_bonus is null) as untargeted_on
    from salaries
    cross join policies
    where not list_has_any(salaries.absences, policies.unpaid_absences)
    group by
        salaries.employee_key, salaries.plan_code, {{ month_of('salaries.day') }},
        policies.policy_version, salaries.currency
),

amounts as (
    select
        components.employee_key,
        components.period,
        components.plan_code,
        components.component_code,
        months.currency,
        min(
            case
                when components.plan_base = 'salary_share' then months.unpaid_on
                else months.untargeted_on
            end
        ) as missing_on,
        sum(
            case
                when components.plan_base = 'salary_share'
                    then {{ mul('months.monthly_base', 'components.salary_share') }}
                else cast(months.target_bonus as decimal(38, 10))
            end
        ) as amount
    from components
    inner join months
        on
            components.employee_key = months.employee_key
            and components.plan_code = months.plan_code
            and components.policy_version = months.policy_version
            and months.month >= components.measured_from
            and months.month <= components.period
    group by
        components.employee_key, components.period, components.plan_code,
        components.component_code, months.currency
),

converted as (
    select
        amounts.*,
        case
            when amounts.currency is null then 0
            when amounts.currency = company.currency then cast(1 as decimal(18, 6))
            else rates.rate
        end as rate
    from amounts
    cross join company
    left join {{ ref('fct_plan_rate') }} as rates
        on amounts.period = rates.period and amounts.currency = rates.currency
),

summed as (
    select
        employee_key,
        period,
        plan_code,
        component_code,
        min(missing_on) as missing_on,
        min(currency) filter (where rate is null) as missing_rate_of,
        sum(cast({{ round_half_up(mul('amount', 'rate', 10), 12) }} as decimal(38, 12))) as amount
    from converted
    group by employee_key, period, plan_code, component_code
),

final as (
    select
        components.employee_key,
        components.period,
        components.plan_code,
        components.component_code,
        summed.missing_on,
        summed.missing_rate_of,
        cast({{ ratio(
            'summed.amount * components.measured_months', 'components.measured_days', 12, 12
        ) }} as decimal(38, 12)) as base
    from components
    inner join summed
        on
            components.employee_key = summed.employee_key
            and components.period = summed.period
            and components.plan_code = summed.plan_code
            and components.component_code = summed.component_code
)

select * from final
