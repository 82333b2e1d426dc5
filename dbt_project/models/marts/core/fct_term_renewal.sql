with terms as (
    select * from {{ ref('int_term_due') }}
),

first_terms as (
    select * from terms where term_no = 1
),

explicit_links as (
    select
        links.source,
        links.old_contract_id,
        links.new_contract_id
    from {{ ref('contract_renewal') }} as links
    where links.old_contract_id <> links.new_contract_id
),

next_terms as (
    select
        terms.source as old_source,
        terms.term_id as old_term_id,
        new_terms.source as new_source,
        new_terms.term_id as new_term_id,
        'same_contract' as link
    from terms
    inner join terms as new_terms
        on
            terms.source = new_terms.source
            and terms.contract_id = new_terms.contract_id
            and terms.term_no + 1 = new_terms.term_no
),

named as (
    select
        terms.source as old_source,
        terms.term_id as old_term_id,
        first_terms.source as new_source,
        first_terms.term_id as new_term_id,
        'named' as link
    from explicit_links
    inner join terms
        on
            explicit_links.source = terms.source
            and explicit_links.old_contract_id = terms.contract_id
            and terms.is_last_term
    inner join first_terms
        on
            explicit_links.source = first_terms.source
            and explicit_links.new_contract_id = first_terms.contract_id
),

-- without a link: the same account and family, or a frame contract, afterwards
candidates as (
    select
        terms.source as old_source,
        terms.term_id as old_term_id,
        terms.ends_on,
        first_terms.source as new_source,
        first_terms.term_id as new_term_id,
        first_terms.starts_on,
        -- a day after the end is no gap
        first_terms.starts_on <= greatest(terms.grace_ends_on, terms.ends_on + 1) as is_within_grace
    from terms
    inner join first_terms
        on
            terms.account_key = first_terms.account_key
            and terms.ends_on < first_terms.starts_on
            and (
                terms.family = first_terms.family
                or terms.product_key is null
                or first_terms.product_key is null
            )
    where
        terms.is_last_term
        and terms.account_key <> 'UNMATCHED'
        and (terms.source, terms.contract_id) not in (
            select (source, old_contract_id) from explicit_links
        )
        and (first_terms.source, first_terms.contract_id) not in (
            select (source, new_contract_id) from explicit_links
        )
),

followed as (
    select
        old_source,
        old_term_id,
        new_source,
        new_term_id,
        'followed' as link
    from candidates
    where is_within_grace
),

-- later: each lost term is won back by the next contract, each contract wins back the last lost one
won_back as (
    select
        old_source,
        old_term_id,
        new_source,
        new_term_id,
        'won_back' as link
    from candidates
    where
        (old_source, old_term_id) not in (select (old_source, old_term_id) from followed)
        and (new_source, new_term_id) not in (select (new_source, new_term_id) from followed)
    qualify
        row_number() over (
            partition by old_source, old_term_id order by starts_on, new_source, new_term_id
        ) = 1
        and row_number() over (
            partition by new_source, new_term_id order by ends_on desc, old_source, old_term_id
        ) = 1
),

links as (
    select * from next_terms
    union all
    select * from named
    union all
    select * from followed
    union all
    select * from won_back
),

valued as (
    select
        links.*,
        terms.account_key,
        new_terms.signed_on,
        new_terms.starts_on,
        links.link <> 'won_back' and new_terms.signed_on <= terms.grace_ends_on
            as is_within_grace,
        new_terms.ends_on >= {{ months_after(
            'cast(new_terms.starts_on - 1 as date)', 'terms.min_term_months'
        ) }} as is_full_term,
        terms.amount_per_month as old_amount,
        terms.currency,
        case
            when new_terms.currency = terms.currency then new_terms.starting_amount
            else cast({{ round_half_up(
                ratio(mul('new_terms.starting_amount', 'new_rates.rate'), 'old_rates.rate'), 4
            ) }} as decimal(18, 4))
        end as amount
    from links
    inner join terms
        on links.old_source = terms.source and links.old_term_id = terms.term_id
    inner join terms as new_terms
        on links.new_source = new_terms.source and links.new_term_id = new_terms.term_id
    left join {{ ref('fct_plan_rate') }} as old_rates
        on terms.due_period = old_rates.period and terms.currency = old_rates.currency
    left join {{ ref('fct_plan_rate') }} as new_rates
        on terms.due_period = new_rates.period and new_terms.currency = new_rates.currency
),

weighed as (
    select
        *,
        cast(count(*) over new_term as integer) as members,
        cast(
            case
                when sum(old_amount) over new_term > 0 and old_amount >= 0
                    then {{ whole_units('old_amount') }}
                else 1
            end as hugeint
        ) as weight
    from valued
    window new_term as (partition by new_source, new_term_id)
),

shared as (
    select
        *,
        sum(weight) over (partition by new_source, new_term_id) as weight_total
    from weighed
),

split as (
    {{ split_by_weight(
        'shared', key='new_source, new_term_id', amounts=['amount'],
        tie='old_source, old_term_id'
    ) }}
),

final as (
    select
        old_source,
        old_term_id,
        new_source,
        new_term_id,
        account_key,
        link,
        signed_on,
        starts_on,
        is_within_grace,
        is_full_term,
        cast(amount as decimal(18, 4)) as amount,
        currency
    from split
)

select * from final
