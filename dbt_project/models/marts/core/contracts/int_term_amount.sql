with stretches as (
    select * from {{ ref('int_term_stretch') }}
),

-- versions that speak for a stretch, each from its day on; the first one from the beginning
versions as (
    select
        stretches.source,
        stretches.contract_id,
        stretches.term_no,
        stretches.ends_on,
        versions.version_no,
        versions.amount_per_month,
        case
            when lag(versions.version_no) over by_version is null then stretches.starts_on
            else greatest(versions.version_on, stretches.starts_on)
        end as valid_from,
        least(
            cast(stretches.ends_on + 1 as date),
            min(greatest(versions.version_on, stretches.starts_on)) over (
                partition by stretches.source, stretches.contract_id, stretches.starts_on
                order by versions.version_no rows between 1 following and unbounded following
            )
        ) as valid_to
    from stretches
    inner join {{ ref('int_contract_version') }} as versions
        on
            stretches.source = versions.source
            and stretches.contract_id = versions.contract_id
            and (
                versions.segment_no in (stretches.start_segment_no, stretches.end_segment_no)
                -- an end that was taken back speaks for nothing
                or (
                    versions.segment_no > stretches.start_segment_no
                    and versions.segment_no < stretches.end_segment_no
                    and versions.ends_on <= stretches.ends_on
                )
            )
    window by_version as (
        partition by stretches.source, stretches.contract_id, stretches.starts_on
        order by versions.version_no
    )
),

priced as (
    select
        versions.source,
        versions.contract_id,
        versions.term_no,
        versions.valid_from,
        versions.valid_to,
        coalesce(versions.amount_per_month, billing.amount_per_month) as amount,
        versions.amount_per_month is null as is_billed
    from versions
    left join {{ ref('int_term_billing') }} as billing
        on
            versions.source = billing.source
            and versions.contract_id = billing.contract_id
            and least(versions.ends_on, {{ as_of() }}) = billing.day
    where versions.valid_from < versions.valid_to
),

changes as (
    select
        *,
        max(valid_to) over (partition by source, contract_id, term_no) as last_valid_to
    from priced
    window by_day as (partition by source, contract_id, term_no order by valid_from)
    qualify
        row_number() over by_day = 1
        or amount is distinct from lag(amount) over by_day
        or is_billed <> lag(is_billed) over by_day
),

final as (
    select
        changes.source,
        changes.contract_id,
        terms.term_id,
        terms.account_key,
        terms.currency,
        changes.amount,
        changes.is_billed,
        changes.valid_from,
        -- no calendar goes beyond the last day
        least(
            coalesce(
                lead(changes.valid_from) over (
                    partition by changes.source, changes.contract_id, changes.term_no
                    order by changes.valid_from
                ),
                changes.last_valid_to
            ),
            {{ last_day() }}
        ) as valid_to
    from changes
    inner join {{ ref('int_term_span') }} as terms
        on
            changes.source = terms.source
            and changes.contract_id = terms.contract_id
            and changes.term_no = terms.term_no
)

select * from final
