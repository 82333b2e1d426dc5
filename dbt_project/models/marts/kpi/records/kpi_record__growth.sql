{{ config(contract={'enforced': false}, meta={'kept_by': 'period'}) }}

with periods as (
    select period from {{ ref('dim_period') }}
),

documents as (
    select * from {{ ref('kpi_record__revenue') }}
),

-- a document counts in its month, and a year later as what that month is compared with
final as (
    select
        'revenue_growth' as kpi_code,
        period,
        account_key,
        employee_key,
        credit_on,
        record_type,
        source,
        record_id,
        currency,
        numerator,
        cast(0 as decimal(38, 4)) as denominator,
        reason
    from documents

    union all

    select
        'revenue_growth' as kpi_code,
        periods.period,
        documents.account_key,
        documents.employee_key,
        documents.credit_on,
        documents.record_type,
        documents.source,
        documents.record_id,
        documents.currency,
        -documents.numerator as numerator,
        documents.numerator as denominator,
        documents.reason
    from documents
    inner join periods on periods.period = {{ add_months('documents.period', 12) }}
)

select * from final
