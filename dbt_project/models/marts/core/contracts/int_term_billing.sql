with stretches as (
    select * from {{ ref('int_term_stretch') }}
),

unpriced as (
    select
        source,
        contract_id
    from {{ ref('int_contract_version') }}
    where amount_per_month is null
    group by source, contract_id
),

days as (
    select
        source,
        contract_id,
        cast(starts_on - 1 as date) as day
    from stretches
    union
    select
        source,
        contract_id,
        least(ends_on, {{ as_of() }}) as day
    from stretches
),

billed as (
    select
        days.source,
        days.contract_id,
        days.day,
        coalesce(
            sum(lines.net) filter (where invoices.contract_id = days.contract_id),
            sum(lines.net) filter (
                where contracts.product_key is null or lines.family = contracts.family
            )
        ) as net
    from days
    inner join unpriced
        on days.source = unpriced.source and days.contract_id = unpriced.contract_id
    inner join {{ ref('int_contract_summary') }} as contracts
        on days.source = contracts.source and days.contract_id = contracts.contract_id
    inner join {{ ref('fct_invoice_line') }} as lines
        on
            contracts.account_key = lines.account_key
            and contracts.currency = lines.currency
            and lines.issued_on <= days.day
            and lines.issued_on > {{ add_months('days.day', -12) }}
    left join {{ ref('fct_invoice') }} as invoices
        on
            lines.source = invoices.source
            and lines.invoice_id = invoices.invoice_id
            and invoices.contract_source = days.source
    group by days.source, days.contract_id, days.day
),

final as (
    select
        source,
        contract_id,
        day,
        cast({{ round_half_up(ratio('net', 12, 4), 4) }} as decimal(18, 4)) as amount_per_month
    from billed
)

select * from final
