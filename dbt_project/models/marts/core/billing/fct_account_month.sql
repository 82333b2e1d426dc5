{{ config(meta={'kept_by': 'period', 'months_ahead': 1}) }}

with periods as (
    select * from {{ ref('dim_period') }}
),

activity as (
    select
        periods.period,
        service.account_key,
        bool_or(service.starts_on <= periods.period and service.ends_on >= periods.period)
            as is_active_at_start,
        bool_or(
            service.starts_on <= periods.next_period and service.ends_on >= periods.next_period
        ) as is_active_at_end,
        bool_or(
            service.starts_on <= periods.next_period
            and coalesce(service.sure_until, service.ends_on) >= periods.next_period
        ) as is_surely_active_at_end
    from {{ ref('int_account_service') }} as service
    inner join periods
        on service.starts_on <= periods.next_period and service.ends_on >= periods.period
    group by periods.period, service.account_key
),

billing as (
    select
        invoices.period,
        invoices.account_key,
        count(*) filter (where invoices.kind = 'invoice') as invoices,
        sum({{ mul('invoices.net', 'rates.rate') }}) as revenue,
        bool_and(rates.rate is not null) as has_rates
    from {{ ref('fct_invoice') }} as invoices
    left join {{ ref('fct_plan_rate') }} as rates
        on invoices.period = rates.period and invoices.currency = rates.currency
    where not invoices.is_void
    group by invoices.period, invoices.account_key
),

balances as (
    select
        period,
        account_key,
        currency,
        open_amount,
        overdue_amount,
        -credit_applied as credit_left
    from {{ ref('fct_open_item_month') }}
    union all
    select
        period,
        account_key,
        currency,
        0 as open_amount,
        0 as overdue_amount,
        credit_amount
    from {{ ref('fct_open_credit_month') }}
),

-- summed before they are converted: there are far fewer accounts than open items
currency_balances as (
    select
        period,
        account_key,
        currency,
        sum(open_amount) as open_amount,
        sum(overdue_amount) as overdue_amount,
        sum(credit_left) as credit_left
    from balances
    group by period, account_key, currency
),

receivables as (
    select
        balances.period,
        balances.account_key,
        sum({{ mul('balances.open_amount', 'rates.rate') }}) as open_amount,
        sum({{ mul('balances.overdue_amount', 'rates.rate') }}) as overdue_amount,
        sum({{ mul('balances.credit_left', 'rates.rate') }}) as unapplied_amount,
        bool_and(rates.rate is not null) as has_rates
    from currency_balances as balances
    left join {{ ref('fct_plan_rate') }} as rates
        on balances.period = rates.period and balances.currency = rates.currency
    group by balances.period, balances.account_key
),

present as (
    select
        period,
        account_key
    from activity
    union
    select
        period,
        account_key
    from billing
    union
    select
        period,
        account_key
    from receivables
),

final as (
    select
        present.period,
        present.account_key,
        coalesce(holdings.holding_key, present.account_key) as holding_key,
        cast(coalesce(billing.invoices, 0) as bigint) as invoices,
        case
            when billing.account_key is null then 0
            when billing.has_rates then billing.revenue
        end as revenue,
        case
            when receivables.account_key is null then 0
            when receivables.has_rates then receivables.open_amount
        end as open_amount,
        case
            when receivables.account_key is null then 0
            when receivables.has_rates then receivables.overdue_amount
        end as overdue_amount,
        case
            when receivables.account_key is null then 0
            when receivables.has_rates then receivables.unapplied_amount
        end as unapplied_amount,
        coalesce(activity.is_active_at_start, false) as is_active_at_start,
        coalesce(activity.is_active_at_end, false) as is_active_at_end,
        coalesce(activity.is_active_at_end and not activity.is_surely_active_at_end, false)
            as is_pending_at_end
    from present
    left join {{ ref('int_holding_month') }} as holdings
        on
            present.period = holdings.period
            and present.account_key = holdings.account_key
    left join activity
        on present.period = activity.period and present.account_key = activity.account_key
    left join billing
        on present.period = billing.period and present.account_key = billing.account_key
    left join receivables
        on present.period = receivables.period and present.account_key = receivables.account_key
)

select * from final
