{{ config(contract={'enforced': false}) }}

with policies as (
    {{ policy_versions() }}
),

closed as (
    select
        deals.*,
        -- nobody owns a deal without a client; its seller may still be credited
        case
            when policies.credit_deal_by = 'deal_employee' then deals.employee_key
            when deals.account_key is null then 'UNASSIGNED'
        end as credited_key
    from {{ ref('fct_deal') }} as deals
    inner join policies
        on deals.closed_on >= policies.valid_from and deals.closed_on < policies.valid_to
    where deals.state in ('won', 'lost')
),

final as (
    select
        'won_revenue' as kpi_code,
        closed_period as period,
        account_key,
        credited_key as employee_key,
        closed_on as credit_on,
        'deal' as record_type,
        source,
        deal_id as record_id,
        currency,
        cast(amount as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator,
        case when amount is null then 'no_data' end as reason
    from closed
    where state = 'won'

    union all

    select
        'win_rate' as kpi_code,
        closed_period,
        account_key,
        credited_key,
        closed_on,
        'deal' as record_type,
        source,
        deal_id,
        null as currency,
        cast(state = 'won' as decimal(38, 4)) as numerator,
        cast(1 as decimal(38, 4)) as denominator,
        null as reason
    from closed
)

select * from final
