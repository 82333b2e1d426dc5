with deals as (
    select
        source,
        deal_id,
        account_key,
        employee_key,
        state,
        closed_on,
        closed_period,
        currency
    from {{ ref('fct_deal') }}
),

final as (
    select
        lines.source,
        lines.deal_id,
        lines.line_no,
        deals.account_key,
        deals.employee_key,
        coalesce(products.product_key, 'UNMATCHED') as product_key,
        families.family,
        deals.state,
        deals.closed_on,
        deals.closed_period,
        lines.quantity,
        lines.amount,
        deals.currency
    from {{ ref('deal_line') }} as lines
    inner join deals on lines.source = deals.source and lines.deal_id = deals.deal_id
    left join {{ ref('dim_product') }} as products
        on lines.product_source = products.source and lines.product_id = products.product_id
    left join {{ ref('int_product_family') }} as families
        on
            lines.product_source = families.product_source
            and lines.product_id = families.product_id
            and deals.closed_on >= families.valid_from
            and deals.closed_on < families.valid_to
)

select * from final
