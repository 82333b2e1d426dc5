with recursive accounts as (
    select
        *,
        {{ warehouse_key('source', 'account_id') }} as account_key
    from {{ ref('account') }}
),

fusions as (
    select
        gone.account_key,
        kept.account_key as parent_key
    from accounts as gone
    inner join accounts as kept
        on gone.source = kept.source and gone.merged_into_id = kept.account_id
    where gone.account_key <> kept.account_key
),

merged_up as (
    select
        account_key,
        parent_key as kept_key,
        [account_key, parent_key] as path
    from fusions

    union all

    select
        merged_up.account_key,
        fusions.parent_key,
        list_append(merged_up.path, fusions.parent_key) as path
    from merged_up
    inner join fusions on merged_up.kept_key = fusions.account_key
    where not list_contains(merged_up.path, fusions.parent_key)
),

-- accounts merged into each other stay apart
kept as (
    select
        merged_up.account_key,
        merged_up.kept_key
    from merged_up
    left join fusions on merged_up.kept_key = fusions.account_key
    where fusions.account_key is null
),

parents as (
    select distinct on (child.account_key)
        child.account_key,
        parent.account_key as parent_key
    from {{ ref('account_parent') }} as links
    inner join accounts as child
        on links.account_id = child.account_id and links.account_source = child.source
    inner join accounts as parent
        on
            links.parent_account_id = parent.account_id
            and links.parent_account_source = parent.source
    where {{ in_force('links', as_of()) }} and child.account_key <> parent.account_key
    order by child.account_key, links.valid_from desc, parent.account_key
),

links as (
    select
        {{ as_of() }} as moment,
        parents.account_key,
        coalesce(kept.kept_key, parents.parent_key) as parent_key
    from parents
    left join kept on parents.parent_key = kept.account_key
    where
        parents.account_key not in (select gone.account_key from kept as gone)
        and parents.account_key <> coalesce(kept.kept_key, parents.parent_key)
),

{{ top_parents('links') }},

final as (
    select
        accounts.account_key,
        accounts.source,
        accounts.account_id,
        accounts.name,
        links.parent_key as parent_account_key,
        coalesce(tops.holding_key, kept_tops.holding_key, kept.kept_key, accounts.account_key)
            as holding_key,
        kept.kept_key as merged_into_key,
        accounts.segment,
        accounts.industry,
        accounts.country,
        accounts.tax_id,
        accounts.is_strategic,
        accounts.decision_makers,
        accounts.created_on,
        accounts.is_deleted
    from accounts
    left join kept on accounts.account_key = kept.account_key
    left join links on accounts.account_key = links.account_key
    left join tops on accounts.account_key = tops.account_key
    left join tops as kept_tops on kept.kept_key = kept_tops.account_key

    union all

    select
        'UNMATCHED' as account_key,
        'UNMATCHED' as source,
        'UNMATCHED' as account_id,
        'UNMATCHED' as name,
        null as parent_account_key,
        'UNMATCHED' as holding_key,
        null as merged_into_key,
        null as segment,
        null as industry,
        null as country,
        null as tax_id,
        null as is_strategic,
        null as decision_makers,
        null as created_on,
        false as is_deleted
)

select * from final
