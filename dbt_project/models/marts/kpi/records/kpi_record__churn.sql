{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with windows as (
    select
        windows.*,
        policies.grain
    from {{ ref('dim_window') }} as windows
    inner join ({{ policy_versions() }}) as policies
        on windows.period >= policies.valid_from and windows.period < policies.valid_to
    where {{ since('windows.period') }}
),

account_months as (
    select * from {{ ref('fct_account_month') }}
    where account_key <> 'UNMATCHED'
),

started as (
    select
        windows.period,
        windows."window",
        account_months.account_key,
        case
            when windows.grain = 'account' then account_months.account_key
            else account_months.holding_key
        end as client_key
    from windows
    inner join account_months
        on
            windows.first_period = account_months.period
            and account_months.is_active_at_start
),

-- whoever belonged to the client on the window's first day keeps it
ended as (
    select
        windows.period,
        windows."window",
        case
            when windows.grain = 'account' then account_months.account_key
            else coalesce(holdings.holding_key, account_months.account_key)
        end as client_key,
        bool_or(not account_months.is_pending_at_end) as is_sure
    from windows
    inner join account_months
        on windows.period = account_months.period and account_months.is_active_at_end
    left join {{ ref('int_holding_month') }} as holdings
        on
            windows.first_period = holdings.period
            and account_months.account_key = holdings.account_key
    group by all
),

-- one client is one logo, in equal parts of its accounts that were active at the start
parts as (
    select
        started.period,
        started."window",
        started.account_key,
        ended.client_key is null as is_churned,
        coalesce(not ended.is_sure, false) as is_pending,
        cast(
            10000 // count(*) over client
            + cast(
                row_number() over (
                    partition by started.period, started."window", started.client_key
                    order by started.account_key
                ) <= 10000 % count(*) over client as integer
            ) as decimal(38, 4)
        ) * cast(0.0001 as decimal(4, 4)) as part
    from started
    left join ended
        on
            started.period = ended.period
            and started."window" = ended."window"
            and started.client_key = ended.client_key
    window client as (partition by started.period, started."window", started.client_key)
),

measured as (
    select
        'logo_churn_rate' as kpi_code,
        *,
        part as denominator
    from parts

    union all

    select
        'churned_accounts' as kpi_code,
        *,
        null as denominator
    from parts
    where is_churned or is_pending
),

final as (
    select
        measured.kpi_code,
        measured.period,
        measured."window",
        measured.account_key,
        cast(null as varchar) as employee_key,
        cast(null as date) as credit_on,
        'account' as record_type,
        accounts.source,
        accounts.account_id as record_id,
        cast(null as varchar) as currency,
        cast(case when measured.is_churned then measured.part else 0 end as decimal(38, 4))
            as numerator,
        cast(measured.denominator as decimal(38, 4)) as denominator,
        case when measured.is_pending then 'pending' end as reason
    from measured
    inner join {{ ref('dim_account') }} as accounts on measured.account_key = accounts.account_key
)

select * from final
