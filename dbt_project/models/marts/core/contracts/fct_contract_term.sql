with terms as (
    select * from {{ ref('int_term_due') }}
),

first_versions as (
    select source, {{ month_of('min(version_on)') }} as first_period
    from {{ ref('contract') }}
    group by source
),

renewals as (
    select
        old_source as source,
        old_term_id as term_id,
        min(signed_on) as renewed_on,
        min(starts_on) as renewal_starts_on,
        max(starts_on) as last_renewal_starts_on,
        sum(amount) as renewal_amount,
        bool_or(amount is null) as is_unknown,
        bool_or(is_full_term) as has_full_term
    from {{ ref('fct_term_renewal') }}
    where is_within_grace
    group by old_source, old_term_id
),

judged as (
    select
        terms.*,
        renewals.* exclude (source, term_id),
        case
            when renewals.renewed_on < terms.due_period then 'early'
            when renewals.renewed_on <= terms.ends_on then 'on_time'
            when renewals.renewed_on is not null then 'late_renewed'
            when {{ as_of() }} <= terms.grace_ends_on then 'pending'
            else 'churned'
        end as outcome
    from terms
    left join renewals
        on terms.source = renewals.source and terms.term_id = renewals.term_id
),

final as (
    select
        judged.source,
        judged.contract_id,
        judged.term_no,
        judged.term_id,
        judged.account_key,
        judged.product_key,
        judged.family,
        judged.starts_on,
        judged.ends_on,
        judged.due_on,
        judged.due_period,
        judged.grace_ends_on,
        judged.signed_on,
        judged.origin,
        judged.is_last_term,
        judged.is_terminated_early,
        judged.termination_reason,
        judged.notice_on,
        judged.amount_per_month,
        judged.currency,
        judged.outcome,
        judged.renewed_on,
        judged.renewed_on is not null as is_renewed,
        coalesce(judged.renewed_on <= judged.ends_on, false) as is_on_time,
        coalesce(judged.has_full_term, false) as is_renewed_full_term,
        cast(
            case
                when judged.renewed_on is null then 0
                when judged.amount_per_month is null then null
                -- what is known may be enough
                when
                    judged.is_unknown
                    and coalesce(judged.renewal_amount, 0) < judged.amount_per_month
                    then null
                else judged.renewal_amount
            end as decimal(18, 4)
        ) as renewed_amount,
        case
            when judged.outcome = 'pending' then {{ last_day() }}
            when judged.renewed_on is not null
                then cast(greatest(judged.ends_on, judged.renewal_starts_on - 1) as date)
            else judged.ends_on
        end as active_to,
        case
            when judged.last_renewal_starts_on <= judged.ends_on then judged.last_renewal_starts_on
        end as replaced_from,
        judged.due_period >= first_versions.first_period as is_history_known
    from judged
    inner join first_versions on judged.source = first_versions.source
)

select * from final
