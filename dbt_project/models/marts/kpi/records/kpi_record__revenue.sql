{{ config(materialized='ephemeral', contract={'enforced': false}) }}

select
    'revenue' as kpi_code,
    period,
    account_key,
    cast(null as varchar) as employee_key,
    issued_on as credit_on,
    kind as record_type,
    source,
    invoice_id as record_id,
    currency,
    cast(net as decimal(38, 4)) as numerator,
    cast(null as decimal(38, 4)) as denominator,
    cast(null as varchar) as reason
from {{ ref('fct_invoice') }}
where not is_void
