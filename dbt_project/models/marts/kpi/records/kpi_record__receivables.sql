{{ config(materialized='ephemeral', contract={'enforced': false}) }}

with periods as (
    select
        periods.period,
        periods.receivables_on as measured_on,
        policies.receivables_credits,
        policies.receivables_disputes
    from {{ ref('dim_period') }} as periods
    inner join ({{ policy_versions() }}) as policies
        on periods.period >= policies.valid_from and periods.period < policies.valid_to
    where periods.receivables_on is not null
),

items as (
    select
        items.period,
        items.account_key,
        items.source,
        items.invoice_id,
        items.currency,
        items.days_overdue > 0 as is_overdue,
        items.open_amount
        - case when periods.receivables_disputes = 'exclude' then items.disputed_amount else 0 end
            as open_amount
    from {{ ref('fct_open_item_month') }} as items
    inner join periods on items.period = periods.period
),

in_instalments as (
    select distinct
        source,
        invoice_id
    from {{ ref('invoice_due') }}
),

measured as (
    select
        period,
        account_key,
        'invoice' as record_type,
        source,
        invoice_id as record_id,
        currency,
        case when is_overdue then open_amount else 0 end as overdue_amount,
        open_amount
    from items
    anti join in_instalments
        on items.source = in_instalments.source and items.invoice_id = in_instalments.invoice_id
    where open_amount > 0

    union all

    select
        period,
        account_key,
        'invoice' as record_type,
        source,
        invoice_id,
        currency,
        sum(case when is_overdue then open_amount else 0 end) as overdue_amount,
        sum(open_amount) as open_amount
    from items
    semi join in_instalments
        on items.source = in_instalments.source and items.invoice_id = in_instalments.invoice_id
    where open_amount > 0
    group by period, account_key, source, invoice_id, currency

    union all

    -- a credit that is an item of its own has no due date
    select
        credits.period,
        credits.account_key,
        credits.record_type,
        credits.source,
        credits.record_id,
        credits.currency,
        0 as overdue_amount,
        -credits.credit_amount as open_amount
    from {{ ref('fct_open_credit_month') }} as credits
    inner join periods on credits.period = periods.period
    where periods.receivables_credits = 'own_bucket'
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

-- what is issued after the last day measured is billed in no month yet
billed as (
    select
        period,
        account_key,
        currency,
        voided_on,
        sum(gross) as gross
    from {{ ref('fct_invoice') }}
    where issued_on <= (select max(measured_on) from periods)
    group by period, account_key, currency, voided_on
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
