{{ config(contract={'enforced': false}) }}

with readings as (
    select * from {{ ref('int_bonus_reading') }}
    where tier_mode is not null
),

tiers as (
    select
        *,
        row_number() over (
            partition by plan_code, version, component_code order by tier_from
        ) as place,
        last(tier_to order by tier_from) over (
            partition by plan_code, version, component_code
        ) as last_to
    from {{ source('control', 'bonus_tier') }}
),

tiered as (
    select
        readings.is_spared,
        readings.employee_key,
        readings.period,
        readings.plan_code,
        readings.component_code,
        readings.record_type,
        readings.source,
        readings.record_id,
        readings.tier_mode,
        readings.position,
        readings.bound_factor,
        tiers.place,
        tiers.tier_from,
        tiers.tier_to,
        tiers.value,
        cast({{ mul('tiers.tier_from', 'readings.bound_factor', 6) }} as decimal(38, 16))
            as from_position,
        cast({{ mul('tiers.tier_to', 'readings.bound_factor', 6) }} as decimal(38, 16))
            as to_position,
        cast({{ mul('tiers.last_to', 'readings.bound_factor', 6) }} as decimal(38, 16))
            as last_position,
        readings.compared > {{ mul('tiers.tier_from', 'readings.compared_with', 6) }}
        or (
            readings.compared = {{ mul('tiers.tier_from', 'readings.compared_with', 6) }}
            and (tiers.boundary = 'lower_inclusive' or tiers.place = 1)
        ) as is_reached
    from readings
    inner join tiers
        on
            readings.plan_code = tiers.plan_code
            and readings.version = tiers.version
            and readings.component_code = tiers.component_code
),

reached as (
    select
        *,
        max(place) filter (where is_reached) over (
            partition by
                is_spared, employee_key, period, plan_code, component_code, record_type, source,
                record_id
        ) as reached_place
    from tiered
),

quantities as (
    select
        *,
        case
            when position < 0 then case when place = 1 then position end
            when tier_mode = 'flat'
                then case when place = reached_place then least(position, last_position) end
            else least(position, to_position) - from_position
        end as quantity
    from reached
),

products as (
    select
        *,
        cast({{ stepped_product('quantity', 'value') }} as decimal(38, 16)) as product,
        to_position - from_position as width
    from quantities
),

final as (
    select
        is_spared,
        employee_key,
        period,
        plan_code,
        component_code,
        record_type,
        source,
        record_id,
        place,
        tier_from,
        tier_to,
        value,
        cast(quantity as decimal(38, 16)) as quantity,
        -- the tier that a flat payout share or lump sum is taken from
        coalesce(place = reached_place, false) as is_level,
        case
            when tier_mode <> 'interpolated'
                then product
            -- as many digits as the width of the tier leaves room for
            when width < 100000
                then cast({{ ratio('product', 'width', 16, 16) }} as decimal(38, 16))
            else cast({{ ratio('product', 'width', 12, 16) }} as decimal(38, 16))
        end as earned
    from products
    where
        (quantity is not null and (quantity > 0 or position < 0 or tier_mode = 'flat'))
        and not (tier_mode = 'interpolated' and tier_to is null)
)

select * from final
