with first_days as (
    select period as day from {{ ref('dim_period') }}
    union
    select next_period from {{ ref('dim_period') }}
),

known as (
    select
        terms.account_key,
        max({{ month_of('versions.version_on') }}) as known_from
    from {{ ref('fct_contract_term') }} as terms
    inner join (
        select source, min(version_on) as version_on
        from {{ ref('contract') }}
        group by source
    ) as versions
        on terms.source = versions.source
    group by terms.account_key
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
        bool_and(known.known_from is null or known.known_from <= first_days.day)
            as is_history_known
    from {{ ref('int_recurring_span') }} as spans
    inner join first_days
        on first_days.day >= spans.valid_from and first_days.day < spans.valid_to
    left join known on spans.account_key = known.account_key
    where spans.account_key <> 'UNMATCHED'
    group by first_days.day, spans.account_key, spans.currency
)

select * from final
