with policies as (
    {{ policy_versions() }}
),

-- the accounts that made up the client on the day of its first purchase
first_purchases as (
    select
        first_purchases.*,
        clients.account_key
    from {{ ref('int_cross_sell_first_purchase') }} as first_purchases
    inner join {{ ref('int_cross_sell_client') }} as clients
        on first_purchases.client_key = clients.client_key
),

buyers as (
    select
        account_key,
        min(first_on) as first_on
    from first_purchases
    group by account_key
),

-- a credit note belongs to the purchase it takes back, and counts in its own month
taken_back as (
    select
        notes.source,
        notes.invoice_id,
        corrected.issued_on
    from {{ ref('fct_invoice') }} as notes
    inner join {{ ref('fct_invoice') }} as corrected
        on notes.source = corrected.source and notes.corrects_id = corrected.invoice_id
    where notes.kind = 'credit_note'
),

invoice_lines as (
    select
        'invoice_line' as record_type,
        lines.source,
        lines.invoice_id || '/' || lines.line_no as record_id,
        lines.account_key,
        cast(null as varchar) as employee_key,
        lines.product_key,
        lines.family,
        lines.issued_on as day,
        coalesce(taken_back.issued_on, lines.issued_on) as bought_on,
        lines.period,
        lines.currency,
        lines.net as amount
    from {{ ref('fct_invoice_line') }} as lines
    inner join buyers
        on lines.account_key = buyers.account_key and lines.issued_on >= buyers.first_on
    inner join policies
        on lines.issued_on >= policies.valid_from and lines.issued_on < policies.valid_to
    left join taken_back
        on lines.source = taken_back.source and lines.invoice_id = taken_back.invoice_id
    where policies.cross_sell_by = 'invoice_line'
),

deal_lines as (
    select
        'deal_line' as record_type,
        lines.source,
        lines.deal_id || '/' || lines.line_no as record_id,
        lines.account_key,
        case policies.credit_deal_by when 'deal_employee' then lines.employee_key end
            as employee_key,
        lines.product_key,
        lines.family,
        lines.closed_on as day,
        lines.closed_on as bought_on,
        lines.closed_period as period,
        lines.currency,
        lines.amount
    from {{ ref('fct_deal_line') }} as lines
    inner join policies
        on lines.closed_on >= policies.valid_from and lines.closed_on < policies.valid_to
    where policies.cross_sell_by = 'won_deal' and lines.state = 'won'
),

sold as (
    select * from invoice_lines
    union all
    select * from deal_lines
),

-- What belongs to the new family is decided on the day of its first purchase: a product that moves
-- into it later is not new, and one that leaves it goes on counting.
final as (
    select
        first_purchases.client_key,
        first_purchases.family,
        first_purchases.first_on,
        first_purchases.first_period,
        sold.period,
        sold.account_key,
        sold.employee_key,
        sold.day as credit_on,
        sold.record_type,
        sold.source,
        sold.record_id,
        sold.currency,
        sold.amount
    from sold
    left join {{ ref('int_product_family') }} as families
        on sold.product_key = families.product_key
    inner join first_purchases
        on
            sold.account_key = first_purchases.account_key
            and coalesce(families.family, sold.family) = first_purchases.family
            and sold.bought_on >= first_purchases.first_on
            and sold.bought_on < first_purchases.credit_until
    where
        families.product_key is null
        or (
            first_purchases.first_on >= families.held_from
            and first_purchases.first_on < families.valid_to
        )
    qualify row_number() over (
        partition by sold.record_type, sold.source, sold.record_id
        order by first_purchases.first_on desc
    ) = 1
)

select * from final
