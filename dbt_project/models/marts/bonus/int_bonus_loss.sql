{{ config(contract={'enforced': false}) }}

-- What the records of each component are worth with clawback, and (is_spared) without it: what
-- clawback takes is the difference of the two calculations. Without any loss there is but one.
with records as (
    select
        events.*,
        components.clawback_mode,
        components.earn_on,
        components.holdback_days,
        records.event_on,
        records.paid_ratio,
        records.invoiced_ratio,
        records.lost_share
    from {{ ref('int_bonus_event') }} as events
    inner join {{ ref('int_bonus_component') }} as components
        on
            events.employee_key = components.employee_key
            and events.period = components.period
            and events.plan_code = components.plan_code
            and events.component_code = components.component_code
    inner join {{ ref('int_bonus_record') }} as records
        on
            events.policy_version = records.policy_version
            and events.record_type = records.record_type
            and events.source = records.source
            and events.record_id = records.record_id
            and events.event_period = records.event_period
),

variants as (
    select false as is_spared

    union all

    select true as is_spared
    where exists (select 1 from records where lost_share > 0 and clawback_mode <> 'none')
),

judged as (
    select
        variants.is_spared,
        records.*,
        case
            when variants.is_spared or records.clawback_mode <> 'recompute' then 0
            else records.lost_share
        end as recomputed_share,
        case
            when variants.is_spared or records.clawback_mode <> 'line_only' then 0
            else records.lost_share
        end as clawed_share
    from records
    cross join variants
),

final as (
    select
        * exclude (numerator, lost_share, recomputed_share, clawback_mode),
        numerator,
        {{ lost_part('numerator', 'recomputed_share') }} as lost_numerator,
        {{ lost_part('denominator', 'recomputed_share') }} as lost_denominator,
        cast(numerator - {{ lost_part('numerator', 'recomputed_share') }} as decimal(38, 10))
            as amount,
        recomputed_share = 0
        or numerator <> {{ lost_part('numerator', 'recomputed_share') }} as is_kept
    from judged
)

select * from final
