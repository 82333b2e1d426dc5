with summary as (
    select * from {{ ref('int_contract_summary') }}
),

boundaries as (
    select * from {{ ref('int_term_boundary') }}
),

-- an evergreen contract without anniversaries goes on
reached as (
    select
        ends.source,
        ends.contract_id,
        ends.segment_no,
        case when ends.due_on is null then {{ last_day() }} else ends.ends_on end as ends_on,
        coalesce(ends.due_on, {{ last_day() }}) as due_on
    from {{ ref('int_contract_end') }} as ends
    inner join {{ ref('int_contract_segment') }} as segments
        on
            ends.source = segments.source
            and ends.contract_id = segments.contract_id
            and ends.segment_no = segments.segment_no
    where ends.is_reached and segments.is_last
),

last_ends as (
    select
        reached.source,
        reached.contract_id,
        reached.segment_no,
        reached.due_on,
        least(reached.ends_on, summary.terminated_on) as ends_on,
        coalesce(summary.terminated_on < reached.ends_on, false) as is_terminated_early
    from reached
    inner join summary
        on reached.source = summary.source and reached.contract_id = summary.contract_id
),

starts as (
    select
        source,
        contract_id,
        starts_on,
        true as is_new_term,
        signed_on,
        'signed' as origin,
        1 as segment_no,
        cast(null as date) as end_before,
        cast(null as integer) as segment_before,
        cast(null as date) as due_before
    from summary

    union all

    select
        boundaries.source,
        boundaries.contract_id,
        cast(boundaries.ends_on + 1 as date) as starts_on,
        bool_or(boundaries.is_renewal) as is_new_term,
        min(boundaries.signed_on) filter (where boundaries.is_renewal) as signed_on,
        first(boundaries.origin order by boundaries.signed_on, boundaries.origin) filter (
            where boundaries.is_renewal
        ) as origin,
        max(boundaries.new_segment_no) as segment_no,
        boundaries.ends_on as end_before,
        min(boundaries.old_segment_no) as segment_before,
        min(boundaries.due_on) filter (where boundaries.is_renewal) as due_before
    from boundaries
    inner join summary
        on
            boundaries.source = summary.source
            and boundaries.contract_id = summary.contract_id
            and boundaries.ends_on >= summary.starts_on
    group by boundaries.source, boundaries.contract_id, boundaries.ends_on
),

final as (
    select
        starts.source,
        starts.contract_id,
        cast(
            sum(cast(starts.is_new_term as integer)) over (
                partition by starts.source, starts.contract_id order by starts.starts_on
            ) as integer
        ) as term_no,
        starts.is_new_term,
        starts.starts_on,
        coalesce(lead(starts.end_before) over by_start, last_ends.ends_on) as ends_on,
        starts.signed_on,
        starts.origin,
        coalesce(lead(starts.due_before) over by_start, last_ends.due_on) as due_on,
        starts.segment_no as start_segment_no,
        coalesce(lead(starts.segment_before) over by_start, last_ends.segment_no)
            as end_segment_no,
        lead(starts.starts_on) over by_start is null as is_last,
        lead(starts.starts_on) over by_start is null and last_ends.is_terminated_early
            as is_terminated_early
    from starts
    inner join last_ends
        on
            starts.source = last_ends.source
            and starts.contract_id = last_ends.contract_id
            and starts.starts_on <= last_ends.ends_on
    window by_start as (
        partition by starts.source, starts.contract_id order by starts.starts_on
    )
)

select * from final
