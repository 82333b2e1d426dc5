{{ config(contract={'enforced': false}) }}

with earned as (
    select * from {{ ref('int_bonus_earned') }}
),

variants as (
    select false as is_spared
    union
    select is_spared from earned
),

employees as (
    select * from {{ ref('dim_employee') }}
    where employee_key <> 'UNASSIGNED'
),

-- months in which bonuses are paid at all
periods as (
    select distinct
        periods.period,
        periods.next_period,
        periods.month_end
    from {{ ref('dim_period') }} as periods
    inner join {{ source('control', 'bonus_plan') }} as plans
        on plans.status <> 'draft' and {{ in_force('plans', 'periods.month_end') }}
),

planned as (
    select distinct
        days.employee_key,
        periods.period
    from {{ ref('int_bonus_day') }} as days
    inner join periods on days.day >= periods.period and days.day < periods.next_period
    inner join {{ source('control', 'bonus_plan') }} as plans
        on
            days.plan_code = plans.plan_code
            and plans.status <> 'draft'
            and {{ in_force('plans', 'periods.month_end') }}
),

missing as (
    select distinct on (is_spared, employee_key, period, plan_code)
        is_spared,
        employee_key,
        period,
        1 as place,
        fault as reason,
        fault_detail as detail
    from earned
    where fault is not null
    order by is_spared, employee_key, period, plan_code, component_code
),

shares as (
    select
        periods.period,
        shares.account_key,
        shares.valid_from,
        list(distinct shares.employee_key) as owners
    from {{ ref('fct_credit_share') }} as shares
    inner join periods
        on shares.valid_from < periods.next_period and shares.valid_to > periods.period
    where shares.credit_role = 'owner'
    group by periods.period, shares.account_key, shares.valid_from
    having
        count(distinct shares.employee_key) > 1
        and bool_or(shares.employee_key = 'UNASSIGNED')
),

not_one as (
    select
        owners.employee_key,
        owners.period,
        max(coalesce(accounts.account_id, owners.account_key)) as account_id
    from (
        select
            period,
            account_key,
            unnest(owners) as employee_key
        from shares
    ) as owners
    left join {{ ref('dim_account') }} as accounts on owners.account_key = accounts.account_key
    group by owners.employee_key, owners.period
),

unpaired as (
    select
        employee_key,
        period,
        missing_rate
    from {{ ref('int_bonus_adjustment') }}
    where missing_rate is not null
),

unplanned as (
    select
        employees.employee_key,
        periods.period
    from employees
    inner join periods
        on
            (employees.hired_on is null or employees.hired_on < periods.next_period)
            and (employees.left_on is null or employees.left_on >= periods.period)
    left join planned
        on employees.employee_key = planned.employee_key and periods.period = planned.period
    where employees.is_kam and planned.employee_key is null
),

final as (
    -- two plans may lack the same thing
    select distinct * from missing

    union all

    select
        variants.is_spared,
        unpaired.employee_key,
        unpaired.period,
        2 as place,
        'missing_rate' as reason,
        unpaired.missing_rate as detail
    from unpaired
    cross join variants

    union all

    select
        variants.is_spared,
        unplanned.employee_key,
        unplanned.period,
        3 as place,
        'missing_plan' as reason,
        cast(unplanned.period as varchar) as detail
    from unplanned
    cross join variants

    union all

    select
        variants.is_spared,
        not_one.employee_key,
        not_one.period,
        4 as place,
        'shares_not_one' as reason,
        not_one.account_id as detail
    from not_one
    inner join employees on not_one.employee_key = employees.employee_key
    cross join variants
)

select * from final
