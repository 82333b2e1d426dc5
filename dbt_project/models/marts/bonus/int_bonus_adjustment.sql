{{ config(contract={'enforced': false}) }}

with company as (
    select currency from {{ source('control', 'company') }}
),

approved as (
    select
        employees.employee_key,
        adjustments.period,
        adjustments.currency,
        sum(adjustments.amount) as amount
    from {{ ref('manual_adjustment') }} as adjustments
    inner join {{ ref('dim_employee') }} as employees
        on
            adjustments.employee_source = employees.source
            and adjustments.employee_id = employees.employee_id
    where adjustments.approved_by is not null
    group by employees.employee_key, adjustments.period, adjustments.currency
),

converted as (
    select
        approved.*,
        case
            when approved.currency = company.currency then cast(1 as decimal(18, 6)) else rates.rate
        end as rate,
        approved.currency || '/' || company.currency || ' ' || approved.period as pair
    from approved
    cross join company
    left join {{ ref('fct_plan_rate') }} as rates
        on approved.period = rates.period and approved.currency = rates.currency
),

final as (
    select
        employee_key,
        period,
        cast({{ kopecks('sum(' ~ mul('amount', 'rate', 4) ~ ')') }} as decimal(18, 2)) as amount,
        min(pair) filter (where rate is null) as missing_rate
    from converted
    group by employee_key, period
)

select * from final
