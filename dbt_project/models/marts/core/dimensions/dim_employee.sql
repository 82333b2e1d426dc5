with employees as (
    select
        *,
        {{ warehouse_key('source', 'employee_id') }} as employee_key
    from {{ ref('employee') }}
),

positions as (
    select distinct on (employee_source, employee_id) *
    from {{ ref('employee_position') }} as positions
    where {{ in_force('positions', as_of()) }}
    order by employee_source, employee_id, valid_from desc, source
),

account_holders as (
    select
        employee_source as source,
        employee_id
    from {{ ref('account_assignment') }}
    union
    select
        employee_source,
        employee_id
    from {{ ref('deal') }}
),

managers as (
    select
        manager_source as source,
        manager_id as employee_id
    from employees
    union
    select
        manager_source,
        manager_id
    from positions
),

final as (
    select
        employees.employee_key,
        employees.source,
        employees.employee_id,
        employees.personnel_no,
        employees.name,
        employees.email,
        coalesce(positions.grade, employees.grade) as grade,
        positions.team,
        manager.employee_key as manager_key,
        employees.hired_on,
        employees.left_on,
        employees.cost_center,
        account_holders.employee_id is not null or managers.employee_id is null as is_kam
    from employees
    left join positions
        on
            employees.source = positions.employee_source
            and employees.employee_id = positions.employee_id
    left join employees as manager
        on
            coalesce(positions.manager_source, employees.manager_source) = manager.source
            and coalesce(positions.manager_id, employees.manager_id) = manager.employee_id
    left join account_holders
        on
            employees.source = account_holders.source
            and employees.employee_id = account_holders.employee_id
    left join managers
        on
            employees.source = managers.source
            and employees.employee_id = managers.employee_id

    union all

    select
        'UNASSIGNED' as employee_key,
        'UNASSIGNED' as source,
        'UNASSIGNED' as employee_id,
        null as personnel_no,
        'UNASSIGNED' as name,
        null as email,
        null as grade,
        null as team,
        null as manager_key,
        null as hired_on,
        null as left_on,
        null as cost_center,
        false as is_kam
)

select * from final
