{{ config(contract={'enforced': false}) }}

with periods as (
    select
        periods.period,
        periods.next_period,
        periods.month_end,
        policies.policy_version,
        policies.bonus_unpaid_absences as unpaid_absences
    from {{ ref('dim_period') }} as periods
    inner join ({{ policy_versions() }}) as policies
        on periods.period >= policies.valid_from and periods.period < policies.valid_to
),

kpis as (
    select * from {{ ref('dim_kpi') }}
),

tiers as (
    select
        plan_code,
        version,
        component_code,
        any_value(basis) as basis,
        any_value(value_is) as value_is,
        any_value(mode) as mode
    from {{ source('control', 'bonus_tier') }}
    group by plan_code, version, component_code
),

plans as (
    select
        periods.period,
        periods.next_period,
        periods.month_end,
        periods.policy_version,
        periods.unpaid_absences,
        plans.plan_code,
        plans.version,
        plans.base as plan_base,
        plans.cap as plan_cap,
        plans.floor as plan_floor
    from periods
    inner join {{ source('control', 'bonus_plan') }} as plans
        on plans.status <> 'draft' and {{ in_force('plans', 'periods.month_end') }}
),

components as (
    select
        plans.*,
        components.* exclude (
            plan_code, version, measure_window, cap, floor, earn_on, clawback_mode,
            measure_lag_months, holdback_days
        ),
        components.cap as component_cap,
        components.floor as component_floor,
        coalesce(components.earn_on, 'signed') as earn_on,
        coalesce(components.clawback_mode, 'none') as clawback_mode,
        coalesce(components.holdback_days, 0) as holdback_days,
        coalesce(components.measure_lag_months, 0) as lag_months,
        components.kind in ('weighted', 'mbo') as is_weighted,
        components.accumulation = 'cumulative_true_up' as is_cumulative,
        components.accumulation = 'per_event'
        and components.kind not in ('weighted', 'mbo') as is_by_event,
        case
            when components.accumulation = 'cumulative_true_up' then 'ytd'
            else coalesce(
                components.measure_window,
                case components.interval when 'year' then 'ytd' else components.interval end
            )
        end as measure_window,
        case components.interval when 'month' then 1 when 'quarter' then 3 else 12 end
            as interval_months,
        kpis.class as kpi_class,
        kpis.unit as kpi_unit,
        kpis.unit in ('ratio', 'days', 'hours') as is_ratio,
        case when components.kind = 'mbo' then 'amount' else tiers.basis end as tier_basis,
        tiers.value_is as tier_value_is,
        tiers.mode as tier_mode
    from plans
    inner join {{ source('control', 'bonus_component') }} as components
        on plans.plan_code = components.plan_code and plans.version = components.version
    left join kpis on components.measure = kpis.kpi_code
    left join tiers
        on
            components.plan_code = tiers.plan_code
            and components.version = tiers.version
            and components.component_code = tiers.component_code
),

due as (
    select
        *,
        {{ add_months('period', '1 - interval_months') }} as first_period,
        {{ add_months('period', '-lag_months') }} as measured_on
    from components
    where month(period) % interval_months = 0
),

dated as (
    select
        *,
        case measure_window
            when 'month' then measured_on
            when 'quarter' then cast(date_trunc('quarter', measured_on) as date)
            when 'rolling_3' then {{ add_months('measured_on', -2) }}
            when 'rolling_12' then {{ add_months('measured_on', -11) }}
            else cast(date_trunc('year', measured_on) as date)
        end as window_from,
        case
            when is_cumulative
                then {{ add_months("date_trunc('year', measured_on)", 'lag_months') }}
            else first_period
        end as measured_from
    from due
),

months as (
    select
        days.employee_key,
        days.employee_source,
        days.employee_id,
        days.plan_code,
        {{ month_of('days.day') }} as month,
        policies.policy_version,
        count(*) as days_assigned,
        count(*) filter (
            where not list_has_any(days.absences, coalesce(policies.bonus_unpaid_absences, []))
        ) as days_paid
    from {{ ref('int_bonus_day') }} as days
    cross join ({{ policy_versions() }}) as policies
    group by
        days.employee_key, days.employee_source, days.employee_id, days.plan_code,
        {{ month_of('days.day') }}, policies.policy_version
),

spans as (
    select
        months.employee_key,
        months.employee_source,
        months.employee_id,
        dated.period,
        dated.plan_code,
        dated.component_code,
        sum(months.days_assigned) filter (where months.month >= dated.first_period)
            as days_assigned,
        sum(months.days_paid) filter (where months.month >= dated.first_period) as days_paid,
        sum(months.days_paid) filter (where months.month >= dated.measured_from) as measured_days,
        sum(months.days_paid) filter (where months.month = dated.period) as month_days
    from dated
    inner join months
        on
            dated.plan_code = months.plan_code
            and dated.policy_version = months.policy_version
            and months.month >= least(dated.first_period, dated.measured_from)
            and months.month <= dated.period
    group by
        months.employee_key, months.employee_source, months.employee_id, dated.period,
        dated.plan_code, dated.component_code
),

final as (
    select
        spans.employee_key,
        spans.employee_source,
        spans.employee_id,
        dated.*,
        spans.days_paid,
        dated.next_period - dated.first_period as days,
        coalesce(spans.measured_days, 0) as measured_days_paid,
        dated.next_period - dated.measured_from as measured_days,
        {{ months_between('dated.measured_from', 'dated.next_period') }} as measured_months,
        coalesce(spans.month_days, 0) as month_days_paid,
        dated.next_period - dated.period as month_days
    from spans
    inner join dated
        on
            spans.period = dated.period
            and spans.plan_code = dated.plan_code
            and spans.component_code = dated.component_code
    where spans.days_assigned > 0
)

select * from final
