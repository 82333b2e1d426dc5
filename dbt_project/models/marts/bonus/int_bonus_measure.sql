{{ config(contract={'enforced': false}) }}

with variants as (
    select false as is_spared
    union
    select is_spared from {{ ref('int_bonus_loss') }}
),

components as (
    select
        variants.is_spared,
        components.*
    from {{ ref('int_bonus_component') }} as components
    cross join variants
),

records as (
    select
        is_spared,
        employee_key,
        period,
        plan_code,
        component_code,
        sum(beside_numerator) as beside_numerator,
        sum(beside_denominator) as beside_denominator,
        sum(lost_numerator) as lost_numerator,
        sum(lost_denominator) as lost_denominator,
        bool_or(is_beside_unknown) as is_unknown,
        min(beside_reason) as unknown_reason,
        bool_or(is_beside_pending) as is_pending,
        count(*) filter (where is_kept) as events
    from {{ ref('int_bonus_loss') }}
    group by is_spared, employee_key, period, plan_code, component_code
),

scores as (
    select
        employee_source,
        employee_id,
        component,
        period,
        max(score) as score
    from {{ ref('score') }}
    where approved_by is not null
    group by employee_source, employee_id, component, period
),

read as (
    select
        components.*,
        values.kpi_code is null and components.kind <> 'mbo' as is_absent,
        case when components.kind = 'mbo' then null else values.reason end as kpi_reason,
        coalesce(records.is_unknown, false) as is_beside_unknown,
        records.unknown_reason,
        coalesce(records.is_pending, false) as is_beside_pending,
        coalesce(records.events, 0) as events,
        cast(
            coalesce(values.numerator, 0) + coalesce(records.beside_numerator, 0)
            - coalesce(records.lost_numerator, 0) as decimal(38, 10)
        ) as numerator,
        cast(
            coalesce(values.denominator, 0) + coalesce(records.beside_denominator, 0)
            - coalesce(records.lost_denominator, 0) as decimal(38, 10)
        ) as denominator,
        values.value as kpi_value,
        scores.score
    from components
    left join {{ ref('fct_kam_kpi') }} as values
        on
            components.employee_key = values.employee_key
            and components.measure = values.kpi_code
            and components.measure_window = values."window"
            and components.measured_on = values.period
    left join records
        on
            components.is_spared = records.is_spared
            and components.employee_key = records.employee_key
            and components.period = records.period
            and components.plan_code = records.plan_code
            and components.component_code = records.component_code
    left join scores
        on
            components.employee_source = scores.employee_source
            and components.employee_id = scores.employee_id
            and components.component_code = scores.component
            and components.period = scores.period
),

explained as (
    select
        *,
        case
            when kind = 'mbo' then case when score is null then 'no_data' end
            when is_absent then 'no_data'
            when kpi_reason not in ('pending', 'zero_denominator') then kpi_reason
            when is_beside_unknown then coalesce(unknown_reason, 'rate_absent')
            when kpi_class = 'derived' and kpi_value is null then coalesce(kpi_reason, 'no_data')
            when is_ratio and kpi_class <> 'derived' and denominator <= 0 then 'zero_denominator'
        end as empty_reason,
        is_beside_pending or coalesce(kpi_reason = 'pending', false) as is_pending
    from read
),

final as (
    select
        * exclude (
            is_absent, kpi_reason, is_beside_unknown, unknown_reason, is_beside_pending,
            numerator, denominator, kpi_value, score, is_pending, empty_reason
        ),
        case
            when empty_reason is not null then null
            when kind = 'mbo' then cast(score as decimal(38, 10))
            when kpi_class = 'derived' then cast(kpi_value as decimal(38, 10))
            else numerator
        end as numerator,
        case
            when empty_reason is not null then null
            when is_ratio and kpi_class <> 'derived' then denominator
            else cast(1 as decimal(38, 10))
        end as denominator,
        coalesce(empty_reason, case when is_pending then 'pending' end) as reason,
        empty_reason is null and is_pending as is_provisional
    from explained
)

select * from final
