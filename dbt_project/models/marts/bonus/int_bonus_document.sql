{{ config(contract={'enforced': false}) }}

with run as (
    select as_of_date from {{ source('control', 'run') }}
),

invoices as (
    select * from {{ ref('fct_invoice') }}
    -- where nobody has a plan, nobody asks what is paid
    where exists (select 1 from {{ ref('int_bonus_event') }})
),

-- received, and not reversed since
payments as (
    select payments.*
    from {{ ref('payment') }} as payments
    cross join run
    where
        payments.received_on <= run.as_of_date
        and (payments.reversed_on is null or payments.reversed_on > run.as_of_date)
),

applied as (
    select
        allocations.*,
        coalesce(payments.payment_id is not null, false) as is_cash,
        case when payments.amount < 0 then -allocations.amount else allocations.amount end
            as cash,
        allocations.credit_note_id is not null
        and (
            notes.invoice_id is null
            or (
                notes.issued_on <= run.as_of_date
                and (notes.voided_on is null or notes.voided_on > run.as_of_date)
            )
        ) as is_credit
    from {{ ref('allocation') }} as allocations
    cross join run
    left join payments
        on
            allocations.source = payments.source
            and allocations.payment_id = payments.payment_id
    left join invoices as notes
        on
            allocations.source = notes.source
            and allocations.credit_note_id = notes.invoice_id
    where
        exists (select 1 from {{ ref('int_bonus_event') }})
        and allocations.invoice_id is not null
        and allocations.applied_on <= run.as_of_date
        and (allocations.undone_on is null or allocations.undone_on > run.as_of_date)
),

settled as (
    select
        source,
        invoice_id,
        sum(case when is_cash then cash else 0 end) as cash,
        sum(case when is_credit then amount else 0 end) as credited
    from applied
    group by source, invoice_id
),

written_off as (
    select
        write_offs.source,
        write_offs.invoice_id,
        sum(write_offs.amount) as amount
    from {{ ref('write_off') }} as write_offs
    cross join run
    where write_offs.written_on <= run.as_of_date
    group by write_offs.source, write_offs.invoice_id
),

documents as (
    select
        invoices.source,
        invoices.invoice_id,
        invoices.kind,
        invoices.corrects_id,
        invoices.contract_source,
        invoices.contract_id,
        invoices.deal_source,
        invoices.deal_id,
        invoices.issued_on,
        invoices.due_on,
        invoices.gross,
        invoices.issued_on <= run.as_of_date
        and (invoices.voided_on is null or invoices.voided_on > run.as_of_date) as is_standing,
        coalesce(settled.cash, 0) as cash,
        coalesce(settled.credited, 0) as credited,
        invoices.gross - coalesce(settled.credited, 0) as payable,
        least(greatest(coalesce(written_off.amount, 0), 0), invoices.gross) as written_off,
        invoices.gross - least(
            greatest(coalesce(settled.cash, 0) + coalesce(settled.credited, 0), 0), invoices.gross
        ) as open_amount
    from invoices
    cross join run
    left join settled
        on invoices.source = settled.source and invoices.invoice_id = settled.invoice_id
    left join written_off
        on
            invoices.source = written_off.source
            and invoices.invoice_id = written_off.invoice_id
),

paid as (
    select
        *,
        {{ covered('cash', 'payable', 4) }} as paid_ratio
    from documents
),

noted as (
    select
        applied.source,
        applied.credit_note_id,
        sum(applied.amount) as amount,
        sum({{ mul('applied.amount', 'coalesce(paid.paid_ratio, 1)') }}) as paid_amount
    from applied
    left join paid
        on applied.source = paid.source and applied.invoice_id = paid.invoice_id
    where applied.credit_note_id is not null
    group by applied.source, applied.credit_note_id
),

final as (
    select
        paid.* exclude (paid_ratio, corrects_id),
        case
            when paid.kind <> 'credit_note' then paid.paid_ratio
            when noted.amount <> 0
                then {{ ratio(
                    'cast(noted.paid_amount as decimal(38, 10))', 'noted.amount', 10, 16
                ) }}
            else coalesce(corrected.paid_ratio, 1)
        end as paid_ratio
    from paid
    left join noted
        on
            paid.source = noted.source
            and paid.invoice_id = noted.credit_note_id
    left join paid as corrected
        on paid.source = corrected.source and paid.corrects_id = corrected.invoice_id
)

select * from final
