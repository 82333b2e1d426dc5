-- A row here: a KPI is empty and nobody says why, or a reason stands beside a value.
select
    period,
    employee_key,
    kpi_code,
    reason
from {{ ref('fct_kam_kpi') }}
where
    (value is null) <> (reason is not null and reason <> 'pending')
    or (reason = 'zero_denominator') <> coalesce(denominator <= 0, false)
