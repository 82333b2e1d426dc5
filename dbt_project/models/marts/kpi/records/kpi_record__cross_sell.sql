{{ config(contract={'enforced': false}) }}

select
    'cross_sell_revenue' as kpi_code,
    period,
    account_key,
    employee_key,
    credit_on,
    record_type,
    source,
    record_id,
    currency,
    amount as numerator,
    cast(null as decimal(38, 4)) as denominator,
    reason
from {{ ref('int_cross_sell_credit') }}
