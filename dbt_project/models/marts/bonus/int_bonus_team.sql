{{ config(contract={'enforced': false}) }}

-- Who is below whom in each month, by the positions in force on its last day.
with recursive links as (
    select distinct
        periods.period,
        employees.employee_key,
        managers.employee_key as manager_key
    from {{ ref('dim_period') }} as periods
    inner join {{ ref('employee_position') }} as positions
        on {{ in_force('positions', 'periods.month_end') }}
    inner join {{ ref('dim_employee') }} as employees
        on
            positions.employee_source = employees.source
            and positions.employee_id = employees.employee_id
    inner join {{ ref('dim_employee') }} as managers
        on
            positions.manager_source = managers.source
            and positions.manager_id = managers.employee_id
    where employees.employee_key <> managers.employee_key
),

climbed as (
    select
        period,
        employee_key,
        manager_key,
        [employee_key, manager_key] as path
    from links

    union all

    select
        climbed.period,
        climbed.employee_key,
        links.manager_key,
        list_append(climbed.path, links.manager_key) as path
    from climbed
    inner join links
        on climbed.period = links.period and climbed.manager_key = links.employee_key
    where not list_contains(climbed.path, links.manager_key)
),

final as (
    select distinct
        climbed.period,
        climbed.manager_key,
        climbed.employee_key
    from climbed
    inner join (select distinct employee_key from {{ ref('int_bonus_day') }}) as planned
        on climbed.manager_key = planned.employee_key
)

select * from final
