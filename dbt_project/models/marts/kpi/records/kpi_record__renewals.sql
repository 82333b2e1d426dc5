{{ config(materialized='ephemeral', contract={'enforced': false}) }}

with due as (
    select terms.*
    from {{ ref('fct_contract_term') }} as terms
    inner join {{ ref('dim_period') }} as periods on terms.due_period = periods.period
),

measured as (
    select
        'renewal_rate_value' as kpi_code,
        due.*,
        renewed_amount as numerator,
        amount_per_month as denominator
    from due

    union all

    select
        'renewal_rate_count' as kpi_code,
        due.*,
        cast(is_renewed as integer) as numerator,
        1 as denominator
    from due

    union all

    select
        'renewal_on_time_share' as kpi_code,
        due.*,
        cast(is_on_time as integer) as numerator,
        1 as denominator
    from due

    union all

    -- a pending term stands here with 0: it may still count
    select
        'renewals_count' as kpi_code,
        due.*,
        cast(is_renewed_full_term as integer) as numerator,
        null as denominator
    from due
    where is_renewed_full_term or outcome = 'pending'

    union all

    select
        'terminations_count' as kpi_code,
        due.*,
        1 as numerator,
        null as denominator
    from due
    where is_terminated_early and not is_renewed
),

final as (
    select
        kpi_code,
        due_period as period,
        account_key,
        cast(null as varchar) as employee_key,
        -- a termination is an event; both sides of a renewal go by the whole due month
        case when kpi_code = 'terminations_count' then ends_on end as credit_on,
        'contract_term' as record_type,
        source,
        term_id as record_id,
        case when kpi_code = 'renewal_rate_value' then currency end as currency,
        cast(numerator as decimal(38, 4)) as numerator,
        cast(denominator as decimal(38, 4)) as denominator,
        case
            when not is_history_known then 'insufficient_history'
            when kpi_code = 'renewal_rate_value' and amount_per_month is null then 'no_data'
            when kpi_code = 'renewal_rate_value' and renewed_amount is null then 'rate_absent'
            when outcome = 'pending' then 'pending'
        end as reason
    from measured
)

select * from final
