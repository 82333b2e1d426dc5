{{ config(contract={'enforced': false}) }}

with measures as (
    select
        *,
        kind <> 'mbo' and case
            when tier_basis is null then kind = 'weighted'
            else direction = 'higher' and tier_basis = 'attainment'
        end as is_by_target,
        case
            when numerator is not null then null
            when kind <> 'mbo' and reason in ('zero_denominator', 'insufficient_history')
                then on_null
            else 'hold'
        end as null_rule
    from {{ ref('int_bonus_measure') }}
),

wanted as (
    select
        measures.*,
        measures.is_by_target or coalesce(measures.null_rule = 'target', false) as is_target_read,
        coalesce(measures.target_source = 'target', false)
        and (measures.is_by_target or coalesce(measures.null_rule = 'target', false))
            as is_target_wanted,
        case when measures.is_ratio then measures.measured_on else measures.window_from end
            as target_from
    from measures
),

approved as (
    select
        employee_source,
        employee_id,
        measure,
        period,
        max(amount) as amount
    from {{ ref('target') }}
    where approved_by is not null
    group by employee_source, employee_id, measure, period
),

personal_targets as (
    select
        wanted.is_spared,
        wanted.employee_key,
        wanted.period,
        wanted.plan_code,
        wanted.component_code,
        sum(approved.amount) as target_amount,
        min(months.month) filter (where approved.period is null) as missing_month
    from wanted
    cross join
        unnest(generate_series(wanted.target_from, wanted.measured_on, interval 1 month))
            as months (month)
    left join approved
        on
            wanted.employee_source = approved.employee_source
            and wanted.employee_id = approved.employee_id
            and wanted.measure = approved.measure
            and cast(months.month as date) = approved.period
    where wanted.is_target_wanted
    group by
        wanted.is_spared, wanted.employee_key, wanted.period, wanted.plan_code,
        wanted.component_code
),

targets as (
    select
        wanted.*,
        cast(personal_targets.missing_month as date) as missing_month,
        case
            when not wanted.is_target_read then null
            when wanted.target_source = 'value' then cast(wanted.target_value as decimal(38, 6))
            when personal_targets.missing_month is null
                then cast(personal_targets.target_amount as decimal(38, 6))
        end as target_whole,
        case
            when wanted.is_ratio then 1
            else wanted.measured_days_paid // greatest(
                gcd(wanted.measured_days_paid, wanted.measured_days), 1
            )
        end as days_numerator,
        case
            when wanted.is_ratio then 1
            else wanted.measured_days // greatest(
                gcd(wanted.measured_days_paid, wanted.measured_days), 1
            )
        end as days_denominator
    from wanted
    left join personal_targets
        on
            wanted.is_spared = personal_targets.is_spared
            and wanted.employee_key = personal_targets.employee_key
            and wanted.period = personal_targets.period
            and wanted.plan_code = personal_targets.plan_code
            and wanted.component_code = personal_targets.component_code
),

ruled as (
    select
        * replace (
            case
                when numerator is not null and target_whole * days_numerator = 0 then on_null
                else null_rule
            end as null_rule,
            case
                when numerator is not null and target_whole * days_numerator = 0
                    then 'zero_denominator'
                else reason
            end as reason
        ),
        cast(target_whole * days_numerator as decimal(38, 6)) as target_numerator
    from targets
),

judged as (
    select
        *,
        case
            when is_weighted and measured_days_paid = 0 then 'no_days'
            when missing_month is not null then 'missing_target'
            when null_rule = 'hold' then 'held'
            when null_rule = 'redistribute' and is_weighted then 'redistributed'
            when null_rule in ('zero', 'redistribute') then 'zeroed'
            when null_rule = 'target' and coalesce(target_numerator, 0) = 0 then 'held'
            else 'read'
        end as state
    from ruled
),

-- the value read: the measure, or the target in its place
final as (
    select
        * exclude (numerator, denominator, is_target_wanted, target_from, null_rule),
        numerator as measure_numerator,
        denominator as measure_denominator,
        case
            when state <> 'held' then case when state = 'read' and is_provisional then reason end
            when null_rule = 'hold' then reason
            else 'missing_target'
        end as held_by,
        coalesce(null_rule = 'target', false) as is_target_paid,
        case
            when null_rule = 'target'
                then cast(target_numerator as decimal(38, 10))
            else numerator
        end as numerator,
        case
            when null_rule = 'target'
                then cast(days_denominator as decimal(38, 10))
            else denominator
        end as denominator
    from judged
)

select * from final
