-- A row here: a client would owe less than nothing, or have more overdue or disputed than open.
select
    period,
    source,
    invoice_id,
    instalment
from {{ ref('fct_open_item_month') }}
where
    open_amount < 0
    or credit_applied < 0
    or overdue_amount not in (0, open_amount)
    or disputed_amount < 0
    or disputed_amount > open_amount
    or (days_overdue > 0) <> coalesce(due_on < measured_on, false)
