with versions as (
    select * from {{ ref('int_contract_version') }}
),

segments as (
    select * from {{ ref('int_contract_segment') }}
),

first_segments as (
    select * from segments
    where segment_no = 1
),

replacements as (
    select
        links.source,
        links.old_contract_id as contract_id,
        min(new_contract.starts_on) as replaced_on
    from {{ ref('contract_renewal') }} as links
    inner join first_segments as new_contract
        on
            links.source = new_contract.source
            and links.new_contract_id = new_contract.contract_id
    group by links.source, links.old_contract_id
),

recorded as (
    select
        source,
        contract_id,
        min(version_on) filter (where status = 'terminated' or terminated_on is not null)
            as termination_recorded_on,
        min(version_on) filter (where status = 'terminated') as terminated_status_on,
        min(version_on) filter (where status = 'expired') as expired_status_on
    from versions
    group by source, contract_id
),

final as (
    select
        last_version.source,
        last_version.contract_id,
        coalesce(accounts.merged_into_key, accounts.account_key, 'UNMATCHED') as account_key,
        case
            when last_version.product_id is not null
                then coalesce(products.product_key, 'UNMATCHED')
        end as product_key,
        products.family,
        last_version.currency,
        first_segments.starts_on,
        coalesce(first_segments.signed_on, first_segments.starts_on) as signed_on,
        replacements.replaced_on,
        last_version.notice_given_on,
        case
            when last_version.status = 'terminated' or last_version.terminated_on is not null
                then recorded.termination_recorded_on
        end as termination_recorded_on,
        last_version.termination_reason,
        cast(coalesce(
            last_version.terminated_on,
            -- an open end has no other last day than its notice, its status or its successor gives
            case
                when last_version.ends_on is null
                    then last_version.notice_given_on + coalesce(last_version.notice_days, 0)
            end,
            case
                when last_version.status = 'terminated' then recorded.terminated_status_on
                when last_version.status = 'expired' and last_version.ends_on is null
                    then recorded.expired_status_on
            end,
            case
                when
                    last_version.ends_on is null
                    and replacements.replaced_on > first_segments.starts_on
                    then replacements.replaced_on - 1
            end
        ) as date) as terminated_on
    from versions as last_version
    inner join first_segments
        on
            last_version.source = first_segments.source
            and last_version.contract_id = first_segments.contract_id
    inner join recorded
        on
            last_version.source = recorded.source
            and last_version.contract_id = recorded.contract_id
    left join replacements
        on
            last_version.source = replacements.source
            and last_version.contract_id = replacements.contract_id
    left join {{ ref('dim_account') }} as accounts
        on
            last_version.account_source = accounts.source
            and last_version.account_id = accounts.account_id
    left join {{ ref('dim_product') }} as products
        on
            last_version.product_source = products.source
            and last_version.product_id = products.product_id
    where last_version.is_last
)

select * from final
