{{ config(meta={'kept_by': 'period'}) }}

with periods as (
    select
        periods.period,
        periods.receivables_on as measured_on,
        policies.receivables_credits,
        policies.receivables_disputes
    from {{ ref('dim_period') }} as periods
    inner join ({{ policy_versions() }}) as policies
        on periods.period >= policies.valid_from and periods.period < policies.valid_to
),

account_months as (
    select
        write_off_months.*,
        periods.measured_on,
        periods.receivables_credits,
        periods.receivables_disputes
    from {{ ref('int_write_off_month') }} as write_off_months
    inner join periods on write_off_months.period = periods.period
),

settlements as (
    select * from {{ ref('int_receivable_settlement') }}
    where is_gate
),

items as (
    select
        account_months.period,
        items.account_key,
        items.currency,
        items.source,
        items.invoice_id,
        items.is_written_off or coalesce(items.due_on < account_months.measured_on, false)
            as is_overdue,
        items.item_amount
        - coalesce(settlements.credit_applied, 0)
        - case
            when account_months.receivables_disputes = 'exclude'
                then coalesce(settlements.disputed_amount, 0)
            else 0
        end as open_amount
    from account_months
    inner join {{ ref('int_receivable_item') }} as items
        on
            account_months.account_key = items.account_key
            and account_months.currency = items.currency
            and account_months.period >= items.from_period
            and account_months.period < items.to_period
    left join settlements
        on
            account_months.period = settlements.period
            and items.item_no = settlements.item_no
),

final as (
    select
        period,
        account_key,
        currency,
        'invoice' as record_type,
        source,
        invoice_id as record_id,
        cast(sum(open_amount) as decimal(18, 4)) as open_amount,
        cast(sum(case when is_overdue then open_amount else 0 end) as decimal(18, 4))
            as overdue_amount
    from items
    group by period, account_key, currency, source, invoice_id

    union all

    select
        account_months.period,
        account_months.account_key,
        account_months.currency,
        credits.record_type,
        credits.source,
        credits.record_id,
        cast(credits.written_off_amount - credits.credit_amount as decimal(18, 4)) as open_amount,
        cast(0 as decimal(18, 4)) as overdue_amount
    from account_months
    inner join {{ ref('fct_open_credit_month') }} as credits
        on
            account_months.period = credits.period
            and account_months.account_key = credits.account_key
            and account_months.currency = credits.currency
    where account_months.receivables_credits = 'own_bucket'
)

select * from final
where open_amount <> 0
