with recursive periods as (
    select period from {{ ref('dim_period') }}
),

accounts as (
    select
        source,
        account_id,
        merged_into_key,
        coalesce(merged_into_key, account_key) as account_key
    from {{ ref('dim_account') }}
),

-- who belongs to which holding on the first day of each month
links as (
    select distinct on (moment, child.account_key)
        periods.period as moment,
        child.account_key,
        parent.account_key as parent_key
    from {{ ref('account_parent') }} as parents
    inner join periods on {{ in_force('parents', 'periods.period') }}
    inner join accounts as child
        on parents.account_id = child.account_id and parents.account_source = child.source
    inner join accounts as parent
        on
            parents.parent_account_id = parent.account_id
            and parents.parent_account_source = parent.source
    where child.merged_into_key is null and child.account_key <> parent.account_key
    order by moment, child.account_key, parents.valid_from desc, parent.account_key
),

{{ top_parents('links') }},

final as (
    select
        moment as period,
        account_key,
        holding_key
    from tops
    where account_key <> holding_key
)

select * from final
