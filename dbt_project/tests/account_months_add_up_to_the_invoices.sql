-- A row here: revenue by client and month is not the revenue of the documents.
with documents as (
    select
        invoices.period,
        sum({{ mul('invoices.net', 'rates.rate') }}) as revenue
    from {{ ref('fct_invoice') }} as invoices
    inner join {{ ref('fct_plan_rate') }} as rates
        on invoices.period = rates.period and invoices.currency = rates.currency
    where not invoices.is_void
    group by invoices.period
    having bool_and(rates.rate is not null)
),

account_months as (
    select
        period,
        sum(revenue) as revenue
    from {{ ref('fct_account_month') }}
    group by period
)

select documents.*
from documents
left join account_months on documents.period = account_months.period
where documents.revenue is distinct from account_months.revenue
