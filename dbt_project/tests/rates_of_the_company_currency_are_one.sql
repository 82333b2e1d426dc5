-- A row here: the company's own money would be converted.
select
    period,
    currency,
    rate
from {{ ref('fct_plan_rate') }}
where currency = company_currency and rate is distinct from 1
