with stretches as (
    select * from {{ ref('int_term_stretch') }}
),

terms as (
    select
        source,
        contract_id,
        term_no,
        contract_id || '/' || term_no as term_id,
        min(starts_on) as starts_on,
        max(ends_on) as ends_on,
        arg_max(due_on, ends_on) as due_on,
        max(signed_on) as signed_on,
        max(origin) as origin,
        bool_or(is_last) as is_last_term,
        bool_or(is_terminated_early) as is_terminated_early
    from stretches
    group by source, contract_id, term_no
),

-- what ends a contract is notice or termination, unless it renews itself once more
notices as (
    select
        terms.source,
        terms.term_id,
        coalesce(
            -- a notice that was followed by a prolongation is none
            case
                when terms.origin <> 'prolonged' or summary.notice_given_on >= terms.signed_on
                    then summary.notice_given_on
            end,
            summary.termination_recorded_on,
            segments.switched_off_on
        ) as notice_on
    from terms
    inner join {{ ref('int_contract_summary') }} as summary
        on terms.source = summary.source and terms.contract_id = summary.contract_id
    inner join {{ ref('int_contract_segment') }} as segments
        on
            terms.source = segments.source
            and terms.contract_id = segments.contract_id
            and segments.is_last
    where
        terms.is_last_term
        and (
            summary.termination_recorded_on is not null
            or not segments.is_auto
            or terms.ends_on >= segments.stops_from
        )
),

final as (
    select
        terms.source,
        terms.contract_id,
        terms.term_no,
        terms.term_id,
        summary.account_key,
        summary.product_key,
        summary.family,
        terms.starts_on,
        terms.ends_on,
        case
            when terms.is_terminated_early then terms.ends_on
            else greatest(terms.due_on, terms.starts_on)
        end as due_on,
        terms.signed_on,
        terms.origin,
        terms.is_last_term,
        terms.is_terminated_early,
        summary.termination_reason,
        case
            when notices.notice_on is not null then least(notices.notice_on, terms.ends_on)
        end as notice_on,
        summary.currency
    from terms
    inner join {{ ref('int_contract_summary') }} as summary
        on terms.source = summary.source and terms.contract_id = summary.contract_id
    left join notices on terms.source = notices.source and terms.term_id = notices.term_id
)

select * from final
