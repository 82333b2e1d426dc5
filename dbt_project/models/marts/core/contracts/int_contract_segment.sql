with versions as (
    select
        *,
        max(version_no) filter (where auto_renew) over (
            partition by source, contract_id, segment_no
        ) as last_auto_no
    from {{ ref('int_contract_version') }}
),

segments as (
    select
        source,
        contract_id,
        segment_no,
        any_value(ends_on) as ends_on,
        min(version_on) as recorded_on,
        arg_max(starts_on, version_no) as starts_on,
        arg_max_null(signed_on, version_no) as signed_on,
        any_value(ends_on) is not null and bool_or(auto_renew) as is_auto,
        arg_max(renewal_term_months, version_no) filter (where auto_renew) as renewal_months,
        arg_max_null(notice_given_on + coalesce(notice_days, 0), version_no) as notice_ends_on,
        min(version_on) filter (where version_no > last_auto_no) as switched_off_on,
        min(version_on) filter (where status = 'expired') as expired_on
    from versions
    group by source, contract_id, segment_no
),

final as (
    select
        source,
        contract_id,
        segment_no,
        ends_on,
        recorded_on,
        starts_on,
        signed_on,
        is_auto,
        renewal_months,
        switched_off_on,
        -- switched off: like a notice on that day
        cast(least(notice_ends_on, switched_off_on) as date) as stops_from,
        expired_on,
        lag(ends_on) over by_segment as end_before,
        lead(recorded_on) over by_segment as next_recorded_on,
        lead(ends_on) over by_segment as next_end,
        lead(segment_no) over by_segment is null as is_last,
        min(ends_on) over (
            partition by source, contract_id order by segment_no
            rows between 1 following and unbounded following
        ) as least_later_end,
        min(ends_on) over (
            partition by source, contract_id order by segment_no
            rows between 2 following and unbounded following
        ) as least_end_after_next
    from segments
    window by_segment as (partition by source, contract_id order by segment_no)
)

select * from final
