-- Whoever has no choice goes first: contracts with one term left to renew, then terms with one
-- contract left, then the rest in proportion. So no surplus is lost beside a term that stays short.
with recursive links as (
    select
        old_source,
        old_term_id,
        new_source,
        new_term_id,
        gap_days,
        rate,
        cast(old_amount as decimal(38, 4)) as wanted,
        cast(new_amount as decimal(38, 4)) as offered
    from {{ ref('int_term_link') }}
    where is_within_grace and rate > 0 and old_amount is not null and new_amount is not null
),

rounds as (
    select
        *,
        cast(0 as decimal(38, 4)) as taken,
        cast(0 as decimal(38, 4)) as given
    from links

    union all

    (
        with open_links as (
            select
                * exclude (taken, given),
                case
                    when count(*) over new_term = 1 then 1
                    when count(*) over old_term = 1 then 2
                    else 3
                end as choice
            from rounds
            where wanted > 0 and offered > 0
            window
                old_term as (partition by old_source, old_term_id),
                new_term as (partition by new_source, new_term_id)
        ),

        -- a contract that only followed goes first where it left the shortest gap
        chosen as (
            select * from open_links
            qualify
                choice = min(choice) over ()
                and gap_days = min(gap_days) over (partition by new_source, new_term_id, choice)
        ),

        weighed as (
            select
                *,
                offered as offer,
                greatest(1, {{ whole_units("case when rate = 1 then wanted else "
                    ~ ratio('wanted', 'rate') ~ " end") }}) as weight
            from chosen
        ),

        totalled as (
            select
                *,
                sum(weight) over (partition by new_source, new_term_id) as weight_total
            from weighed
        ),

        offers as (
            select
                * exclude (weight, weight_total),
                cast({{ round_half_up(mul('offer', 'rate'), 4) }} as decimal(38, 4)) as brought
            from (
                {{ split_by_weight(
                    'totalled', key='new_source, new_term_id', amounts=['offer'],
                    tie='old_source, old_term_id'
                ) }}
            )
        ),

        received as (
            select
                *,
                least(wanted, sum(brought) over old_term) as taken,
                sum(brought) over old_term > wanted as is_surplus,
                {{ whole_units('brought') }} as weight,
                sum({{ whole_units('brought') }}) over old_term as weight_total
            from offers
            where brought > 0
            window old_term as (partition by old_source, old_term_id)
        ),

        accepted as (
            select
                *,
                case
                    when not is_surplus then offer
                    when rate = 1 then taken
                    else least(offer, {{ round_half_up(ratio('taken', 'rate'), 4) }})
                end as given
            from (
                {{ split_by_weight(
                    'received', key='old_source, old_term_id', amounts=['taken'],
                    tie='new_source, new_term_id'
                ) }}
            )
        )

        select
            open_links.old_source,
            open_links.old_term_id,
            open_links.new_source,
            open_links.new_term_id,
            open_links.gap_days,
            open_links.rate,
            cast(
                open_links.wanted - coalesce(sum(accepted.taken) over old_term, 0)
                as decimal(38, 4)
            ) as wanted,
            cast(
                open_links.offered - coalesce(sum(accepted.given) over new_term, 0)
                as decimal(38, 4)
            ) as offered,
            cast(coalesce(accepted.taken, 0) as decimal(38, 4)) as taken,
            cast(coalesce(accepted.given, 0) as decimal(38, 4)) as given
        from open_links
        left join accepted
            on
                open_links.old_source = accepted.old_source
                and open_links.old_term_id = accepted.old_term_id
                and open_links.new_source = accepted.new_source
                and open_links.new_term_id = accepted.new_term_id
        window
            old_term as (partition by open_links.old_source, open_links.old_term_id),
            new_term as (partition by open_links.new_source, open_links.new_term_id)
        qualify sum(accepted.taken) over () > 0
    )
),

final as (
    select
        old_source,
        old_term_id,
        new_source,
        new_term_id,
        cast(sum(taken) as decimal(18, 4)) as renewed_amount,
        cast(sum(given) as decimal(18, 4)) as given_amount
    from rounds
    group by old_source, old_term_id, new_source, new_term_id
)

select * from final
