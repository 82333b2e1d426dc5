{{ config(meta={'kept_by': 'to_period'}) }}

-- depends_on: {{ ref('dispute') }}, {{ source('control', 'policy') }}: what settles items is built
-- again from the same month as they are, for it reads their numbers
with invoices as (
    select
        source,
        invoice_id,
        reissue_of_id,
        issued_on,
        due_on,
        gross
    from {{ ref('fct_invoice') }}
    where kind = 'invoice'
),

instalments as (
    select
        source,
        invoice_id,
        due_on,
        row_number() over by_due as instalment,
        count(*) over (partition by source, invoice_id) as instalments,
        sum(amount) over by_due - amount as due_from,
        sum(amount) over by_due as due_to
    from {{ ref('invoice_due') }}
    window by_due as (partition by source, invoice_id order by due_on)
),

-- an invoice by due date, oldest first, as ranges of its amount; together always its gross
parts as (
    select
        invoices.source,
        invoices.invoice_id,
        invoices.issued_on,
        invoices.reissue_of_id,
        invoices.gross,
        coalesce(instalments.instalment, 1) as instalment,
        coalesce(instalments.due_on, invoices.due_on) as due_on,
        case
            when coalesce(instalments.instalment, 1) > 1
                then least(instalments.due_from, invoices.gross)
        end as part_from,
        case
            when instalments.instalment < instalments.instalments
                then least(instalments.due_to, invoices.gross)
            else invoices.gross
        end as part_to
    from invoices
    left join instalments
        on
            invoices.source = instalments.source
            and invoices.invoice_id = instalments.invoice_id
),

-- a reissued invoice is as old as the first one, instalment by instalment
first_dues as (
    select
        parts.source,
        parts.invoice_id,
        parts.instalment,
        max(first_parts.due_on) as due_on
    from parts
    inner join parts as first_parts
        on
            parts.source = first_parts.source
            and parts.reissue_of_id = first_parts.invoice_id
            and parts.instalment >= first_parts.instalment
    group by parts.source, parts.invoice_id, parts.instalment
),

-- what is paid or written off covers the oldest part first
pieces as (
    select
        spans.account_key,
        spans.source,
        spans.record_id as invoice_id,
        parts.instalment,
        least(parts.due_on, first_dues.due_on) as due_on,
        parts.issued_on,
        spans.currency,
        spans.from_period,
        spans.to_period,
        parts.part_to
        - greatest(parts.part_from, parts.gross - greatest(spans.balance, 0)) as owed_amount,
        least(parts.part_to, parts.gross - greatest(spans.balance, 0))
        - greatest(parts.part_from, parts.gross - spans.balance - spans.written_off)
            as written_off_amount
    from {{ ref('int_receivable_span') }} as spans
    inner join parts
        on spans.source = parts.source and spans.record_id = parts.invoice_id
    left join first_dues
        on
            parts.source = first_dues.source
            and parts.invoice_id = first_dues.invoice_id
            and parts.instalment = first_dues.instalment
    where
        spans.record_type = 'invoice'
        and spans.balance + spans.written_off > 0
        and {{ since('spans.to_period') }}
),

items as (
    select
        * exclude (owed_amount, written_off_amount),
        false as is_written_off,
        owed_amount as item_amount
    from pieces
    where owed_amount > 0

    union all

    select
        * exclude (owed_amount, written_off_amount),
        true as is_written_off,
        written_off_amount as item_amount
    from pieces
    where written_off_amount > 0
),

-- numbered in the order in which credits settle them; numbers are cheaper to sort by than names
final as (
    select
        account_key,
        currency,
        cast(dense_rank() over (order by account_key, currency) as bigint) as account_no,
        cast(row_number() over (
            order by
                coalesce(due_on, issued_on), source, invoice_id, instalment,
                not is_written_off, from_period
        ) as bigint) + {{ kept_max('item_no') }} as item_no,
        source,
        invoice_id,
        cast(instalment as integer) as instalment,
        due_on,
        is_written_off,
        from_period,
        to_period,
        cast(item_amount as decimal(18, 4)) as item_amount
    from items
)

select * from final
