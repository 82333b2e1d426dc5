{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with targets as (
    select
        targets.*,
        employees.employee_key
    from {{ ref('target') }} as targets
    inner join {{ ref('dim_employee') }} as employees
        on
            targets.employee_source = employees.source
            and targets.employee_id = employees.employee_id
    where
        targets.measure = 'revenue' and targets.approved_by is not null
        and employees.is_kam
),

final as (
    select
        'plan_attainment' as kpi_code,
        period,
        account_key,
        employee_key,
        credit_on,
        record_type,
        source,
        record_id,
        currency,
        numerator,
        cast(0 as decimal(38, 4)) as denominator,
        reason
    from {{ ref('kpi_record__revenue') }}
    -- nobody's revenue is attainment where nobody has a target
    where period in (select targets.period from targets)

    union all

    select
        'plan_attainment' as kpi_code,
        period,
        cast(null as varchar) as account_key,
        employee_key,
        cast(null as date) as credit_on,
        'target' as record_type,
        source,
        employee_id || '/' || period as record_id,
        cast(null as varchar) as currency,
        cast(0 as decimal(38, 4)) as numerator,
        cast(amount as decimal(38, 4)) as denominator,
        cast(null as varchar) as reason
    from targets
)

select * from final
