with first_stretches as (
    select *
    from {{ ref('int_term_amount') }}
    qualify row_number() over (partition by source, term_id order by valid_from) = 1
),

last_stretches as (
    select *
    from {{ ref('int_term_amount') }}
    qualify row_number() over (partition by source, term_id order by valid_from desc) = 1
),

final as (
    select
        spans.source,
        spans.contract_id,
        spans.term_no,
        spans.term_id,
        spans.account_key,
        spans.product_key,
        spans.family,
        spans.starts_on,
        spans.ends_on,
        spans.due_on,
        {{ month_of('spans.due_on') }} as due_period,
        least(cast(spans.ends_on + policies.renewal_grace_days as date), {{ last_day() }})
            as grace_ends_on,
        policies.renewal_min_term_months as min_term_months,
        spans.signed_on,
        spans.origin,
        spans.is_last_term,
        spans.is_terminated_early,
        spans.termination_reason,
        spans.notice_on,
        -- what has no amount yet is worth what was billed before it
        case
            when first_stretches.is_billed then billing.amount_per_month
            else first_stretches.amount
        end as starting_amount,
        last_stretches.amount as amount_per_month,
        spans.currency
    from {{ ref('int_term_span') }} as spans
    asof inner join ({{ policy_versions() }}) as policies on spans.due_on >= policies.valid_from
    inner join first_stretches
        on spans.source = first_stretches.source and spans.term_id = first_stretches.term_id
    inner join last_stretches
        on spans.source = last_stretches.source and spans.term_id = last_stretches.term_id
    left join {{ ref('int_term_billing') }} as billing
        on
            spans.source = billing.source
            and spans.contract_id = billing.contract_id
            and spans.starts_on - 1 = billing.day
)

select * from final
