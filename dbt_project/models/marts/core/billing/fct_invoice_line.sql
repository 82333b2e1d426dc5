{{ config(meta={'kept_by': 'period'}) }}

with invoices as (
    select
        source,
        invoice_id,
        account_key,
        kind,
        issued_on,
        period,
        currency
    from {{ ref('fct_invoice') }}
    where not is_void
),

products as (
    select
        source,
        product_id,
        product_key
    from {{ ref('dim_product') }}
),

final as (
    select
        lines.source,
        lines.invoice_id,
        lines.line_no,
        invoices.account_key,
        case when lines.product_id is not null then coalesce(products.product_key, 'UNMATCHED') end
            as product_key,
        families.family,
        invoices.kind,
        invoices.issued_on,
        invoices.period,
        lines.period_from,
        lines.period_to,
        lines.quantity,
        lines.net,
        lines.cost,
        invoices.currency,
        lines.is_recurring
    from {{ ref('invoice_line') }} as lines
    inner join invoices
        on lines.source = invoices.source and lines.invoice_id = invoices.invoice_id
    left join products
        on lines.product_source = products.source and lines.product_id = products.product_id
    left join {{ ref('int_product_family') }} as families
        on
            lines.product_source = families.product_source
            and lines.product_id = families.product_id
            and invoices.issued_on >= families.valid_from
            and invoices.issued_on < families.valid_to
)

select * from final
