{{ config(contract={'enforced': false}) }}

with calendar as (
    -- a year's interval or a lag reaches back at most to the year before the first month
    select
        cast(date_trunc('year', min(period)) - to_years(1) as date) as first_day,
        max(month_end) as last_day
    from {{ ref('dim_period') }}
),

employees as (
    select * from {{ ref('dim_employee') }}
    where employee_key <> 'UNASSIGNED'
),

assignments as (
    select distinct on (assignments.employee, assignments.plan_code, assignments.valid_from)
        employees.employee_key,
        employees.source as employee_source,
        employees.employee_id,
        assignments.plan_code,
        assignments.valid_from,
        assignments.valid_to
    from {{ source('control', 'bonus_assignment') }} as assignments
    inner join employees
        on assignments.employee in (employees.personnel_no, employees.email, employees.employee_id)
    order by
        assignments.employee,
        assignments.plan_code,
        assignments.valid_from,
        case assignments.employee
            when employees.personnel_no then 1 when employees.email then 2 else 3
        end,
        employees.source,
        employees.employee_id
),

assigned as (
    select distinct
        assignments.employee_key,
        assignments.employee_source,
        assignments.employee_id,
        assignments.plan_code,
        cast(days.day as date) as day
    from assignments
    cross join calendar
    cross join
        unnest(generate_series(
            greatest(assignments.valid_from, calendar.first_day),
            least(coalesce(assignments.valid_to - 1, calendar.last_day), calendar.last_day),
            interval 1 day
        )) as days (day)
),

absences as (
    select
        absence.employee_source,
        absence.employee_id,
        cast(days.day as date) as day,
        list(distinct absence.kind order by absence.kind) as kinds
    from {{ ref('absence') }} as absence
    cross join calendar
    cross join
        unnest(generate_series(
            greatest(absence.from_on, calendar.first_day),
            least(absence.to_on, calendar.last_day),
            interval 1 day
        )) as days (day)
    group by absence.employee_source, absence.employee_id, cast(days.day as date)
),

final as (
    select
        assigned.employee_key,
        assigned.employee_source,
        assigned.employee_id,
        assigned.plan_code,
        assigned.day,
        coalesce(absences.kinds, []) as absences
    from assigned
    left join absences
        on
            assigned.employee_source = absences.employee_source
            and assigned.employee_id = absences.employee_id
            and assigned.day = absences.day
)

select * from final
