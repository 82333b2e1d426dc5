{{ config(meta={'dated_by': ['held_from', 'valid_from', 'valid_to']}) }}

with versions as (
    select distinct on (product_source, product_id, valid_from)
        product_source,
        product_id,
        family,
        valid_from,
        valid_to
    from {{ ref('product_family') }}
    order by product_source, product_id, valid_from, source
),

final as (
    select
        product_source,
        product_id,
        {{ warehouse_key('product_source', 'product_id') }} as product_key,
        family,
        valid_from,
        -- a version never reaches into the next one, or lines would double
        least(
            coalesce(valid_to, {{ last_day() }}), lead(valid_from, 1, {{ last_day() }}) over product
        ) as valid_to,
        case when row_number() over product = 1 then {{ first_day() }} else valid_from end
            as held_from
    from versions
    window product as (partition by product_source, product_id order by valid_from)
)

select * from final
