{{ config(contract={'enforced': false}) }}

with components as (
    select * from {{ ref('int_bonus_component') }}
    where kind <> 'mbo'
),

evidence as (
    select
        *,
        credit_role <> 'owner' as is_beside
    from {{ ref('int_bonus_evidence') }}
),

final as (
    select
        components.employee_key,
        components.period,
        components.plan_code,
        components.component_code,
        components.policy_version,
        evidence.record_type,
        evidence.source,
        evidence.record_id,
        min(evidence.period) as event_period,
        min(evidence.account_key) as account_key,
        sum(coalesce(evidence.numerator, 0)) as numerator,
        sum(coalesce(evidence.denominator, 0)) as denominator,
        coalesce(sum(evidence.numerator) filter (where evidence.is_beside), 0)
            as beside_numerator,
        coalesce(sum(evidence.denominator) filter (where evidence.is_beside), 0)
            as beside_denominator,
        bool_or(evidence.is_beside and evidence.numerator is null)
            as is_beside_unknown,
        min(evidence.reason) filter (
            where evidence.is_beside and evidence.numerator is null
        ) as beside_reason,
        bool_or(evidence.is_beside and evidence.reason is not distinct from 'pending')
            as is_beside_pending
    from components
    inner join evidence
        on
            components.employee_key = evidence.employee_key
            and components.measure = evidence.kpi_code
            and evidence.period >= case
                when components.kpi_class = 'cohort' then components.measured_on
                else components.window_from
            end
            and evidence.period <= components.measured_on
            and evidence."window" = case
                when components.kpi_class = 'cohort' then components.measure_window else 'month'
            end
    group by
        components.employee_key, components.period, components.plan_code,
        components.component_code, components.policy_version, evidence.record_type,
        evidence.source, evidence.record_id
)

select * from final
