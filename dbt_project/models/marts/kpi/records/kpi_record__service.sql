{{ config(contract={'enforced': false}) }}

with company as (
    select time_zone from {{ source('control', 'company') }}
),

answers as (
    select
        surveys.*,
        coalesce(accounts.account_key, 'UNMATCHED') as account_key,
        cast(
            surveys.answered_at at time zone 'UTC' at time zone company.time_zone as date
        ) as answered_on
    from {{ ref('survey_response') }} as surveys
    cross join company
    left join {{ ref('dim_account') }} as accounts
        on
            surveys.account_source = accounts.source
            and surveys.account_id = accounts.account_id
),

final as (
    select
        kind as kpi_code,
        {{ month_of('answered_on') }} as period,
        account_key,
        cast(null as varchar) as employee_key,
        answered_on as credit_on,
        'survey_response' as record_type,
        source,
        response_id as record_id,
        cast(null as varchar) as currency,
        cast(case
            when kind = 'csat' then cast(5 * score > 3 * scale_max as integer)
            when scale_max <> 10 then null
            when score >= 9 then 1
            when score <= 6 then -1
            else 0
        end as decimal(38, 4)) as numerator,
        cast(1 as decimal(38, 4)) as denominator,
        case when kind = 'nps' and scale_max <> 10 then 'no_data' end as reason
    from answers
)

select * from final
