{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with months as (
    select
        months.*,
        accounts.source,
        accounts.account_id
    from {{ ref('int_upsell_month') }} as months
    inner join {{ ref('dim_account') }} as accounts
        on months.account_key = accounts.account_key
),

final as (
    {% for kpi_code, amount in [
        ('upsell_revenue', 'expansion'), ('upsell_volume', 'volume'), ('upsell_mix', 'mix'),
        ('upsell_price', 'price'),
    ] %}
        select
            '{{ kpi_code }}' as kpi_code,
            period,
            account_key,
            cast(null as varchar) as employee_key,
            cast(null as date) as credit_on,
            'account' as record_type,
            source,
            account_id as record_id,
            currency,
            {{ amount }} as numerator,
            cast(null as decimal(38, 4)) as denominator,
            cast(null as varchar) as reason
        from months
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
