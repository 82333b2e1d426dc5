with periods as (
    select * from {{ ref('dim_period') }}
),

policies as (
    {{ policy_versions() }}
),

draws as (
    select
        employees.employee_key,
        periods.period,
        periods.next_period,
        draws.kind,
        draws.amount,
        draws.valid_from,
        draws.valid_to,
        coalesce(policies.bonus_unpaid_absences, []) as unpaid_absences
    from {{ ref('draw') }} as draws
    inner join {{ ref('dim_employee') }} as employees
        on
            draws.employee_source = employees.source
            and draws.employee_id = employees.employee_id
    inner join periods
        on
            draws.valid_from < periods.next_period
            and (draws.valid_to is null or draws.valid_to > periods.period)
    inner join policies
        on periods.period >= policies.valid_from and periods.period < policies.valid_to
    anti join {{ ref('fct_bonus_block') }} as blocks
        on employees.employee_key = blocks.employee_key and periods.period = blocks.period
),

worked as (
    select
        draws.employee_key,
        draws.period,
        draws.kind,
        draws.valid_from,
        count(distinct days.day) as days
    from draws
    inner join {{ ref('int_bonus_day') }} as days
        on
            draws.employee_key = days.employee_key
            and days.day >= greatest(draws.period, draws.valid_from)
            and days.day < least(draws.next_period, coalesce(draws.valid_to, draws.next_period))
    where not list_has_any(days.absences, draws.unpaid_absences)
    group by draws.employee_key, draws.period, draws.kind, draws.valid_from
),

final as (
    select
        draws.employee_key,
        draws.period,
        draws.kind,
        draws.valid_from,
        coalesce(worked.days, 0) as days,
        cast({{ ratio(
            mul('draws.amount', 'coalesce(worked.days, 0)', 2),
            '(draws.next_period - draws.period)', 2, 2
        ) }} as decimal(18, 2)) as amount
    from draws
    left join worked
        on
            draws.employee_key = worked.employee_key
            and draws.period = worked.period
            and draws.kind = worked.kind
            and draws.valid_from = worked.valid_from
)

select * from final
