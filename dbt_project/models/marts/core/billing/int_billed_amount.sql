with lines as (
    select
        lines.account_key,
        lines.currency,
        lines.net,
        coalesce(lines.period_from, lines.period) as valid_from,
        cast(
            coalesce(
                lines.period_to, lines.period_from,
                cast({{ add_months('lines.period', 1) }} - 1 as date)
            ) + 1
            as date
        ) as valid_to
    from {{ ref('fct_invoice_line') }} as lines
    anti join {{ ref('fct_contract_term') }} as terms on lines.account_key = terms.account_key
    where lines.is_recurring
),

-- a line is spread evenly over the whole months nearest to its service period
monthly as (
    select
        *,
        greatest(1, (24 * (valid_to - valid_from) + 365) // 730) as months
    from lines
),

rates as (
    select
        account_key,
        currency,
        valid_from,
        valid_to,
        sum(cast(
            case
                when months = 1 then net
                else {{ round_half_up(ratio('net', 'months', 4), 4) }}
            end as decimal(18, 4)
        )) as amount
    from monthly
    group by account_key, currency, valid_from, valid_to
),

changes as (
    select
        account_key,
        currency,
        valid_from as day,
        amount
    from rates
    union all
    select
        account_key,
        currency,
        valid_to,
        -amount as amount
    from rates
),

days as (
    select
        account_key,
        currency,
        day,
        sum(amount) as amount
    from changes
    group by account_key, currency, day
),

steps as (
    select
        account_key,
        currency,
        day as valid_from,
        lead(day) over by_day as valid_to,
        sum(amount) over by_day as amount
    from days
    window by_day as (partition by account_key, currency order by day)
),

final as (
    select
        account_key,
        currency,
        valid_from,
        valid_to,
        cast(amount as decimal(18, 4)) as amount
    from steps
    where amount > 0
)

select * from final
