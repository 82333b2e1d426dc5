-- A row here: lines of issued documents were lost, or doubled by a join to product or family.
with delivered as (
    select
        count(*) as lines,
        sum(lines.net) as net
    from {{ ref('invoice_line') }} as lines
    semi join {{ ref('fct_invoice') }} as invoices
        on
            lines.source = invoices.source
            and lines.invoice_id = invoices.invoice_id
            and not invoices.is_void
),

published as (
    select
        count(*) as lines,
        sum(net) as net
    from {{ ref('fct_invoice_line') }}
)

select *
from delivered
cross join published
where (delivered.lines, delivered.net) is distinct from (published.lines, published.net)
