{{ config(contract={'enforced': false}) }}

with valued as (
    select * from {{ ref('int_bonus_value') }}
    where state = 'read'
),

-- a component that pays by event is read at each of them
read as (
    select
        *,
        cast(null as varchar) as record_type,
        cast(null as varchar) as source,
        cast(null as varchar) as record_id,
        case
            when is_target_paid or kpi_unit = 'count' then numerator
            else cast(events as decimal(38, 10))
        end as counted
    from valued
    where not is_by_event

    union all

    select
        valued.* replace (losses.amount as numerator, cast(1 as decimal(38, 10)) as denominator),
        losses.record_type,
        losses.source,
        losses.record_id,
        case when valued.kind = 'fixed' then losses.amount else cast(1 as decimal(38, 10)) end
            as counted
    from valued
    inner join {{ ref('int_bonus_loss') }} as losses
        on
            valued.is_spared = losses.is_spared
            and valued.employee_key = losses.employee_key
            and valued.period = losses.period
            and valued.plan_code = losses.plan_code
            and valued.component_code = losses.component_code
            and losses.is_kept
    where valued.is_by_event
),

divided as (
    select
        *,
        cast(case
            when denominator = 1 then cast(numerator as decimal(38, 16))
            else {{ ratio('numerator', 'denominator', 10, 16) }}
        end as decimal(38, 16)) as value,
        -- over days_denominator
        case
            when is_target_paid and not is_by_event
                then cast(target_numerator as decimal(38, 10))
            else cast({{ mul('numerator', 'days_denominator', 10) }} as decimal(38, 10))
        end as value_days
    from read
),

attained as (
    select
        *,
        case
            when not is_target_read or coalesce(target_numerator, 0) = 0 then null
            when is_ratio
                then cast({{ ratio('value', 'target_numerator', 16, 16) }} as decimal(38, 16))
            else cast({{ ratio('value_days', 'target_numerator', 10, 16) }} as decimal(38, 16))
        end as attainment
    from divided
),

-- tiers are read at `position`; their bounds count `bound_factor` each
final as (
    select
        * exclude (value_days),
        case
            when direction = 'lower' then value
            when tier_basis = 'count' then cast(counted as decimal(38, 16))
            when tier_basis = 'attainment' and is_weighted then attainment
            when tier_basis = 'attainment' then cast(value_days as decimal(38, 16))
            else value
        end as position,
        case
            when direction <> 'lower' and tier_basis = 'attainment' and not is_weighted
                then target_numerator
            else cast(1 as decimal(38, 6))
        end as bound_factor,
        -- both sides of an exact comparison with a bound
        case
            when direction = 'lower' then numerator
            when tier_basis = 'count' then counted
            when tier_basis = 'attainment' and is_ratio then numerator
            when tier_basis = 'attainment' then value_days
            else numerator
        end as compared,
        case
            when direction = 'lower' then cast(denominator as decimal(38, 16))
            when tier_basis = 'count' then cast(1 as decimal(38, 16))
            when tier_basis = 'attainment' and is_ratio
                then cast({{ mul('denominator', 'target_numerator', 10) }} as decimal(38, 16))
            when tier_basis = 'attainment' then cast(target_numerator as decimal(38, 16))
            else cast(denominator as decimal(38, 16))
        end as compared_with,
        case when kind = 'fixed' then counted else cast(value as decimal(38, 10)) end as quantity
    from attained
)

select * from final
