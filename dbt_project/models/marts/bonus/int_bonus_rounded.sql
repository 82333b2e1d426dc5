{{ config(contract={'enforced': false}) }}

with lines as (
    select
        limited.*,
        employees.employee_id as tie_id,
        employees.team
    from {{ ref('int_bonus_limited') }} as limited
    inner join {{ ref('dim_employee') }} as employees
        on limited.employee_key = employees.employee_key
),

budgets as (
    select
        team,
        period,
        {{ kopecks('max(amount)') }} as pool
    from {{ ref('bonus_budget') }}
    group by team, period
),

people as (
    select
        is_spared,
        period,
        team,
        employee_key,
        tie_id,
        sum(limited) as earned
    from lines
    group by is_spared, period, team, employee_key, tie_id
    having sum(limited) > 0
),

pooled as (
    select
        people.is_spared,
        people.period,
        people.team,
        people.employee_key,
        people.tie_id,
        budgets.pool,
        {{ whole_units('people.earned', 10) }} as weight,
        sum({{ whole_units('people.earned', 10) }}) over teams as weight_total,
        sum(people.earned) over teams as earned_of_team
    from people
    inner join budgets on people.team = budgets.team and people.period = budgets.period
    window teams as (partition by people.is_spared, people.period, people.team)
),

short as (
    select * from pooled
    where earned_of_team > pool
),

pool_totals as (
    {{ split_by_weight('short', 'is_spared, period, team', ['pool'], 'tie_id', 2) }}
),

grouped as (
    select
        lines.*,
        pool_totals.pool as pool_total,
        case
            when pool_totals.pool is null or lines.limited is null then lines.limited
            else {{ stepped(mul('lines.limited', ratio(
                'pool_totals.pool',
                'sum(lines.limited) over (partition by'
                ~ ' lines.is_spared, lines.employee_key, lines.period)',
                10, 16
            ), 10)) }}
        end as pooled,
        case when pool_totals.pool is null then lines.plan_code else '' end as set_of
    from lines
    left join pool_totals
        on
            lines.is_spared = pool_totals.is_spared
            and lines.period = pool_totals.period
            and lines.employee_key = pool_totals.employee_key
),

totalled as (
    select
        *,
        coalesce(pool_total, {{ kopecks('sum(pooled) over set_lines') }}) as whole,
        sum({{ whole_units('pooled', 10) }}) over set_lines as set_units,
        count(pooled) over set_lines as set_size
    from grouped
    window set_lines as (partition by is_spared, employee_key, period, set_of)
),

weighed as (
    select
        *,
        case when set_units = 0 then 1 else {{ whole_units('pooled', 10) }} * sign(set_units) end
            as weight_in_set,
        case when set_units = 0 then set_size else abs(set_units) end as weight_total_of_set
    from totalled
),

spread as (
    select
        is_spared,
        employee_key,
        period,
        set_of,
        plan_code,
        component_code,
        whole,
        cast(weight_in_set as hugeint) as weight,
        cast(weight_total_of_set as hugeint) as weight_total
    from weighed
    where pooled is not null and (pool_total is not null or is_total_set)
),

parts as (
    {{ split_by_weight(
        'spread', 'is_spared, employee_key, period, set_of', ['whole'], 'component_code, plan_code', 2
    ) }}
),

final as (
    select
        weighed.* exclude (
            weight, set_of, whole, set_units, set_size, weight_in_set, weight_total_of_set
        ),
        weighed.weight,
        cast(coalesce(parts.whole, {{ kopecks('weighed.pooled') }}, 0) as decimal(18, 2)) as rounded
    from weighed
    left join parts
        on
            weighed.is_spared = parts.is_spared
            and weighed.employee_key = parts.employee_key
            and weighed.period = parts.period
            and weighed.plan_code = parts.plan_code
            and weighed.component_code = parts.component_code
)

select * from final
