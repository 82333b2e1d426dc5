{{ config(meta={'kept_by': 'period', 'months_ahead': 1}) }}

-- Both ends of each window at the plan rate of its first month; the client is the holding of the
-- window's first day, or the account alone.
with windows as (
    select
        windows.*,
        policies.grain
    from {{ ref('dim_window') }} as windows
    inner join {{ ref('dim_period') }} as first_months
        on windows.first_period = first_months.period
    inner join ({{ policy_versions() }}) as policies
        on windows.period >= policies.valid_from and windows.period < policies.valid_to
),

amounts as (
    select * from {{ ref('fct_recurring_amount') }}
),

ends as (
    select
        windows.period,
        windows."window",
        windows.first_period,
        windows.grain,
        amounts.account_key,
        amounts.currency,
        amounts.amount as opening,
        0 as closing,
        amounts.amount is null as is_absent,
        false as is_pending,
        amounts.is_history_known
    from windows
    inner join amounts on windows.first_period = amounts.day

    union all

    select
        windows.period,
        windows."window",
        windows.first_period,
        windows.grain,
        amounts.account_key,
        amounts.currency,
        0 as opening,
        amounts.amount,
        amounts.amount is null as is_absent,
        amounts.is_pending,
        true as is_history_known
    from windows
    inner join amounts on windows.next_period = amounts.day
),

converted as (
    select
        ends.*,
        rates.rate is null as is_rate_absent,
        {{ round_half_up(mul('ends.opening', 'rates.rate'), 4) }} as opening_amount,
        {{ round_half_up(mul('ends.closing', 'rates.rate'), 4) }} as closing_amount
    from ends
    left join {{ ref('fct_plan_rate') }} as rates
        on ends.first_period = rates.period and ends.currency = rates.currency
),

accounts as (
    select
        period,
        "window",
        first_period,
        grain,
        account_key,
        sum(opening_amount) as opening,
        sum(closing_amount) as closing,
        case
            when not bool_and(is_history_known) then 'insufficient_history'
            when bool_or(is_absent) then 'no_data'
            when bool_or(is_rate_absent) then 'rate_absent'
            when bool_or(is_pending) then 'pending'
        end as reason
    from converted
    group by period, "window", first_period, grain, account_key
),

final as (
    select
        accounts.period,
        accounts."window",
        accounts.account_key,
        case
            when accounts.grain = 'account' then accounts.account_key
            else coalesce(holdings.holding_key, accounts.account_key)
        end as client_key,
        case
            when accounts.reason is null or accounts.reason in ('pending', 'insufficient_history')
                then cast(accounts.opening as decimal(38, 4))
        end as opening,
        case
            when accounts.reason is null or accounts.reason in ('pending', 'insufficient_history')
                then cast(accounts.closing as decimal(38, 4))
        end as closing,
        accounts.reason
    from accounts
    left join {{ ref('int_holding_month') }} as holdings
        on
            accounts.first_period = holdings.period
            and accounts.account_key = holdings.account_key
)

select * from final
