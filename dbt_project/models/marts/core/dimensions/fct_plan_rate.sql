with company as (
    select currency from {{ source('control', 'company') }}
),

currencies as (
    select currency from company
    union
    select currency from {{ ref('invoice') }}
    union
    select currency from {{ ref('payment') }}
    union
    select currency from {{ ref('contract') }}
    union
    select currency from {{ ref('deal') }}
),

latest_rates as (
    select distinct on (period, fx_rate.from_currency)
        {{ month_of('fx_rate.valid_on') }} as period,
        fx_rate.from_currency,
        fx_rate.rate,
        fx_rate.valid_on
    from {{ ref('fx_rate') }} as fx_rate
    inner join company on fx_rate.to_currency = company.currency
    where fx_rate.kind = 'plan'
    order by period, fx_rate.from_currency, fx_rate.valid_on desc, fx_rate.source
),

final as (
    select
        dim_period.period,
        currencies.currency,
        company.currency as company_currency,
        case
            when currencies.currency = company.currency then cast(1 as decimal(18, 6))
            else latest_rates.rate
        end as rate,
        latest_rates.valid_on
    from {{ ref('dim_period') }} as dim_period
    cross join currencies
    cross join company
    left join latest_rates
        on
            dim_period.period = latest_rates.period
            and currencies.currency = latest_rates.from_currency
)

select * from final
