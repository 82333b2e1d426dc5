with terms as (
    select * from {{ ref('int_term_due') }}
),

links as (
    select
        links.*,
        case
            when
                links.old_amount is not null
                and links.new_amount is not null
                and links.rate is not null
                then coalesce(amounts.renewed_amount, 0)
        end as renewed_amount,
        amounts.given_amount
    from {{ ref('int_term_link') }} as links
    left join {{ ref('int_term_link_value') }} as amounts
        on
            links.old_source = amounts.old_source
            and links.old_term_id = amounts.old_term_id
            and links.new_source = amounts.new_source
            and links.new_term_id = amounts.new_term_id
),

-- a contract that only followed renews nothing where others took all that it is worth
renewals as (
    select * from links
    where
        is_within_grace
        and (
            link <> 'followed'
            or renewed_amount is null
            or renewed_amount > 0
            or old_amount <= 0
            or new_amount <= 0
        )
),

lost as (
    select
        source,
        term_id,
        ends_on
    from terms
    where
        grace_ends_on < {{ as_of() }}
        and (source, term_id) not in (select (old_source, old_term_id) from renewals)
),

-- without a link: each lost term is won back by the next contract, each contract wins back the
-- last lost one
next_contracts as (
    select links.*
    from links
    inner join lost on links.old_source = lost.source and links.old_term_id = lost.term_id
    where
        links.link in ('followed', 'later')
        and not links.is_within_grace
        and (links.new_source, links.new_term_id) not in (
            select (new_source, new_term_id) from renewals
        )
    qualify
        row_number() over (
            partition by links.old_source, links.old_term_id
            order by links.starts_on, links.new_source, links.new_term_id
        ) = 1
        and row_number() over (
            partition by links.new_source, links.new_term_id
            order by lost.ends_on desc, links.old_source, links.old_term_id
        ) = 1
),

returns as (
    select * replace ('won_back' as link) from next_contracts

    union all

    select links.*
    from links
    inner join lost on links.old_source = lost.source and links.old_term_id = lost.term_id
    where links.link in ('same_contract', 'named') and not links.is_within_grace
),

given as (
    select
        new_source,
        new_term_id,
        sum(given_amount) as amount
    from renewals
    group by new_source, new_term_id
),

-- what is won back is what the contract is worth beyond its renewals
left_over as (
    select
        returns.*,
        returns.new_amount - coalesce(given.amount, 0) as amount,
        cast(
            case
                when sum(returns.old_amount) over new_term > 0 and returns.old_amount >= 0
                    then {{ whole_units('returns.old_amount') }}
                else 1
            end as hugeint
        ) as weight
    from returns
    left join given
        on returns.new_source = given.new_source and returns.new_term_id = given.new_term_id
    window new_term as (partition by returns.new_source, returns.new_term_id)
),

shared as (
    select
        *,
        sum(weight) over (partition by new_source, new_term_id) as weight_total
    from left_over
),

split as (
    {{ split_by_weight(
        'shared', key='new_source, new_term_id', amounts=['amount'],
        tie='old_source, old_term_id'
    ) }}
),

counted as (
    select
        old_source,
        old_term_id,
        new_source,
        new_term_id,
        link,
        is_within_grace,
        renewed_amount as amount
    from renewals

    union all

    select
        old_source,
        old_term_id,
        new_source,
        new_term_id,
        link,
        false as is_within_grace,
        amount
    from split
),

final as (
    select
        counted.old_source,
        counted.old_term_id,
        counted.new_source,
        counted.new_term_id,
        terms.account_key,
        counted.link,
        new_terms.signed_on,
        new_terms.starts_on,
        counted.is_within_grace,
        new_terms.ends_on >= {{ months_after(
            'cast(new_terms.starts_on - 1 as date)', 'terms.min_term_months'
        ) }} as is_full_term,
        cast(counted.amount as decimal(18, 4)) as amount,
        case
            when counted.is_within_grace then terms.currency else new_terms.currency
        end as currency
    from counted
    inner join terms
        on counted.old_source = terms.source and counted.old_term_id = terms.term_id
    inner join terms as new_terms
        on counted.new_source = new_terms.source and counted.new_term_id = new_terms.term_id
)

select * from final
