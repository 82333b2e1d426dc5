{{ config(meta={'kept_by': 'period'}) }}

with kpis as (
    select * from {{ ref('dim_kpi') }}
),

evidence as (
    select
        evidence.*,
        kpis.class = 'cohort' as is_cohort,
        kpis.class = 'derived' as is_derived,
        evidence.numerator is null
        or (evidence.denominator is null and kpis.unit in ('ratio', 'days')) as is_unknown
    from {{ ref('fct_kpi_evidence') }} as evidence
    inner join kpis on evidence.kpi_code = kpis.kpi_code
    where evidence.credit_role = 'owner' and {{ since('evidence.period', months_back=11) }}
),

sums as (
    select
        period,
        "window",
        is_cohort,
        is_derived,
        employee_key,
        kpi_code,
        list(numerator) filter (where is_derived) as numbers,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        bool_or(reason = 'insufficient_history') as is_history_short,
        bool_or(is_unknown and reason is not distinct from 'no_data') as is_amount_absent,
        bool_or(is_unknown) as is_unknown,
        bool_or(reason = 'pending') as is_pending
    from evidence
    group by period, "window", is_cohort, is_derived, employee_key, kpi_code
),

window_sums as (
    select
        period,
        "window",
        employee_key,
        kpi_code,
        numerator,
        denominator,
        cast(null as decimal(38, 10)[]) as numbers,
        is_history_short,
        is_amount_absent,
        is_unknown,
        is_pending
    from sums
    where is_cohort

    union all

    select
        windows.period,
        windows."window",
        sums.employee_key,
        sums.kpi_code,
        sum(sums.numerator) as numerator,
        sum(sums.denominator) as denominator,
        list_sort(flatten(list(sums.numbers) filter (where sums.is_derived))) as numbers,
        bool_or(sums.is_history_short) as is_history_short,
        bool_or(sums.is_amount_absent) as is_amount_absent,
        bool_or(sums.is_unknown) as is_unknown,
        bool_or(sums.is_pending) as is_pending
    from sums
    inner join {{ ref('dim_window') }} as windows
        on sums.period between windows.first_period and windows.period
    where not sums.is_cohort
    group by windows.period, windows."window", sums.employee_key, sums.kpi_code
),

employees as (
    select
        windows.period,
        windows."window",
        employees.employee_key
    from {{ ref('dim_window') }} as windows
    inner join {{ ref('dim_employee') }} as employees
        on
            (employees.hired_on is null or employees.hired_on < windows.next_period)
            and (employees.left_on is null or employees.left_on >= windows.first_period)

    union

    select
        period,
        "window",
        employee_key
    from window_sums
),

explained as (
    select
        employees.period,
        employees.employee_key,
        judged.kpi_code,
        employees."window",
        kpis.unit in ('ratio', 'days') as is_ratio,
        case when kpis.class <> 'derived' then coalesce(sums.numerator, 0) end as numerator,
        kpis.class = 'derived' as is_derived,
        sums.numbers,
        case
            when kpis.class = 'derived' then coalesce(len(sums.numbers), 0)
            when kpis.unit in ('ratio', 'days') then coalesce(sums.denominator, 0)
        end as denominator,
        case
            when judged.reason is not null then judged.reason
            when judged.is_ownerless and employees.employee_key <> 'UNASSIGNED'
                then 'table_absent'
            when sums.is_history_short then 'insufficient_history'
            when sums.is_amount_absent then 'no_data'
            when sums.is_unknown then 'rate_absent'
        end as blocked_by,
        coalesce(sums.is_pending, false) as is_pending
    from employees
    inner join {{ ref('int_kpi_coverage') }} as judged
        on employees.period = judged.period and employees."window" = judged."window"
    inner join kpis on judged.kpi_code = kpis.kpi_code
    left join window_sums as sums
        on
            employees.period = sums.period
            and employees."window" = sums."window"
            and employees.employee_key = sums.employee_key
            and judged.kpi_code = sums.kpi_code
),

final as (
    select
        explained.period,
        explained.employee_key,
        explained.kpi_code,
        explained."window",
        case when explained.blocked_by is null then explained.numerator end as numerator,
        case when explained.blocked_by is null then explained.denominator end as denominator,
        case
            when explained.blocked_by is not null then null
            when explained.denominator <= 0 then null
            when explained.is_derived then {{ median('explained.numbers') }}
            when explained.is_ratio
                then {{ ratio('explained.numerator', 'explained.denominator') }}
            else cast(explained.numerator as decimal(38, 12))
        end as value,
        case
            when explained.blocked_by is not null then explained.blocked_by
            when explained.denominator <= 0 then 'zero_denominator'
            when explained.is_pending then 'pending'
        end as reason,
        periods.policy_version
    from explained
    inner join {{ ref('dim_period') }} as periods on explained.period = periods.period
)

select * from final
