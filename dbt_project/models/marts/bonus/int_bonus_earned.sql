{{ config(contract={'enforced': false}) }}

with valued as (
    select * from {{ ref('int_bonus_value') }}
),

company as (
    select currency from {{ source('control', 'company') }}
),

paid as (
    select
        is_spared,
        employee_key,
        period,
        plan_code,
        component_code,
        sum(value) as value,
        any_value(attainment) filter (where record_id is null) as attainment,
        any_value(payout_share) as payout_share,
        sum(tier_pay) as tier_pay
    from {{ ref('int_bonus_paid') }}
    group by is_spared, employee_key, period, plan_code, component_code
),

based as (
    select
        valued.*,
        paid.value,
        paid.attainment,
        paid.payout_share,
        case when valued.is_weighted and valued.state = 'read' then bases.base end as base,
        case
            when valued.state = 'missing_target' then 'missing_target'
            when valued.state <> 'read' or not valued.is_weighted then null
            when bases.missing_on is not null then 'missing_base'
            when bases.missing_rate_of is not null then 'missing_rate'
        end as fault,
        case
            when valued.state = 'missing_target'
                then valued.measure || ' ' || valued.missing_month
            when bases.missing_on is not null
                then valued.component_code || ' ' || bases.missing_on
            when bases.missing_rate_of is not null
                then bases.missing_rate_of || '/' || company.currency || ' ' || valued.period
        end as fault_detail,
        case
            when valued.state in ('no_days', 'zeroed') then 0
            when valued.state <> 'read' then null
            when valued.is_weighted
                then {{ stepped(mul(
                    round_half_up(mul('bases.base', 'valued.weight', 12), 12),
                    'paid.payout_share', 12
                )) }}
            when valued.prorate
                then cast({{ ratio(
                    mul('coalesce(paid.tier_pay, 0)', 'valued.measured_days_paid', 10),
                    'valued.measured_days', 10, 10
                ) }} as decimal(28, 10))
            else cast(coalesce(paid.tier_pay, 0) as decimal(28, 10))
        end as amount_before,
        cast(paid.tier_pay as decimal(28, 10)) as tier_pay
    from valued
    cross join company
    left join paid
        on
            valued.is_spared = paid.is_spared
            and valued.employee_key = paid.employee_key
            and valued.period = paid.period
            and valued.plan_code = paid.plan_code
            and valued.component_code = paid.component_code
    left join {{ ref('int_bonus_base') }} as bases
        on
            valued.employee_key = bases.employee_key
            and valued.period = bases.period
            and valued.plan_code = bases.plan_code
            and valued.component_code = bases.component_code
),

-- weights of lines to redistribute go to the others of the same interval, pro rata
weighed as (
    select
        *,
        sum(weight) over same_interval as weights,
        coalesce(sum(weight) filter (where state <> 'redistributed') over same_interval, 0)
            as weights_left
    from based
    window same_interval as (
        partition by is_spared, employee_key, period, plan_code, interval, is_weighted
    )
),

redistributed as (
    select
        * replace (
            case
                when state = 'redistributed' and weights_left = 0 then reason else held_by
            end as held_by
        ),
        state = 'zeroed' or (state = 'redistributed' and weights_left <> 0) as is_zeroed,
        case
            when is_weighted and weights_left <> weights and weights_left <> 0 and state = 'read'
                then cast(
                    {{ ratio(mul('weight', 'weights', 6), 'weights_left', 12, 12) }}
                    as decimal(38, 12)
                )
        end as raised_weight,
        case
            when state = 'redistributed' and weights_left = 0 then null
            when state = 'redistributed' then 0
            when is_weighted and weights_left <> weights and weights_left <> 0
                then cast(
                    {{ ratio(mul('amount_before', 'weights', 10), 'weights_left', 16, 10) }}
                    as decimal(28, 10)
                )
            else amount_before
        end as total
    from weighed
),

blocked as (
    select
        *,
        bool_or(fault is not null) over (
            partition by is_spared, employee_key, period, plan_code
        ) as is_blocked
    from redistributed
),

-- a cumulative component pays the year's total less what earlier intervals have earned
trued_up as (
    select
        *,
        last_value(
            case when is_cumulative and not is_zeroed and not is_blocked then total end ignore nulls
        ) over (
            partition by
                is_spared, employee_key, plan_code, component_code, is_cumulative, year(measured_on)
            order by period rows between unbounded preceding and 1 preceding
        ) as earned_before
    from blocked
),

final as (
    select
        * exclude (is_blocked),
        case
            when is_cumulative and not is_zeroed
                then total - coalesce(earned_before, 0)
            else total
        end as earned
    from trued_up
)

select * from final
