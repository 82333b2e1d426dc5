with days as (
    select
        periods.period,
        shares.account_key,
        shares.employee_key,
        shares.employee_id,
        shares.credit_role,
        sum(
            shares.weight * (
                least(shares.valid_to, periods.next_period)
                - greatest(shares.valid_from, periods.period)
            )
        ) as weight,
        1000000 * any_value(periods.days) as overlay_total
    from {{ ref('fct_credit_share') }} as shares
    inner join {{ ref('dim_period') }} as periods
        on shares.valid_from < periods.next_period and shares.valid_to > periods.period
    group by all
    having weight <> 0
),

final as (
    select
        period,
        account_key,
        employee_key,
        employee_id,
        credit_role,
        cast(weight as bigint) as weight,
        cast(
            case
                when credit_role = 'overlay' then overlay_total
                else sum(weight) over (partition by period, account_key, credit_role)
            end as bigint
        ) as weight_total,
        cast(count(*) over (partition by period, account_key, credit_role) as integer) as members
    from days
)

select * from final
