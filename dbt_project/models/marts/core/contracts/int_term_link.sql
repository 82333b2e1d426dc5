with terms as (
    select * from {{ ref('int_term_due') }}
),

first_terms as (
    select * from terms
    where term_no = 1
),

explicit_links as (
    select
        source,
        old_contract_id,
        new_contract_id
    from {{ ref('contract_renewal') }}
    where old_contract_id <> new_contract_id
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
followers as (
    select
        terms.source as old_source,
        terms.term_id as old_term_id,
        first_terms.source as new_source,
        first_terms.term_id as new_term_id,
        -- a day after the end is no gap
        case
            when first_terms.starts_on <= greatest(terms.grace_ends_on, terms.ends_on + 1)
                then 'followed'
            else 'later'
        end as link
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

links as (
    select * from next_terms
    union all
    select * from named
    union all
    select * from followers
),

final as (
    select
        links.old_source,
        links.old_term_id,
        links.new_source,
        links.new_term_id,
        links.link,
        new_terms.signed_on,
        new_terms.starts_on,
        links.link <> 'later' and new_terms.signed_on <= terms.grace_ends_on as is_within_grace,
        terms.amount_per_month as old_amount,
        new_terms.starting_amount as new_amount,
        -- at the plan rates of the due month: units of the old currency for one of the new
        cast(
            case
                when new_terms.currency = terms.currency then 1
                else {{ ratio('new_rates.rate', 'old_rates.rate') }}
            end as decimal(38, 12)
        ) as rate,
        cast(
            case
                when links.link = 'followed' then new_terms.starts_on - terms.ends_on else 0
            end as integer
        ) as gap_days
    from links
    inner join terms
        on links.old_source = terms.source and links.old_term_id = terms.term_id
    inner join terms as new_terms
        on links.new_source = new_terms.source and links.new_term_id = new_terms.term_id
    left join {{ ref('fct_plan_rate') }} as old_rates
        on terms.due_period = old_rates.period and terms.currency = old_rates.currency
    left join {{ ref('fct_plan_rate') }} as new_rates
        on terms.due_period = new_rates.period and new_terms.currency = new_rates.currency
)

select * from final
