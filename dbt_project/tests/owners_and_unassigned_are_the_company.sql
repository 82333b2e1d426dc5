-- A row here: the KAMs and UNASSIGNED together do not have the company's revenue of the month.
with company as (
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

credited as (
    select
        period,
        sum(numerator) as revenue
    from {{ ref('fct_kpi_evidence') }}
    where kpi_code = 'revenue' and credit_role = 'owner'
    group by period
)

select company.*
from company
left join credited on company.period = credited.period
where company.revenue is distinct from credited.revenue
