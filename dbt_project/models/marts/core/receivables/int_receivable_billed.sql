{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- what is issued after the last day measured is billed in no month yet
with final as (
    select
        period,
        account_key,
        currency,
        voided_on,
        sum(gross) as gross
    from {{ ref('fct_invoice') }}
    where issued_on <= (select max(receivables_on) from {{ ref('dim_period') }})
    group by period, account_key, currency, voided_on
)

select * from final
