{{ config(contract={'enforced': false}) }}

with company as (
    select
        company.time_zone,
        run.as_of_date
    from {{ source('control', 'company') }} as company
    cross join {{ source('control', 'run') }} as run
),

escalations as (
    select
        escalations.*,
        coalesce(employees.employee_key, 'UNASSIGNED') as employee_key,
        coalesce(accounts.account_key, 'UNMATCHED') as account_key,
        cast(
            escalations.opened_at at time zone 'UTC' at time zone company.time_zone as date
        ) as opened_on,
        -- the end of the last day known
        cast(company.as_of_date + 1 as timestamp) at time zone company.time_zone at time zone 'UTC'
            as known_until
    from {{ ref('escalation') }} as escalations
    cross join company
    left join {{ ref('dim_employee') }} as employees
        on
            escalations.employee_source = employees.source
            and escalations.employee_id = employees.employee_id
    left join {{ ref('dim_account') }} as accounts
        on
            escalations.account_source = accounts.source
            and escalations.account_id = accounts.account_id
),

answered as (
    select
        *,
        first_response_at is null or first_response_at >= known_until as is_waiting,
        date_diff(
            'second', opened_at, least(coalesce(first_response_at, known_until), known_until)
        ) as seconds
    from escalations
    where opened_at < known_until
),

final as (
    select
        'first_response_hours' as kpi_code,
        {{ month_of('opened_on') }} as period,
        account_key,
        employee_key,
        opened_on as credit_on,
        'escalation' as record_type,
        source,
        escalation_id as record_id,
        cast(null as varchar) as currency,
        cast({{ ratio('greatest(seconds, 0)', '3600', 0, 4) }} as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator,
        case when is_waiting then 'pending' end as reason
    from answered
)

select * from final
