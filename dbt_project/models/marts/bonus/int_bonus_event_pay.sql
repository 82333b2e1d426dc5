{{ config(contract={'enforced': false}) }}

with run as (
    select as_of_date from {{ source('control', 'run') }}
),

-- components that are settled event by event
lines as (
    select * from {{ ref('int_bonus_rounded') }}
    where earn_on <> 'signed' or holdback_share is not null or clawback_mode = 'line_only'
),

events as (
    select
        lines.is_spared,
        lines.employee_key,
        lines.period,
        lines.plan_code,
        lines.component_code,
        lines.holdback_share,
        losses.record_type,
        losses.source,
        losses.record_id,
        losses.event_period,
        losses.amount as event_amount,
        losses.clawed_share,
        losses.paid_ratio,
        losses.event_on + lines.holdback_days as release_on,
        case lines.earn_on
            when 'signed' then 1 when 'invoiced' then losses.invoiced_ratio else losses.paid_ratio
        end as due_ratio,
        lines.rounded as earned,
        {{ whole_units('losses.amount', 10) }} as units,
        sum({{ whole_units('losses.amount', 10) }}) over (
            partition by
                lines.is_spared, lines.employee_key, lines.period, lines.plan_code,
                lines.component_code
        ) as total_units
    from lines
    inner join {{ ref('int_bonus_loss') }} as losses
        on
            lines.is_spared = losses.is_spared
            and lines.employee_key = losses.employee_key
            and lines.period = losses.period
            and lines.plan_code = losses.plan_code
            and lines.component_code = losses.component_code
    where losses.is_kept and losses.amount <> 0
),

weighed as (
    select
        * exclude (units, total_units),
        cast(units * sign(total_units) as hugeint) as weight,
        cast(abs(total_units) as hugeint) as weight_total
    from events
    where total_units <> 0
),

parts as (
    {{ split_by_weight(
        'weighed', 'is_spared, employee_key, period, plan_code, component_code', ['earned'],
        'record_id, source, record_type', 2
    ) }}
),

clawed as (
    select
        *,
        cast({{ kopecks(mul('earned', 'clawed_share', 2)) }} as decimal(18, 2)) as clawed
    from parts
),

due as (
    select
        clawed.*,
        cast({{ kopecks(mul('(earned - clawed)', 'due_ratio', 2)) }} as decimal(18, 2))
            as due_by_event,
        holdback_share is not null
        and not (
            (record_type <> 'account' and paid_ratio = 1) or run.as_of_date >= release_on
        ) as is_held_back
    from clawed
    cross join run
),

final as (
    select
        * exclude (weight, weight_total, clawed_share, is_held_back, due_by_event),
        cast(due_by_event - case
            when is_held_back then {{ kopecks(mul('due_by_event', 'holdback_share', 2)) }} else 0
        end as decimal(18, 2)) as due
    from due
)

select * from final
