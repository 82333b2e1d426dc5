{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- One rate for all time: what was given back in full adds up to nothing, whatever happened to the
-- rate in between. Whether something was bought does not depend on there being a rate.
select
    currency,
    coalesce(arg_min(rate, period) filter (where rate is not null), 1) as rate
from {{ ref('fct_plan_rate') }}
group by currency
