{{ config(meta={'kept_by': 'period'}) }}

select distinct
    periods.period,
    spans.account_key,
    spans.currency
from {{ ref('int_receivable_span') }} as spans
inner join {{ ref('dim_period') }} as periods
    on periods.period >= spans.from_period and periods.period < spans.to_period
where
    periods.receivables_on is not null
    and spans.written_off > 0
    and {{ since('spans.to_period') }}
