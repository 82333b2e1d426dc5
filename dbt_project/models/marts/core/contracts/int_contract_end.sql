-- What follows without anybody's doing: automatic renewals, anniversaries of an evergreen contract.
with policies as (
    {{ policy_versions() }}
),

chains as (
    select
        segments.*,
        summary.replaced_on,
        segments.ends_on is null as is_evergreen,
        coalesce(segments.ends_on, cast(summary.starts_on - 1 as date)) as anchor,
        case
            when segments.ends_on is null then 12
            when not segments.is_auto then 1
            else greatest(1, coalesce(
                segments.renewal_months,
                {{ months_between(
                    month_of('summary.starts_on'), month_of('segments.ends_on + 1')
                ) }}
            ))
        end as step
    from {{ ref('int_contract_segment') }} as segments
    inner join {{ ref('int_contract_summary') }} as summary
        on segments.source = summary.source and segments.contract_id = summary.contract_id
),

ends as (
    select
        chains.*,
        {{ months_after('chains.anchor', 'chains.step * place.n') }} as chain_end,
        {{ months_after('chains.anchor', 'chains.step * (place.n + 1)') }} as following_end
    from chains
    cross join
        lateral (
            select unnest(range(
                cast(chains.is_evergreen as integer),
                cast(chains.is_evergreen as integer) + 2 + case
                    when chains.is_auto or chains.is_evergreen
                        then greatest(
                            0, {{ months_between('chains.anchor', as_of()) }},
                            coalesce({{ months_between('chains.anchor', 'chains.end_before') }}, 0)
                        ) // chains.step
                    else 0
                end
            )) as n
        ) as place
    where
        not chains.is_evergreen
        or chains.end_before is null
        or {{ months_after('chains.anchor', 'chains.step * place.n') }} > chains.end_before
),

-- a version of a later end says nothing about this one
versions as (
    select
        ends.source,
        ends.contract_id,
        ends.segment_no,
        ends.chain_end,
        ends.is_evergreen,
        coalesce(versions.notice_days, 0) as notice_days,
        case
            when lag(versions.version_no) over by_version is null then {{ first_day() }}
            else versions.version_on
        end as valid_from,
        coalesce(
            min(versions.version_on) over (
                partition by ends.source, ends.contract_id, ends.segment_no, ends.chain_end
                order by versions.version_no rows between 1 following and unbounded following
            ),
            {{ last_day() }}
        ) as valid_to
    from ends
    inner join {{ ref('int_contract_version') }} as versions
        on
            ends.source = versions.source
            and ends.contract_id = versions.contract_id
            and ends.segment_no >= versions.segment_no
    window by_version as (
        partition by ends.source, ends.contract_id, ends.segment_no, ends.chain_end
        order by versions.version_no
    )
),

due_candidates as (
    select
        versions.*,
        cast(greatest(
            versions.valid_from,
            policies.valid_from,
            versions.chain_end - case
                when policies.renewal_due_by = 'notice_deadline' then versions.notice_days else 0
            end
        ) as date) as due_on,
        least(versions.valid_to, policies.valid_to) as due_before
    from versions
    inner join policies
        on not versions.is_evergreen or policies.renewal_evergreen = 'anniversary'
),

-- due on the first day on which the policy and the notice period of that very day make it so
due as (
    select
        source,
        contract_id,
        segment_no,
        chain_end,
        min(due_on) as due_on
    from due_candidates
    where due_on < due_before and due_on <= chain_end
    group by source, contract_id, segment_no, chain_end
),

passed as (
    select
        ends.*,
        due.due_on,
        (ends.is_auto or ends.is_evergreen)
        and ends.chain_end <= {{ as_of() }}
        and (ends.next_recorded_on is null or ends.chain_end < ends.next_recorded_on)
        and (not ends.is_auto or ends.stops_from is null or ends.chain_end < ends.stops_from)
        and (not ends.is_auto or ends.expired_on is null or ends.following_end <= ends.expired_on)
        and (ends.replaced_on is null or ends.chain_end + 1 < ends.replaced_on) as is_passed
    from ends
    left join due
        on
            ends.source = due.source
            and ends.contract_id = due.contract_id
            and ends.segment_no = due.segment_no
            and ends.chain_end = due.chain_end
),

final as (
    select
        source,
        contract_id,
        segment_no,
        chain_end as ends_on,
        is_evergreen,
        due_on,
        is_passed,
        not is_passed
        and row_number() over (
            partition by source, contract_id, segment_no, is_passed order by chain_end
        ) = 1 as is_reached
    from passed
)

select * from final
