{{ config(contract={'enforced': false}) }}

with tiered as (
    select
        is_spared,
        employee_key,
        period,
        plan_code,
        component_code,
        record_type,
        source,
        record_id,
        sum(earned) as earned,
        sum(value) filter (where is_level) as level
    from {{ ref('int_bonus_slice') }}
    group by
        is_spared, employee_key, period, plan_code, component_code, record_type, source, record_id
),

read as (
    select
        readings.*,
        cast(coalesce(tiered.earned, 0) as decimal(38, 16)) as tier_earned,
        cast(coalesce(tiered.level, 0) as decimal(38, 16)) as tier_level,
        case
            when readings.kind = 'fixed' then readings.amount * readings.interval_months
            else readings.rate
        end as unit,
        -- in which the tiers measure; tiers on attainment are scaled to the measure
        case
            when readings.tier_basis = 'count' then readings.counted
            else cast(readings.value as decimal(38, 10))
        end as tier_quantity
    from {{ ref('int_bonus_reading') }} as readings
    left join tiered
        on
            readings.is_spared = tiered.is_spared
            and readings.employee_key = tiered.employee_key
            and readings.period = tiered.period
            and readings.plan_code = tiered.plan_code
            and readings.component_code = tiered.component_code
            and readings.record_type is not distinct from tiered.record_type
            and readings.source is not distinct from tiered.source
            and readings.record_id is not distinct from tiered.record_id
),

shares as (
    select
        *,
        cast(case
            when tier_mode is null and kind = 'mbo' then value
            when tier_mode is null then attainment
            when tier_value_is = 'payout_pct' and tier_mode = 'flat' then tier_level
            else tier_earned
        end as decimal(38, 16)) as payout_share,
        cast(case
            when tier_value_is = 'rate' then tier_earned
            else cast({{ round_half_up(mul('tier_earned', 'unit', 16), 16) }} as decimal(38, 16))
        end as decimal(38, 16)) as tier_amount,
        cast(case
            when quantity = tier_quantity then 1
            else coalesce({{ ratio('quantity', 'tier_quantity', 10, 16) }}, 0)
        end as decimal(38, 16)) as events_per_quantity
    from read
),

divided as (
    select
        *,
        case
            when bound_factor = 1 and tier_basis <> 'attainment' then 1 else days_denominator
        end as tier_divisor,
        -- flat payout shares and lump sums are those of the tier reached, however far
        coalesce(tier_mode = 'flat' and tier_value_is in ('payout_pct', 'amount'), false)
            as is_level_paid
    from shares
),

final as (
    select
        *,
        case
            when is_weighted then null
            when tier_mode is null then {{ stepped(mul('quantity', 'unit', 10)) }}
            when tier_value_is = 'amount' and tier_mode = 'flat' and kind = 'rate'
                then cast(tier_level as decimal(28, 10))
            when tier_value_is = 'amount' and tier_mode = 'flat'
                then {{ stepped(mul('quantity', 'cast(tier_level as decimal(38, 6))', 10)) }}
            when tier_value_is = 'amount' and tier_mode = 'interpolated'
                then cast(tier_earned as decimal(28, 10))
            when tier_value_is = 'amount'
                then cast({{ ratio('tier_earned', 'bound_factor', 12, 12) }} as decimal(28, 10))
            when events_per_quantity = 1
                then
                    cast({{ ratio('tier_amount', 'tier_divisor', 16, 10) }} as decimal(28, 10))
            else {{ stepped(mul(
                ratio('tier_amount', 'tier_divisor', 16, 10), 'events_per_quantity', 10
            )) }}
        end as tier_pay
    from divided
)

select * from final
