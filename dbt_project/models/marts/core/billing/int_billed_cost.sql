select min(period) as known_from
from {{ ref('fct_invoice_line') }}
where cost is not null
