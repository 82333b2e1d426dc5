{{ config(meta={'kept_by': 'period'}) }}

with final as (
    select
        periods.period,
        spans.account_key,
        spans.source,
        spans.record_type,
        spans.record_id,
        spans.currency,
        -spans.balance as credit_amount,
        case
            when spans.record_type = 'invoice' then least(spans.written_off, -spans.balance)
            else 0
        end as written_off_amount
    from {{ ref('int_receivable_span') }} as spans
    inner join {{ ref('dim_period') }} as periods
        on periods.period >= spans.from_period and periods.period < spans.to_period
    where
        periods.receivables_on is not null
        and {{ since('periods.period') }}
        and {{ since('spans.to_period') }}
        and (spans.record_type <> 'invoice' or spans.balance < 0)
)

select * from final
