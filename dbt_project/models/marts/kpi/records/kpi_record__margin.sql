{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with lines as (
    select lines.*
    from {{ ref('fct_invoice_line') }} as lines
    -- without any cost there is no margin to speak of
    cross join {{ ref('int_billed_cost') }} as costs
    where costs.known_from is not null
),

final as (
    select
        'gross_margin' as kpi_code,
        period,
        account_key,
        cast(null as varchar) as employee_key,
        issued_on as credit_on,
        kind as record_type,
        source,
        invoice_id as record_id,
        currency,
        cast(
            case when bool_and(cost is not null) then sum(net) - sum(cost) end as decimal(38, 4)
        ) as numerator,
        cast(sum(net) as decimal(38, 4)) as denominator,
        case when bool_or(cost is null) then 'no_data' end as reason
    from lines
    group by period, account_key, issued_on, kind, source, invoice_id, currency
)

select * from final
