{{ config(meta={'kept_by': 'day'}) }}

with first_days as (
    select period as day from {{ ref('dim_period') }}
    union
    select next_period from {{ ref('dim_period') }}
),

final as (
    select
        first_days.day,
        spans.account_key,
        spans.currency,
        cast(
            case when bool_and(spans.amount is not null) then sum(spans.amount) end
            as decimal(18, 4)
        ) as amount,
        bool_or(spans.is_pending) as is_pending,
        bool_and(spans.known_from is null or spans.known_from <= first_days.day)
            as is_history_known
    from {{ ref('int_recurring_span') }} as spans
    inner join first_days
        on first_days.day >= spans.valid_from and first_days.day < spans.valid_to
    where spans.account_key <> 'UNMATCHED'
    group by first_days.day, spans.account_key, spans.currency
)

select * from final
