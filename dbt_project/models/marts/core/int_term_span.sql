with policies as (
    {{ policy_versions() }}
),

versions as (
    select
        *,
        row_number() over by_version as place,
        lag(ends_on) over by_version as end_before,
        lead(version_no) over by_version is null as is_last
    from {{ ref('contract') }}
    where status <> 'draft'
    window by_version as (partition by source, contract_id order by version_no)
),

-- versions in a row with the same end
numbered as (
    select
        *,
        sum(cast(place = 1 or ends_on is distinct from end_before as integer)) over (
            partition by source, contract_id order by version_no
        ) as segment_no
    from versions
),

flagged as (
    select
        *,
        max(version_no) filter (where auto_renew) over (
            partition by source, contract_id, segment_no
        ) as last_auto_no
    from numbered
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
        -- switched off: like a notice on that day
        least(
            arg_max_null(notice_given_on + coalesce(notice_days, 0), version_no),
            min(version_on) filter (where version_no > last_auto_no)
        ) as stops_from,
        min(version_on) filter (where status = 'expired') as expired_on
    from flagged
    group by source, contract_id, segment_no
),

replacements as (
    select
        links.source,
        links.old_contract_id as contract_id,
        min(new_contract.starts_on) as starts_on
    from {{ ref('contract_renewal') }} as links
    inner join segments as new_contract
        on
            links.source = new_contract.source
            and links.new_contract_id = new_contract.contract_id
            and new_contract.segment_no = 1
    group by links.source, links.old_contract_id
),

-- what the last version says about the whole contract
contracts as (
    select
        last_version.source,
        last_version.contract_id,
        last_version.account_source,
        last_version.account_id,
        last_version.product_source,
        last_version.product_id,
        last_version.currency,
        first_segment.starts_on,
        first_segment.signed_on,
        last_version.termination_reason,
        coalesce(
            last_version.terminated_on,
            -- an open end has no other last day than its notice, its status or its successor gives
            case
                when last_version.ends_on is null
                    then last_version.notice_given_on + coalesce(last_version.notice_days, 0)
            end,
            case
                when
                    last_version.status = 'terminated'
                    or (last_version.status = 'expired' and last_version.ends_on is null)
                    then status_days.version_on
            end,
            case
                when
                    last_version.ends_on is null
                    and replacements.starts_on > first_segment.starts_on
                    then cast(replacements.starts_on - 1 as date)
            end
        ) as terminated_on
    from versions as last_version
    inner join segments as first_segment
        on
            last_version.source = first_segment.source
            and last_version.contract_id = first_segment.contract_id
            and first_segment.segment_no = 1
    inner join (
        select
            source,
            contract_id,
            status,
            min(version_on) as version_on
        from versions
        group by source, contract_id, status
    ) as status_days
        on
            last_version.source = status_days.source
            and last_version.contract_id = status_days.contract_id
            and last_version.status = status_days.status
    left join replacements
        on
            last_version.source = replacements.source
            and last_version.contract_id = replacements.contract_id
    where last_version.is_last
),

-- ends that follow each other without anybody's doing: automatic renewals, anniversaries
chains as (
    select
        segments.*,
        contracts.starts_on as first_start,
        replacements.starts_on as replaced_on,
        segments.is_auto or segments.ends_on is null as is_chain,
        coalesce(segments.ends_on, cast(contracts.starts_on - 1 as date)) as anchor,
        case
            when segments.ends_on is null then 12
            when not segments.is_auto then 1
            else greatest(1, coalesce(
                segments.renewal_months,
                {{ months_between(
                    month_of('contracts.starts_on'), month_of('segments.ends_on + 1')
                ) }}
            ))
        end as step,
        cast(segments.ends_on is null as integer) as first_place,
        lag(segments.ends_on) over by_segment as end_before,
        lead(segments.recorded_on) over by_segment as next_recorded_on,
        lead(segments.ends_on) over by_segment as next_end,
        lead(segments.segment_no) over by_segment is null as is_last,
        min(segments.ends_on) over (
            partition by segments.source, segments.contract_id
            order by segments.segment_no
            rows between 1 following and unbounded following
        ) as least_later_end,
        min(segments.ends_on) over (
            partition by segments.source, segments.contract_id
            order by segments.segment_no
            rows between 2 following and unbounded following
        ) as least_end_after_next
    from segments
    inner join contracts
        on segments.source = contracts.source and segments.contract_id = contracts.contract_id
    left join replacements
        on
            segments.source = replacements.source
            and segments.contract_id = replacements.contract_id
    window by_segment as (
        partition by segments.source, segments.contract_id order by segments.segment_no
    )
),

chain_ends as (
    select
        chains.*,
        {{ months_after('chains.anchor', 'chains.step * place.n') }} as chain_end,
        {{ months_after('chains.anchor', 'chains.step * (place.n + 1)') }} as following_end
    from chains
    cross join
        lateral (
            select unnest(range(
                chains.first_place,
                chains.first_place + 2 + case
                    when chains.is_chain
                        then greatest(
                            0, {{ months_between('chains.anchor', as_of()) }},
                            coalesce({{ months_between('chains.anchor', 'chains.end_before') }}, 0)
                        ) // chains.step
                    else 0
                end
            )) as n
        ) as place
    where
        chains.ends_on is not null
        or chains.end_before is null
        or {{ months_after('chains.anchor', 'chains.step * place.n') }} > chains.end_before
),

passed as (
    select
        *,
        is_chain
        and chain_end <= {{ as_of() }}
        and (next_recorded_on is null or chain_end < next_recorded_on)
        and (not is_auto or stops_from is null or chain_end < stops_from)
        and (not is_auto or expired_on is null or following_end <= expired_on)
        and (replaced_on is null or chain_end + 1 < replaced_on) as is_renewed
    from chain_ends
),

reached as (
    select
        source,
        contract_id,
        segment_no,
        next_recorded_on,
        next_end,
        is_last,
        least_end_after_next,
        min(chain_end) as ends_on
    from passed
    where not is_renewed
    group by all
),

boundaries as (
    select
        source,
        contract_id,
        chain_end as ends_on,
        chain_end as signed_on,
        case when passed.ends_on is null then 'anniversary' else 'auto_renewed' end as origin,
        segment_no as old_segment_no,
        segment_no as new_segment_no
    from passed
    where is_renewed and (least_later_end is null or least_later_end > chain_end)

    union all

    -- a later end is a renewal, unless it is too short to be one
    select
        reached.source,
        reached.contract_id,
        reached.ends_on,
        reached.next_recorded_on,
        'prolonged' as origin,
        reached.segment_no,
        reached.segment_no + 1 as new_segment_no
    from reached
    inner join policies
        on reached.ends_on >= policies.valid_from and reached.ends_on < policies.valid_to
    where
        not reached.is_last
        and (
            reached.next_end is null
            or (
                reached.next_end > reached.ends_on
                and reached.next_end
                >= {{ months_after('reached.ends_on', 'policies.renewal_min_term_months') }}
            )
        )
        and (
            reached.least_end_after_next is null
            or reached.least_end_after_next > reached.ends_on
        )
),

last_ends as (
    select
        reached.source,
        reached.contract_id,
        reached.segment_no,
        least(reached.ends_on, contracts.terminated_on) as ends_on,
        coalesce(contracts.terminated_on < reached.ends_on, false) as is_terminated_early
    from reached
    inner join contracts
        on reached.source = contracts.source and reached.contract_id = contracts.contract_id
    where reached.is_last
),

starts as (
    select
        source,
        contract_id,
        starts_on,
        coalesce(signed_on, starts_on) as signed_on,
        'signed' as origin,
        1 as new_segment_no,
        cast(null as date) as ends_before,
        cast(null as bigint) as old_segment_no
    from contracts

    union all

    select
        boundaries.source,
        boundaries.contract_id,
        cast(boundaries.ends_on + 1 as date) as starts_on,
        min(boundaries.signed_on) as signed_on,
        first(boundaries.origin order by boundaries.signed_on, boundaries.origin) as origin,
        max(boundaries.new_segment_no) as new_segment_no,
        boundaries.ends_on as ends_before,
        min(boundaries.old_segment_no) as old_segment_no
    from boundaries
    inner join contracts
        on
            boundaries.source = contracts.source
            and boundaries.contract_id = contracts.contract_id
            and boundaries.ends_on >= contracts.starts_on
    inner join last_ends
        on
            boundaries.source = last_ends.source
            and boundaries.contract_id = last_ends.contract_id
            and boundaries.ends_on < last_ends.ends_on
    group by boundaries.source, boundaries.contract_id, boundaries.ends_on
),

spans as (
    select
        starts.source,
        starts.contract_id,
        row_number() over by_start as term_no,
        starts.starts_on,
        coalesce(lead(starts.ends_before) over by_start, last_ends.ends_on) as ends_on,
        starts.signed_on,
        starts.origin,
        starts.new_segment_no as start_segment_no,
        coalesce(lead(starts.old_segment_no) over by_start, last_ends.segment_no)
            as end_segment_no,
        lead(starts.starts_on) over by_start is null as is_last_term,
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
),

-- the amount in force on a term's first and last day, among the versions that speak for it
amounts as (
    select
        spans.source,
        spans.contract_id,
        spans.term_no,
        case
            when
                count(*) filter (
                    where flagged.segment_no = spans.end_segment_no
                    and flagged.version_on <= spans.ends_on
                ) > 0
                then arg_max_null(flagged.amount_per_month, flagged.version_no) filter (
                    where flagged.segment_no = spans.end_segment_no
                    and flagged.version_on <= spans.ends_on
                )
            else arg_min_null(flagged.amount_per_month, flagged.version_no) filter (
                where flagged.segment_no = spans.end_segment_no
            )
        end as amount_per_month,
        case
            when
                count(*) filter (
                    where flagged.segment_no = spans.start_segment_no
                    and flagged.version_on <= spans.starts_on
                ) > 0
                then arg_max_null(flagged.amount_per_month, flagged.version_no) filter (
                    where flagged.segment_no = spans.start_segment_no
                    and flagged.version_on <= spans.starts_on
                )
            else arg_min_null(flagged.amount_per_month, flagged.version_no) filter (
                where flagged.segment_no = spans.start_segment_no
            )
        end as starting_amount
    from spans
    inner join flagged
        on spans.source = flagged.source and spans.contract_id = flagged.contract_id
    group by spans.source, spans.contract_id, spans.term_no
),

described as (
    select
        spans.*,
        contracts.currency,
        contracts.termination_reason,
        coalesce(accounts.merged_into_key, accounts.account_key, 'UNMATCHED') as account_key,
        case
            when contracts.product_id is not null then coalesce(products.product_key, 'UNMATCHED')
        end
            as product_key,
        products.family,
        amounts.amount_per_month,
        amounts.starting_amount
    from spans
    inner join contracts
        on spans.source = contracts.source and spans.contract_id = contracts.contract_id
    inner join amounts
        on
            spans.source = amounts.source
            and spans.contract_id = amounts.contract_id
            and spans.term_no = amounts.term_no
    left join {{ ref('dim_account') }} as accounts
        on
            contracts.account_source = accounts.source
            and contracts.account_id = accounts.account_id
    left join {{ ref('dim_product') }} as products
        on
            contracts.product_source = products.source
            and contracts.product_id = products.product_id
),

-- without a monthly amount: what was billed in the twelve months before
billed as (
    select
        described.source,
        described.contract_id,
        described.term_no,
        days.day,
        coalesce(
            sum(lines.net) filter (where invoices.contract_id = described.contract_id),
            sum(lines.net) filter (
                where described.product_key is null or lines.family = described.family
            )
        ) as net
    from described
    cross join
        lateral (
            select unnest([
                least(described.ends_on, {{ as_of() }}), cast(described.starts_on - 1 as date)
            ]) as day
        ) as days
    inner join {{ ref('fct_invoice_line') }} as lines
        on
            described.account_key = lines.account_key
            and described.currency = lines.currency
            and lines.issued_on <= days.day
            and lines.issued_on > {{ add_months('days.day', -12) }}
    left join {{ ref('fct_invoice') }} as invoices
        on
            lines.source = invoices.source
            and lines.invoice_id = invoices.invoice_id
            and invoices.contract_source = described.source
    where described.amount_per_month is null or described.starting_amount is null
    group by all
),

final as (
    select
        described.source,
        described.contract_id,
        cast(described.term_no as integer) as term_no,
        described.contract_id || '/' || described.term_no as term_id,
        described.account_key,
        described.product_key,
        described.family,
        described.starts_on,
        described.ends_on,
        {{ month_of('described.ends_on') }} as due_period,
        described.signed_on,
        described.origin,
        described.is_last_term,
        described.is_terminated_early,
        described.termination_reason,
        coalesce(
            described.amount_per_month,
            cast({{ round_half_up(ratio('billed_before_end.net', 12, 4), 4) }} as decimal(18, 4))
        ) as amount_per_month,
        coalesce(
            described.starting_amount,
            cast({{ round_half_up(ratio('billed_before_start.net', 12, 4), 4) }} as decimal(18, 4))
        ) as starting_amount,
        described.currency
    from described
    left join billed as billed_before_end
        on
            described.source = billed_before_end.source
            and described.contract_id = billed_before_end.contract_id
            and described.term_no = billed_before_end.term_no
            and billed_before_end.day = least(described.ends_on, {{ as_of() }})
    left join billed as billed_before_start
        on
            described.source = billed_before_start.source
            and described.contract_id = billed_before_start.contract_id
            and described.term_no = billed_before_start.term_no
            and billed_before_start.day = described.starts_on - 1
)

select * from final
