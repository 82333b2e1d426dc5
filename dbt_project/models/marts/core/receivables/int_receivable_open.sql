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
)

select * from measured
