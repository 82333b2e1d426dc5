{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with periods as (
    select
        period,
        receivables_on as measured_on
    from {{ ref('dim_period') }}
    where receivables_on is not null and {{ since('period') }}
),

measured as (
    select * from {{ ref('int_receivable_open') }}
    where {{ since('period') }}
),

write_off_months as (
    select * from {{ ref('int_write_off_month') }}
),

gated as (
    select measured.*
    from measured
    anti join write_off_months
        on
            measured.period = write_off_months.period
            and measured.account_key = write_off_months.account_key
            and measured.currency = write_off_months.currency

    union all

    select
        period,
        account_key,
        record_type,
        source,
        record_id,
        currency,
        overdue_amount,
        open_amount
    from {{ ref('int_receivable_gate_month') }}
),

billed as (
    select * from {{ ref('int_receivable_billed') }}
),

balances as (
    select
        period,
        account_key,
        currency,
        open_amount,
        0 as billed_amount
    from measured

    union all

    select
        periods.period,
        billed.account_key,
        billed.currency,
        0 as open_amount,
        billed.gross
    from billed
    inner join periods
        on
            billed.period <= periods.period
            and billed.period > {{ add_months('periods.period', -12) }}
            -- a later void changes no past month end
            and (billed.voided_on is null or billed.voided_on > periods.measured_on)
),

accounts as (
    select
        period,
        account_key,
        currency,
        sum(open_amount) as open_amount,
        sum(billed_amount) as billed_amount
    from balances
    group by period, account_key, currency
),

final as (
    select
        'overdue_share' as kpi_code,
        period,
        account_key,
        cast(null as varchar) as employee_key,
        cast(null as date) as credit_on,
        record_type,
        source,
        record_id,
        currency,
        cast(overdue_amount as decimal(38, 4)) as numerator,
        cast(open_amount as decimal(38, 4)) as denominator,
        cast(null as varchar) as reason
    from measured

    union all

    select
        'overdue_share_gate' as kpi_code,
        period,
        account_key,
        null as employee_key,
        null as credit_on,
        record_type,
        source,
        record_id,
        currency,
        cast(overdue_amount as decimal(38, 4)) as numerator,
        cast(open_amount as decimal(38, 4)) as denominator,
        null as reason
    from gated

    union all

    select
        'receivables_share' as kpi_code,
        accounts.period,
        accounts.account_key,
        null as employee_key,
        null as credit_on,
        'account' as record_type,
        dim_account.source,
        dim_account.account_id,
        accounts.currency,
        cast(accounts.open_amount as decimal(38, 4)) as numerator,
        cast(accounts.billed_amount as decimal(38, 4)) as denominator,
        null as reason
    from accounts
    inner join {{ ref('dim_account') }} as dim_account
        on accounts.account_key = dim_account.account_key
    where accounts.open_amount <> 0 or accounts.billed_amount <> 0
)

select * from final
