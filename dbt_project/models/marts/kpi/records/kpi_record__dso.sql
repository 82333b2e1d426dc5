{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with windows as (
    select
        windows.period,
        windows."window",
        windows.first_period,
        periods.receivables_on as measured_on,
        case
            when policies.dso_days_basis = 'actual'
                then periods.receivables_on - windows.first_period + 1
            when periods.receivables_on < periods.month_end
                then
                    30 * {{ months_between('windows.first_period', 'windows.period') }}
                    + least(30, periods.receivables_on - periods.period + 1)
            else 30 * (1 + {{ months_between('windows.first_period', 'windows.period') }})
        end as days
    from {{ ref('dim_window') }} as windows
    inner join {{ ref('dim_period') }} as periods on windows.period = periods.period
    inner join ({{ policy_versions() }}) as policies
        on windows.period >= policies.valid_from and windows.period < policies.valid_to
    where periods.receivables_on is not null and {{ since('windows.period') }}
),

open_amounts as (
    select
        period,
        account_key,
        currency,
        sum(open_amount) as open_amount
    from {{ ref('int_receivable_open') }}
    where {{ since('period') }}
    group by period, account_key, currency
),

balances as (
    select
        windows.period,
        windows."window",
        open_amounts.account_key,
        open_amounts.currency,
        {{ mul('open_amounts.open_amount', 'windows.days') }} as open_days,
        0 as billed_amount
    from open_amounts
    inner join windows on open_amounts.period = windows.period

    union all

    select
        windows.period,
        windows."window",
        billed.account_key,
        billed.currency,
        0 as open_days,
        billed.gross
    from {{ ref('int_receivable_billed') }} as billed
    inner join windows
        on
            billed.period between windows.first_period and windows.period
            -- a later void changes no past month end
            and (billed.voided_on is null or billed.voided_on > windows.measured_on)
),

accounts as (
    select
        period,
        "window",
        account_key,
        currency,
        sum(open_days) as open_days,
        sum(billed_amount) as billed_amount
    from balances
    group by period, "window", account_key, currency
),

final as (
    select
        'dso_simple' as kpi_code,
        accounts.period,
        accounts."window",
        accounts.account_key,
        cast(null as varchar) as employee_key,
        cast(null as date) as credit_on,
        'account' as record_type,
        dim_account.source,
        dim_account.account_id as record_id,
        accounts.currency,
        cast(accounts.open_days as decimal(38, 4)) as numerator,
        cast(accounts.billed_amount as decimal(38, 4)) as denominator,
        cast(null as varchar) as reason
    from accounts
    inner join {{ ref('dim_account') }} as dim_account
        on accounts.account_key = dim_account.account_key
    where accounts.open_days <> 0 or accounts.billed_amount <> 0
)

select * from final
