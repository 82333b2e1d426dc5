with families as (
    select distinct on (product_source, product_id)
        product_source,
        product_id,
        family
    from {{ ref('product_family') }} as families
    where {{ in_force('families', as_of()) }}
    order by product_source, product_id, valid_from desc, source
),

final as (
    select
        {{ warehouse_key('product.source', 'product.product_id') }} as product_key,
        product.source,
        product.product_id,
        product.name,
        families.family,
        product.unit_cost,
        product.is_active
    from {{ ref('product') }} as product
    left join families
        on product.source = families.product_source and product.product_id = families.product_id

    union all

    select
        'UNMATCHED' as product_key,
        'UNMATCHED' as source,
        'UNMATCHED' as product_id,
        'UNMATCHED' as name,
        null as family,
        null as unit_cost,
        false as is_active
)

select * from final
