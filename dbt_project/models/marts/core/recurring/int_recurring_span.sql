{{ config(meta={'dated_by': ['valid_from', 'served_to', 'valid_to']}) }}

-- An account that ever had a term is judged by its terms alone, any other by its recurring lines.
with terms as (
    select * from {{ ref('fct_contract_term') }}
),

term_stretches as (
    select
        amounts.account_key,
        amounts.currency,
        amounts.amount,
        amounts.valid_from,
        -- renewals that all began before its end have taken the term's place
        least(amounts.valid_to, terms.replaced_from) as valid_to,
        least(amounts.valid_to, terms.replaced_from) as served_to,
        false as is_pending
    from {{ ref('int_term_amount') }} as amounts
    inner join terms on amounts.source = terms.source and amounts.term_id = terms.term_id

    union all

    -- bridged to a late renewal, and open while one may still come
    select
        terms.account_key,
        terms.currency,
        terms.amount_per_month,
        cast(terms.ends_on + 1 as date) as valid_from,
        case
            when terms.outcome = 'pending' then {{ last_day() }}
            else cast(terms.active_to + 1 as date)
        end as valid_to,
        cast(terms.ends_on + 1 as date) as served_to,
        terms.outcome = 'pending' as is_pending
    from terms
    where terms.active_to > terms.ends_on
),

-- the contracts of an account are known from the first version that any of their sources recorded
known as (
    select
        terms.account_key,
        max({{ month_of('versions.version_on') }}) as known_from
    from terms
    inner join (
        select source, min(version_on) as version_on
        from {{ ref('contract') }}
        group by source
    ) as versions
        on terms.source = versions.source
    group by terms.account_key
),

billed as (
    select
        *,
        max(valid_to) over so_far as reached,
        lead(valid_from) over by_start as next_from
    from {{ ref('int_billed_amount') }}
    window
        by_start as (partition by account_key order by valid_from, valid_to, currency),
        so_far as (
            partition by account_key order by valid_from, valid_to, currency
            rows between unbounded preceding and current row
        )
),

-- while billing pauses inside a stretch of service the last amounts stand
pauses as (
    select
        billed.account_key,
        billed.reached as paused_on,
        least(billed.next_from, cast(service.active_to + 1 as date)) as until_day
    from billed
    inner join {{ ref('int_billed_service') }} as service
        on
            billed.account_key = service.account_key
            and billed.reached > service.starts_on
            and billed.reached <= service.active_to
    where billed.next_from is null or billed.next_from > billed.reached
),

billed_stretches as (
    select
        billed.account_key,
        billed.currency,
        billed.amount,
        billed.valid_from,
        coalesce(pauses.until_day, billed.valid_to) as valid_to,
        billed.valid_to as served_to,
        false as is_pending
    from billed
    left join pauses
        on billed.account_key = pauses.account_key and billed.valid_to = pauses.paused_on
),

stretches as (
    select * from term_stretches
    where valid_from < valid_to

    union all

    select * from billed_stretches
),

final as (
    select
        stretches.*,
        known.known_from
    from stretches
    left join known on stretches.account_key = known.account_key
)

select * from final
