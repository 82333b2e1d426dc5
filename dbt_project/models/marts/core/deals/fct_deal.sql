with accounts as (
    select
        source,
        account_id,
        coalesce(merged_into_key, account_key) as account_key
    from {{ ref('dim_account') }}
),

final as (
    select
        deal.source,
        deal.deal_id,
        case when deal.account_id is not null then coalesce(accounts.account_key, 'UNMATCHED') end
            as account_key,
        coalesce(employees.employee_key, 'UNASSIGNED') as employee_key,
        deal.kind,
        deal.stage,
        deal.state,
        deal.amount,
        deal.gross,
        deal.currency,
        deal.opened_on,
        deal.closed_on,
        {{ month_of('deal.closed_on') }} as closed_period,
        deal.contract_source,
        deal.contract_id,
        deal.lost_reason
    from {{ ref('deal') }} as deal
    left join accounts
        on deal.account_source = accounts.source and deal.account_id = accounts.account_id
    left join {{ ref('dim_employee') }} as employees
        on deal.employee_source = employees.source and deal.employee_id = employees.employee_id
)

select * from final
