{{ config(meta={'kept_by': 'to_period'}) }}

with measured as (
    select max(receivables_on) as last_day from {{ ref('dim_period') }}
),

documents as (
    select
        case when kind = 'invoice' then 'invoice' else 'credit_note' end as record_type,
        source,
        invoice_id as record_id,
        account_key,
        currency,
        issued_on as starts_on,
        voided_on as ends_on,
        gross as amount
    from {{ ref('fct_invoice') }}
),

payments as (
    select
        'payment' as record_type,
        payment.source,
        payment.payment_id as record_id,
        coalesce(account.merged_into_key, account.account_key, 'UNMATCHED') as account_key,
        payment.currency,
        payment.received_on as starts_on,
        payment.reversed_on as ends_on,
        -payment.amount as amount
    from {{ ref('payment') }} as payment
    left join {{ ref('dim_account') }} as account
        on payment.account_source = account.source and payment.account_id = account.account_id
),

records as (
    select * from documents
    union all
    select * from payments
),

-- an allocation holds while both ends of it are alive, if they ever are together
allocated as (
    select
        allocation.source,
        allocation.invoice_id,
        allocation.payment_id,
        allocation.credit_note_id,
        payment.amount as payment_balance,
        greatest(
            allocation.applied_on, invoice.starts_on, payment.starts_on, credit_note.starts_on
        ) as starts_on,
        least(
            allocation.undone_on, invoice.ends_on, payment.ends_on, credit_note.ends_on
        ) as ends_on,
        allocation.amount
    from {{ ref('allocation') }} as allocation
    left join documents as invoice
        on
            allocation.source = invoice.source
            and allocation.invoice_id = invoice.record_id
    left join documents as credit_note
        on
            allocation.source = credit_note.source
            and allocation.credit_note_id = credit_note.record_id
    left join payments as payment
        on allocation.source = payment.source and allocation.payment_id = payment.record_id
),

allocations as (
    select * from allocated
    where ends_on is null or ends_on > starts_on
),

effects as (
    select
        source,
        invoice_id as record_id,
        'invoice' as record_type,
        starts_on,
        ends_on,
        -amount as amount
    from allocations
    where invoice_id is not null

    union all

    select
        source,
        credit_note_id,
        'credit_note' as record_type,
        starts_on,
        ends_on,
        amount
    from allocations
    where credit_note_id is not null

    union all

    -- a refund is negative money: what it is applied to shrinks it the other way
    select
        source,
        payment_id,
        'payment' as record_type,
        starts_on,
        ends_on,
        case when payment_balance > 0 then -amount else amount end as amount
    from allocations
    where payment_id is not null
),

-- a write-off settles for good; what it settled is remembered for twelve months
write_offs as (
    select
        write_off.source,
        write_off.invoice_id,
        greatest(write_off.written_on, invoice.starts_on) as starts_on,
        greatest(
            {{ add_months('write_off.written_on', 12) }}, invoice.starts_on
        ) as forgotten_on,
        write_off.amount
    from {{ ref('write_off') }} as write_off
    inner join documents as invoice
        on write_off.source = invoice.source and write_off.invoice_id = invoice.record_id
),

movements as (
    select
        source,
        record_type,
        record_id,
        starts_on as day,
        amount,
        0 as written_off
    from records
    union all
    select
        source,
        record_type,
        record_id,
        starts_on,
        amount,
        0 as written_off
    from effects
    union all
    select
        source,
        record_type,
        record_id,
        ends_on,
        -amount as amount,
        0 as written_off
    from effects
    where ends_on is not null
    union all
    select
        source,
        'invoice' as record_type,
        invoice_id,
        starts_on,
        -amount as amount,
        amount as written_off
    from write_offs
    union all
    select
        source,
        'invoice' as record_type,
        invoice_id,
        forgotten_on,
        0 as amount,
        -amount as written_off
    from write_offs
),

monthly as (
    select
        movements.source,
        movements.record_type,
        movements.record_id,
        {{ month_of('movements.day') }} as period,
        sum(movements.amount) as amount,
        sum(movements.written_off) as written_off
    from movements
    cross join measured
    where movements.day <= measured.last_day
    group by all
),

balances as (
    select
        source,
        record_type,
        record_id,
        period as from_period,
        lead(period) over record_months as to_period,
        sum(amount) over record_months as balance,
        sum(written_off) over record_months as written_off
    from monthly
    window record_months as (partition by source, record_type, record_id order by period)
),

final as (
    select
        records.source,
        records.record_type,
        records.record_id,
        records.account_key,
        records.currency,
        balances.from_period,
        least(
            coalesce(balances.to_period, {{ last_day() }}),
            case
                when records.ends_on <= measured.last_day then {{ month_of('records.ends_on') }}
            end
        ) as to_period,
        cast(balances.balance as decimal(18, 4)) as balance,
        cast(greatest(0, balances.written_off) as decimal(18, 4)) as written_off
    from balances
    inner join records
        on
            balances.source = records.source
            and balances.record_type = records.record_type
            and balances.record_id = records.record_id
    cross join measured
)

select * from final
where (balance <> 0 or written_off > 0) and from_period < to_period
