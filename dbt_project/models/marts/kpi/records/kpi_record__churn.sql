{{ config(materialized='ephemeral', contract={'enforced': false}) }}

with account_months as (
    select * from {{ ref('fct_account_month') }}
    where account_key <> 'UNMATCHED'
),

holdings as (
    select
        period,
        holding_key,
        not bool_or(is_active_at_end) as is_churned,
        bool_and(not is_active_at_end or is_pending_at_end) and bool_or(is_pending_at_end)
            as is_pending
    from account_months
    group by period, holding_key
),

-- one holding is one logo, in equal parts of its accounts that were active at the start
active as (
    select
        account_months.period,
        account_months.account_key,
        holdings.is_churned,
        holdings.is_pending,
        count(*) over holding as active_accounts,
        row_number() over (
            partition by account_months.period, account_months.holding_key
            order by account_months.account_key
        ) as place
    from account_months
    inner join holdings
        on
            account_months.period = holdings.period
            and account_months.holding_key = holdings.holding_key
    where account_months.is_active_at_start
    window holding as (partition by account_months.period, account_months.holding_key)
),

parts as (
    select
        active.*,
        accounts.source,
        accounts.account_id,
        cast(
            10000
            // active_accounts
            + cast(place <= 10000 % active_accounts as integer) as decimal(38, 4)
        )
        * cast(0.0001 as decimal(4, 4)) as part
    from active
    inner join {{ ref('dim_account') }} as accounts on active.account_key = accounts.account_key
),

final as (
    select
        'logo_churn_rate' as kpi_code,
        period,
        account_key,
        cast(null as varchar) as employee_key,
        cast(null as date) as credit_on,
        'account' as record_type,
        source,
        account_id as record_id,
        cast(null as varchar) as currency,
        cast(case when is_churned then part else 0 end as decimal(38, 4)) as numerator,
        cast(part as decimal(38, 4)) as denominator
    from parts

    union all

    select
        'churned_accounts' as kpi_code,
        period,
        account_key,
        null as employee_key,
        null as credit_on,
        'account' as record_type,
        source,
        account_id,
        null as currency,
        cast(case when is_churned then part else 0 end as decimal(38, 4)) as numerator,
        null as denominator
    from parts
    where is_churned or is_pending
)

select * from final
