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

-- numbered in the order in which credits settle them; numbers are cheaper to sort by than names
items as (
    select
        spans.account_key,
        spans.source,
        spans.record_id as invoice_id,
        parts.instalment,
        least(parts.due_on, first_dues.due_on) as due_on,
        spans.currency,
        spans.from_period,
        spans.to_period,
        -- what is paid covers the oldest part first
        parts.part_to - greatest(parts.part_from, parts.gross - spans.balance) as item_amount,
        dense_rank() over (order by spans.account_key, spans.currency) as account_no,
        row_number() over (
            order by
                coalesce(least(parts.due_on, first_dues.due_on), parts.issued_on),
                spans.source, spans.record_id, parts.instalment, spans.from_period
        ) as item_no
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
        and spans.balance > 0
        and parts.part_to - greatest(parts.part_from, parts.gross - spans.balance) > 0
),

accounts as (
    select
        account_key,
        currency,
        any_value(account_no) as account_no
    from items
    group by account_key, currency
),

credits as (
    select
        credits.period,
        accounts.account_no,
        sum(credits.credit_amount) as credit_amount
    from {{ ref('fct_open_credit_month') }} as credits
    inner join accounts
        on credits.account_key = accounts.account_key and credits.currency = accounts.currency
    group by credits.period, accounts.account_no
    having sum(credits.credit_amount) > 0
),

measured as (
    select
        periods.period,
        periods.receivables_on as measured_on,
        items.account_no,
        items.item_no,
        items.item_amount
    from items
    inner join {{ ref('dim_period') }} as periods
        on periods.period >= items.from_period and periods.period < items.to_period
    where periods.receivables_on is not null
),

-- credits that nobody applied go to the oldest items of the account and currency
settled as (
    select
        measured.period,
        measured.measured_on,
        measured.item_no,
        greatest(0, least(
            measured.item_amount,
            credits.credit_amount
            - (sum(measured.item_amount) over oldest_first - measured.item_amount)
        )) as credit_applied
    from measured
    inner join credits
        on measured.period = credits.period and measured.account_no = credits.account_no
    window
        oldest_first as (
            partition by measured.period, measured.account_no order by measured.item_no
        )

    union all

    select
        measured.period,
        measured.measured_on,
        measured.item_no,
        0 as credit_applied
    from measured
    anti join credits
        on measured.period = credits.period and measured.account_no = credits.account_no
),

open_items as (
    select
        items.* exclude (from_period, to_period, account_no, item_no),
        settled.period,
        settled.measured_on,
        settled.credit_applied
    from settled
    inner join items on settled.item_no = items.item_no
),

final as (
    select
        period,
        account_key,
        source,
        invoice_id,
        cast(instalment as integer) as instalment,
        due_on,
        measured_on,
        cast(item_amount as decimal(18, 4)) as item_amount,
        cast(credit_applied as decimal(18, 4)) as credit_applied,
        cast(item_amount - credit_applied as decimal(18, 4)) as open_amount,
        cast(
            case when due_on < measured_on then item_amount - credit_applied else 0 end
            as decimal(18, 4)
        ) as overdue_amount,
        cast(case when due_on < measured_on then measured_on - due_on else 0 end as integer)
            as days_overdue,
        currency
    from open_items
)

select * from final
