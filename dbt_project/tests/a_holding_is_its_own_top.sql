-- A row here: the hierarchy was not climbed to its top, so a holding would count as two clients.
select
    members.account_key,
    members.holding_key,
    holdings.holding_key as top_key
from {{ ref('dim_account') }} as members
inner join {{ ref('dim_account') }} as holdings on members.holding_key = holdings.account_key
where holdings.holding_key <> holdings.account_key
