with policies as (
    {{ policy_versions() }}
),

segments as (
    select * from {{ ref('int_contract_segment') }}
),

ends as (
    select * from {{ ref('int_contract_end') }}
),

passed as (
    select
        ends.source,
        ends.contract_id,
        ends.ends_on,
        ends.due_on,
        ends.ends_on as signed_on,
        case when ends.is_evergreen then 'anniversary' else 'auto_renewed' end as origin,
        ends.due_on is not null as is_renewal,
        ends.segment_no as old_segment_no,
        ends.segment_no as new_segment_no
    from ends
    inner join segments
        on
            ends.source = segments.source
            and ends.contract_id = segments.contract_id
            and ends.segment_no = segments.segment_no
    where
        ends.is_passed
        and (segments.least_later_end is null or segments.least_later_end > ends.ends_on)
),

-- a later end is a renewal, unless it is too short to be one
prolonged as (
    select
        reached.source,
        reached.contract_id,
        reached.ends_on,
        reached.due_on,
        segments.next_recorded_on as signed_on,
        'prolonged' as origin,
        reached.due_on is not null
        and (
            segments.next_end is null
            or segments.next_end
            >= {{ months_after('reached.ends_on', 'policies.renewal_min_term_months') }}
        ) as is_renewal,
        reached.segment_no as old_segment_no,
        reached.segment_no + 1 as new_segment_no
    from ends as reached
    inner join segments
        on
            reached.source = segments.source
            and reached.contract_id = segments.contract_id
            and reached.segment_no = segments.segment_no
    left join policies
        on reached.due_on >= policies.valid_from and reached.due_on < policies.valid_to
    where
        reached.is_reached
        and not segments.is_last
        and (segments.next_end is null or segments.next_end > reached.ends_on)
        and (
            segments.least_end_after_next is null
            or segments.least_end_after_next > reached.ends_on
        )
),

final as (
    select * from passed
    union all
    select * from prolonged
)

select * from final
