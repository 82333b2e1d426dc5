{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with windows as (
    select
        windows.*,
        policies.grain,
        policies.cross_sell_min_tenure_days as min_tenure_days
    from {{ ref('dim_window') }} as windows
    inner join ({{ policy_versions() }}) as policies
        on windows.period >= policies.valid_from and windows.period < policies.valid_to
    where {{ since('windows.period') }}
),

holdings as (
    select * from {{ ref('int_holding_month') }}
),

billed as (
    select
        account_key,
        min(issued_on) as billed_from
    from {{ ref('fct_invoice') }}
    where not is_void and kind = 'invoice'
    group by account_key
),

members_billed as (
    select
        holdings.period,
        holdings.holding_key,
        min(billed.billed_from) as billed_from
    from holdings
    inner join billed on holdings.account_key = billed.account_key
    group by holdings.period, holdings.holding_key
),

credit_months as (
    select
        credits.account_key,
        credits.period,
        sum({{ mul('credits.amount', 'rates.rate') }}) as amount,
        min(credits.reason) as reason
    from {{ ref('int_cross_sell_credit') }} as credits
    inner join {{ ref('fct_plan_rate') }} as rates
        on credits.period = rates.period and credits.currency = rates.currency
    group by credits.account_key, credits.period
),

credited as (
    select
        windows.period,
        windows."window",
        windows.first_period,
        windows.grain,
        credit_months.account_key,
        sum(credit_months.amount) as amount,
        min(credit_months.reason) as reason
    from credit_months
    inner join windows
        on credit_months.period between windows.first_period and windows.period
    group by all
),

-- one client is what it was on the window's first day
buyers as (
    select
        credited.period,
        credited."window",
        credited.account_key,
        case
            when credited.grain = 'account' then credited.account_key
            else coalesce(holdings.holding_key, credited.account_key)
        end as client_key,
        credited.amount,
        credited.reason
    from credited
    left join holdings
        on
            credited.first_period = holdings.period
            and credited.account_key = holdings.account_key
),

clients as (
    select
        period,
        "window",
        client_key,
        sum(amount) > 0 as has_bought,
        min(reason) as reason
    from buyers
    group by period, "window", client_key
),

started as (
    select
        windows.period,
        windows."window",
        windows.first_period,
        windows.grain,
        windows.min_tenure_days,
        account_months.account_key,
        case
            when windows.grain = 'account' then account_months.account_key
            else account_months.holding_key
        end as client_key
    from windows
    inner join {{ ref('fct_account_month') }} as account_months
        on
            windows.first_period = account_months.period
            and account_months.is_active_at_start
            and account_months.account_key <> 'UNMATCHED'
),

customers as (
    select
        started.period,
        started."window",
        started.account_key,
        started.client_key
    from started
    left join billed on started.client_key = billed.account_key
    left join members_billed
        on
            started.grain = 'holding'
            and started.first_period = members_billed.period
            and started.client_key = members_billed.holding_key
    where
        started.first_period - least(billed.billed_from, members_billed.billed_from)
        >= started.min_tenure_days
),

counted as (
    select
        'cross_sell_accounts' as kpi_code,
        buyers.period,
        buyers."window",
        buyers.account_key,
        buyers.client_key,
        clients.has_bought,
        clients.reason
    from buyers
    inner join clients
        on
            buyers.period = clients.period
            and buyers."window" = clients."window"
            and buyers.client_key = clients.client_key
    where clients.reason is not null or (clients.has_bought and buyers.amount > 0)

    union all

    select
        'cross_sell_share' as kpi_code,
        customers.period,
        customers."window",
        customers.account_key,
        customers.client_key,
        coalesce(clients.has_bought, false) as has_bought,
        clients.reason
    from customers
    left join clients
        on
            customers.period = clients.period
            and customers."window" = clients."window"
            and customers.client_key = clients.client_key
),

-- a client counts once, in equal parts of its accounts
parts as (
    select
        *,
        cast(
            10000 // count(*) over client
            + cast(
                row_number() over (
                    partition by kpi_code, period, "window", client_key order by account_key
                ) <= 10000 % count(*) over client as integer
            ) as decimal(38, 4)
        ) * cast(0.0001 as decimal(4, 4)) as part
    from counted
    window client as (partition by kpi_code, period, "window", client_key)
),

final as (
    select
        parts.kpi_code,
        parts.period,
        parts."window",
        parts.account_key,
        cast(null as varchar) as employee_key,
        cast(null as date) as credit_on,
        'account' as record_type,
        accounts.source,
        accounts.account_id as record_id,
        cast(null as varchar) as currency,
        cast(case
            when parts.reason is null then case when parts.has_bought then parts.part else 0 end
        end as decimal(38, 4)) as numerator,
        cast(case when parts.kpi_code = 'cross_sell_share' then parts.part end as decimal(38, 4))
            as denominator,
        parts.reason
    from parts
    inner join {{ ref('dim_account') }} as accounts on parts.account_key = accounts.account_key
)

select * from final
