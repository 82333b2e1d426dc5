{{ config(meta={'dated_by': ['valid_from', 'valid_to']}) }}

with policies as (
    {{ policy_versions() }}
),

accounts as (
    select account_key
    from {{ ref('dim_account') }}
    where account_key <> 'UNMATCHED' and merged_into_key is null
),

calendar as (
    select
        min(period) as first_period,
        max(next_period) as next_period
    from {{ ref('dim_period') }}
),

-- months in which a holding is one client
memberships as (
    select
        holdings.period,
        {{ add_months('holdings.period', 1) }} as next_period,
        holdings.account_key,
        holdings.holding_key
    from {{ ref('int_holding_month') }} as holdings
    inner join policies
        on holdings.period >= policies.valid_from and holdings.period < policies.valid_to
    where policies.grain = 'holding'
),

numbered as (
    select
        *,
        row_number() over (partition by account_key, holding_key order by period) as place
    from memberships
),

-- what holds at either end of the calendar holds beyond it
joined as (
    select
        numbered.account_key,
        numbered.holding_key,
        case
            when min(numbered.period) = any_value(calendar.first_period) then {{ first_day() }}
            else min(numbered.period)
        end as valid_from,
        case
            when max(numbered.next_period) = any_value(calendar.next_period) then {{ last_day() }}
            else max(numbered.next_period)
        end as valid_to
    from numbered
    cross join calendar
    group by
        numbered.account_key,
        numbered.holding_key,
        {{ add_months('numbered.period', '-numbered.place') }}
),

own as (
    select
        account_key,
        lag(valid_to, 1, {{ first_day() }}) over (partition by account_key order by valid_from)
            as valid_from,
        valid_from as valid_to
    from joined

    union all

    select
        account_key,
        max(valid_to) as valid_from,
        {{ last_day() }} as valid_to
    from joined
    group by account_key

    union all

    select
        accounts.account_key,
        {{ first_day() }} as valid_from,
        {{ last_day() }} as valid_to
    from accounts
    anti join joined on accounts.account_key = joined.account_key
),

belongings as (
    select
        account_key,
        holding_key,
        valid_from,
        valid_to
    from joined
    union all
    select
        account_key,
        account_key as holding_key,
        valid_from,
        valid_to
    from own
    where valid_from < valid_to
),

edges as (
    select
        holding_key,
        valid_from as edge
    from belongings
    union
    select
        holding_key,
        valid_to
    from belongings
),

spans as (
    select
        holding_key,
        edge as valid_from,
        lead(edge) over (partition by holding_key order by edge) as valid_to
    from edges
),

final as (
    select
        spans.holding_key || '/' || spans.valid_from as client_key,
        belongings.account_key,
        spans.valid_from,
        spans.valid_to
    from spans
    inner join belongings
        on
            spans.holding_key = belongings.holding_key
            and spans.valid_from >= belongings.valid_from
            and spans.valid_to <= belongings.valid_to
)

select * from final
