{{ config(contract={'enforced': false}) }}

with terms as (
    select * from {{ ref('fct_contract_term') }}
),

-- renewed by a contract whose amount nobody knows
unpriced as (
    select
        old_source as source,
        old_term_id as term_id,
        true as is_unpriced
    from {{ ref('int_term_link') }}
    where is_within_grace and new_amount is null
    group by old_source, old_term_id
),

due as (
    select
        terms.*,
        coalesce(unpriced.is_unpriced, false) as is_unpriced
    from terms
    inner join {{ ref('dim_period') }} as periods on terms.due_period = periods.period
    left join unpriced on terms.source = unpriced.source and terms.term_id = unpriced.term_id
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

won_back as (
    select
        renewals.new_source as source,
        renewals.new_term_id as term_id,
        any_value(renewals.currency) as currency,
        case when bool_and(renewals.amount is not null) then sum(renewals.amount) end as amount,
        bool_and(lost.is_history_known) as is_history_known
    from {{ ref('fct_term_renewal') }} as renewals
    inner join terms as lost
        on renewals.old_source = lost.source and renewals.old_term_id = lost.term_id
    where not renewals.is_within_grace
    group by renewals.new_source, renewals.new_term_id
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
            when kpi_code = 'renewal_rate_value' and renewed_amount is null
                then case when is_unpriced then 'no_data' else 'rate_absent' end
            when outcome = 'pending' then 'pending'
        end as reason
    from measured

    union all

    select
        'winback_amount' as kpi_code,
        periods.period,
        terms.account_key,
        null as employee_key,
        terms.signed_on as credit_on,
        'contract_term' as record_type,
        won_back.source,
        won_back.term_id as record_id,
        won_back.currency,
        cast(won_back.amount as decimal(38, 4)) as numerator,
        null as denominator,
        case
            when not won_back.is_history_known then 'insufficient_history'
            when won_back.amount is null then 'no_data'
        end as reason
    from won_back
    inner join terms on won_back.source = terms.source and won_back.term_id = terms.term_id
    inner join {{ ref('dim_period') }} as periods
        on terms.signed_on >= periods.period and terms.signed_on < periods.next_period
)

select * from final
