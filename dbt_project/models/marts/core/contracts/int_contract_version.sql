with versions as (
    select
        *,
        row_number() over by_version as place,
        lag(ends_on) over by_version as end_before,
        lead(version_no) over by_version is null as is_last
    from {{ ref('contract') }}
    where status <> 'draft'
    window by_version as (partition by source, contract_id order by version_no)
),

final as (
    select
        source,
        contract_id,
        version_no,
        version_on,
        cast(
            sum(cast(place = 1 or ends_on is distinct from end_before as integer)) over (
                partition by source, contract_id order by version_no
            ) as integer
        ) as segment_no,
        is_last,
        account_source,
        account_id,
        product_source,
        product_id,
        signed_on,
        starts_on,
        ends_on,
        notice_days,
        notice_given_on,
        auto_renew,
        renewal_term_months,
        amount_per_month,
        currency,
        status,
        terminated_on,
        termination_reason
    from versions
)

select * from final
