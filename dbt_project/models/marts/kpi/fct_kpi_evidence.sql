{{ config(meta={'kept_by': 'period'}) }}

-- Not materialized: each step is as large as the result, and the records below it are kept anyway.
with monthly_records as not materialized (
    select * from {{ ref('kpi_record__revenue') }}
    union all
    select * from {{ ref('kpi_record__renewals') }}
    union all
    select * from {{ ref('kpi_record__cross_sell') }}
    union all
    select * from {{ ref('kpi_record__receivables') }}
    union all
    select * from {{ ref('kpi_record__deals') }}
    union all
    select * from {{ ref('kpi_record__targets') }}
    union all
    select * from {{ ref('kpi_record__growth') }}
    union all
    select * from {{ ref('kpi_record__margin') }}
    union all
    select * from {{ ref('kpi_record__service') }}
    union all
    select * from {{ ref('kpi_record__response') }}
    union all
    select * from {{ ref('kpi_record__upsell') }}
),

cohort_records as not materialized (
    select * from {{ ref('kpi_record__churn') }}
    union all
    select * from {{ ref('kpi_record__retention') }}
    union all
    select * from {{ ref('kpi_record__cross_sell_accounts') }}
    union all
    select * from {{ ref('kpi_record__dso') }}
),

records as not materialized (
    select
        kpi_code,
        period,
        'month' as "window",
        monthly_records.* exclude (kpi_code, period)
    from monthly_records
    where {{ since('period') }}
    union all
    select * from cohort_records
    where {{ since('period') }}
),

-- stocks and cohorts are credited by the days of their whole window
long_windows as (
    select
        windows.period,
        windows."window",
        windows.first_period,
        windows.next_period - windows.first_period as days,
        wanted.account_key
    from (
        select distinct
            period,
            "window",
            account_key
        from cohort_records
        where "window" <> 'month' and {{ since('period') }}
    ) as wanted
    inner join {{ ref('dim_window') }} as windows
        on wanted.period = windows.period and wanted."window" = windows."window"
),

window_shares as (
    select
        long_windows.period,
        long_windows."window",
        long_windows.account_key,
        shares.employee_key,
        shares.employee_id,
        shares.credit_role,
        sum(shares.weight) as weight,
        1000000 * any_value(long_windows.days) as overlay_total
    from long_windows
    inner join {{ ref('fct_credit_share_month') }} as shares
        on
            long_windows.account_key = shares.account_key
            and shares.period between long_windows.first_period and long_windows.period
    group by all
    having sum(shares.weight) <> 0
),

day_weighted as (
    select
        period,
        'month' as "window",
        account_key,
        employee_key,
        employee_id,
        credit_role,
        weight,
        weight_total,
        members
    from {{ ref('fct_credit_share_month') }}
    where {{ since('period') }}

    union all

    select
        period,
        "window",
        account_key,
        employee_key,
        employee_id,
        credit_role,
        cast(weight as bigint) as weight,
        cast(
            case
                when credit_role = 'overlay' then overlay_total else sum(weight) over members
            end as bigint
        ) as weight_total,
        cast(count(*) over members as integer) as members
    from window_shares
    window members as (partition by period, "window", account_key, credit_role)
),

-- who is credited: named by the record, by the shares of the day, or by those of the window
credited as not materialized (
    select
        records.* exclude (employee_key),
        employees.employee_key,
        employees.employee_id,
        'owner' as credit_role,
        1 as weight,
        1 as weight_total,
        1 as members
    from records
    inner join {{ ref('dim_employee') }} as employees
        on records.employee_key = employees.employee_key

    union all

    select
        records.* exclude (employee_key),
        shares.employee_key,
        shares.employee_id,
        shares.credit_role,
        shares.weight,
        shares.weight_total,
        shares.members
    from records
    inner join {{ ref('fct_credit_share') }} as shares
        on
            records.account_key = shares.account_key
            and records.credit_on >= shares.valid_from
            and records.credit_on < shares.valid_to
    where records.employee_key is null and records.credit_on is not null

    union all

    select
        records.* exclude (employee_key),
        shares.employee_key,
        shares.employee_id,
        shares.credit_role,
        shares.weight,
        shares.weight_total,
        shares.members
    from records
    inner join day_weighted as shares
        on
            records.account_key = shares.account_key
            and records.period = shares.period
            and records."window" = shares."window"
    where records.employee_key is null and records.credit_on is null
),

shared as not materialized (
    select * from credited
    where credit_role = 'owner' and members > 1
),

parts as not materialized (
    select
        * replace (
            case
                when credit_role = 'overlay'
                    then {{ part_by_weight('numerator', 'weight', 'weight_total') }}
                else numerator
            end as numerator,
            case
                when credit_role = 'overlay'
                    then {{ part_by_weight('denominator', 'weight', 'weight_total') }}
                else denominator
            end as denominator
        )
    from credited
    where credit_role = 'overlay' or members = 1

    union all

    {{ split_by_weight(
        'shared', key='kpi_code, period, "window", record_type, source, record_id, currency',
        amounts=['numerator', 'denominator'],
        tie="employee_key = 'UNASSIGNED', employee_id, employee_key"
    ) }}
),

converted as not materialized (
    select
        parts.period,
        parts.employee_key,
        parts.credit_role,
        parts.kpi_code,
        parts."window",
        parts.account_key,
        parts.record_type,
        parts.source,
        parts.record_id,
        case
            when parts.weight = parts.weight_total then cast(1 as decimal(18, 12))
            else cast({{ ratio('parts.weight', 'parts.weight_total', 0) }} as decimal(18, 12))
        end as share,
        case
            when parts.currency is null then cast(parts.numerator as decimal(38, 10))
            else {{ mul('parts.numerator', 'rates.rate') }}
        end as numerator,
        case
            when parts.currency is null then cast(parts.denominator as decimal(38, 10))
            else {{ mul('parts.denominator', 'rates.rate') }}
        end as denominator,
        case
            when parts.reason in ('insufficient_history', 'no_data', 'rate_absent')
                then parts.reason
            when parts.currency is not null and rates.rate is null then 'rate_absent'
            else parts.reason
        end as reason
    from parts
    inner join {{ ref('dim_period') }} as periods on parts.period = periods.period
    left join {{ ref('fct_plan_rate') }} as rates
        on parts.period = rates.period and parts.currency = rates.currency
),

-- an account has a part in each of its currencies
final as (
    select *
    from converted
    where
        kpi_code not in ('receivables_share', 'dso_simple')
        and not starts_with(kpi_code, 'upsell_')

    union all

    select
        * exclude (numerator, denominator, reason),
        case when bool_and(numerator is not null) then sum(numerator) end as numerator,
        case when bool_and(denominator is not null) then sum(denominator) end as denominator,
        min(reason) as reason
    from converted
    where
        kpi_code in ('receivables_share', 'dso_simple')
        or starts_with(kpi_code, 'upsell_')
    group by all
)

select * from final
