{{ config(meta={'kept_by': 'period', 'months_ahead': 1}) }}

with accounts as (
    select * from {{ ref('int_recurring_window') }}
    where
        (opening is null or closing is null or opening <> 0 or closing <> 0)
        and {{ since('period') }}
),

windows as (
    select
        windows.*,
        policies.grain,
        policies.churn_reactivation_gap_days as gap_days
    from {{ ref('dim_window') }} as windows
    inner join ({{ policy_versions() }}) as policies
        on windows.period >= policies.valid_from and windows.period < policies.valid_to
),

spans as (
    select
        account_key,
        valid_from,
        valid_to,
        served_to,
        max(valid_to) over (
            partition by account_key order by valid_from, valid_to
            rows between unbounded preceding and 1 preceding
        ) as reached
    from {{ ref('int_recurring_span') }}
    where amount is null or amount > 0
),

-- stretches in which an account was never lost
numbered as (
    select
        *,
        sum(cast(reached is null or valid_from > reached as integer)) over (
            partition by account_key order by valid_from, valid_to
            rows between unbounded preceding and current row
        ) as island_no
    from spans
),

islands as (
    select
        account_key,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to,
        max(served_to) as served_to
    from numbered
    group by account_key, island_no
),

clients as (
    select
        period,
        "window",
        client_key,
        case when bool_and(opening is not null) then sum(opening) end as opening,
        case when bool_and(closing is not null) then sum(closing) end as closing,
        min(reason) as reason
    from accounts
    group by period, "window", client_key
),

unbroken as (
    select distinct
        accounts.period,
        accounts."window",
        accounts.client_key
    from accounts
    inner join windows
        on accounts.period = windows.period and accounts."window" = windows."window"
    inner join islands
        on
            accounts.account_key = islands.account_key
            and windows.first_period >= islands.valid_from
            and windows.next_period < islands.valid_to
),

-- what a client had before or inside the window is asked only where the ends do not tell
unclear as (
    select
        clients.period,
        clients."window",
        clients.client_key,
        windows.first_period,
        windows.next_period,
        windows.grain,
        windows.gap_days
    from clients
    inner join windows
        on clients.period = windows.period and clients."window" = windows."window"
    anti join unbroken
        on
            clients.period = unbroken.period
            and clients."window" = unbroken."window"
            and clients.client_key = unbroken.client_key
    where clients.closing <> 0
),

members as (
    select
        unclear.*,
        unclear.client_key as account_key
    from unclear

    union all

    select
        unclear.*,
        holdings.account_key
    from unclear
    inner join {{ ref('int_holding_month') }} as holdings
        on
            unclear.first_period = holdings.period
            and unclear.client_key = holdings.holding_key
            and unclear.grain = 'holding'
),

served as (
    select
        members.*,
        islands.valid_from,
        max(islands.valid_to) over before_it as reached,
        max(islands.served_to) over before_it as served_to
    from members
    inner join islands
        on
            members.account_key = islands.account_key
            and members.next_period >= islands.valid_from
    window
        before_it as (
            partition by members.period, members."window", members.client_key
            order by islands.valid_from, islands.valid_to
            rows between unbounded preceding and 1 preceding
        )
),

pasts as (
    select
        period,
        "window",
        client_key,
        bool_or(valid_from < first_period) as was_served_before,
        bool_or(
            reached > first_period
            and valid_from > reached
            and valid_from - served_to > gap_days
        ) as has_paused
    from served
    group by period, "window", client_key
),

outcomes as (
    select
        clients.period,
        clients."window",
        clients.client_key,
        clients.opening as client_opening,
        clients.closing as client_closing,
        clients.reason,
        case
            when clients.opening is null or clients.closing is null then 'unknown'
            when clients.opening <= 0 and pasts.was_served_before then 'reactivated'
            when clients.opening <= 0 then 'new'
            when clients.closing <= 0 then 'lost'
            when pasts.has_paused then 'lost_and_reactivated'
            else 'kept'
        end as outcome
    from clients
    left join pasts
        on
            clients.period = pasts.period
            and clients."window" = pasts."window"
            and clients.client_key = pasts.client_key
),

-- discounts may leave a client less than nothing: what it then gains or loses is more than it has
moved as (
    select
        *,
        case
            when outcome = 'unknown' then null
            when outcome = 'new' then client_closing - client_opening
            else 0
        end as new,
        case
            when outcome = 'unknown' then null
            when outcome = 'kept' then greatest(0, client_closing - client_opening)
            else 0
        end as expansion,
        case
            when outcome = 'unknown' then null
            when outcome = 'kept' then greatest(0, client_opening - client_closing)
            else 0
        end as contraction,
        case
            when outcome = 'unknown' then null
            when outcome = 'lost' then client_opening - client_closing
            when outcome = 'lost_and_reactivated' then client_opening
            else 0
        end as churn,
        case
            when outcome = 'unknown' then null
            when outcome = 'reactivated' then client_closing - client_opening
            when outcome = 'lost_and_reactivated' then client_closing
            else 0
        end as reactivation
    from outcomes
),

-- over the client's accounts in proportion to what they had at the start, or have at the end
weighed as (
    select
        moved.* exclude (client_opening, client_closing),
        accounts.account_key,
        accounts.opening,
        accounts.closing,
        cast(
            case
                when moved.outcome = 'unknown' then 1
                when moved.client_opening > 0 or moved.client_closing = 0
                    then {{ whole_units('accounts.opening') }}
                else {{ whole_units('accounts.closing') }}
            end as hugeint
        ) as weight
    from moved
    inner join accounts
        on
            moved.period = accounts.period
            and moved."window" = accounts."window"
            and moved.client_key = accounts.client_key
),

shared as (
    select
        *,
        sum(weight) over members as weight_total,
        count(*) over members as accounts
    from weighed
    window members as (partition by period, "window", client_key)
),

-- a client that sums to nothing at both ends has nothing to split
several as (
    select * from shared
    where accounts > 1 and weight_total <> 0
),

split as (
    select * from shared
    where accounts = 1 or weight_total = 0

    union all

    {{ split_by_weight(
        'several', key='period, "window", client_key',
        amounts=['new', 'expansion', 'contraction', 'churn', 'reactivation'], tie='account_key'
    ) }}
),

final as (
    select
        period,
        "window",
        account_key,
        client_key,
        outcome,
        opening,
        cast(new as decimal(38, 4)) as new,
        cast(expansion as decimal(38, 4)) as expansion,
        cast(contraction as decimal(38, 4)) as contraction,
        cast(churn as decimal(38, 4)) as churn,
        cast(reactivation as decimal(38, 4)) as reactivation,
        closing,
        reason
    from split
)

select * from final
