-- Stretches of service of accounts that never had a contract: while they are billed for service,
-- and on until billing has paused for too long.
with recurring as (
    select
        account_key,
        valid_from as starts_on,
        cast(valid_to - 1 as date) as ends_on
    from {{ ref('int_billed_amount') }}
),

reach as (
    select
        recurring.account_key,
        recurring.starts_on,
        {{ months_after('recurring.ends_on', 'policies.churn_inactivity_months') }} as active_to,
        max(greatest(
            {{ months_after('recurring.ends_on', 'policies.churn_inactivity_months') }},
            cast(recurring.ends_on + policies.churn_reactivation_gap_days as date)
        )) over (
            partition by recurring.account_key
            order by recurring.starts_on, recurring.ends_on
            rows between unbounded preceding and 1 preceding
        ) as returns_until
    from recurring
    inner join ({{ policy_versions() }}) as policies
        on recurring.ends_on >= policies.valid_from and recurring.ends_on < policies.valid_to
),

-- a pause no longer than the reactivation gap does not end the service
islands as (
    select
        *,
        sum(cast(returns_until is null or starts_on > returns_until + 1 as integer)) over (
            partition by account_key
            order by starts_on, active_to rows between unbounded preceding and current row
        ) as island_no
    from reach
),

final as (
    select
        account_key,
        min(starts_on) as starts_on,
        max(active_to) as active_to
    from islands
    group by account_key, island_no
)

select * from final
