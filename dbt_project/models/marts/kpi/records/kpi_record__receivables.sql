{{ config(materialized='ephemeral', contract={'enforced': false}) }}

with items as (
    select * from {{ ref('fct_open_item_month') }}
    where open_amount > 0
),

in_instalments as (
    select distinct
        source,
        invoice_id
    from {{ ref('invoice_due') }}
),

invoices as (
    select
        period,
        account_key,
        source,
        invoice_id,
        currency,
        overdue_amount,
        open_amount
    from items
    anti join in_instalments
        on items.source = in_instalments.source and items.invoice_id = in_instalments.invoice_id

    union all

    select
        period,
        account_key,
        source,
        invoice_id,
        currency,
        sum(overdue_amount) as overdue_amount,
        sum(open_amount) as open_amount
    from items
    semi join in_instalments
        on items.source = in_instalments.source and items.invoice_id = in_instalments.invoice_id
    group by period, account_key, source, invoice_id, currency
),

billed as (
    select
        period,
        account_key,
        currency,
        voided_on,
        sum(gross) as gross
    from {{ ref('fct_invoice') }}
    group by period, account_key, currency, voided_on
),

balances as (
    select
        period,
        account_key,
        currency,
        open_amount,
        0 as billed_amount
    from items

    union all

    select
        periods.period,
        billed.account_key,
        billed.currency,
        0 as open_amount,
        billed.gross
    from billed
    inner join {{ ref('dim_period') }} as periods
        on
            billed.period <= periods.period
            and billed.period > {{ add_months('periods.period', -12) }}
            -- a later void changes no past month end
            and (billed.voided_on is null or billed.voided_on > periods.receivables_on)
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
        'invoice' as record_type,
        source,
        invoice_id as record_id,
        currency,
        cast(overdue_amount as decimal(38, 4)) as numerator,
        cast(open_amount as decimal(38, 4)) as denominator,
        cast(null as varchar) as reason
    from invoices

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
