-- A row here: documents were lost or doubled on the way from the contract to core.
with delivered as (
    select
        count(*) as documents,
        sum(net) as net,
        sum(gross) as gross
    from {{ ref('invoice') }}
    where status <> 'draft'
),

published as (
    select
        count(*) as documents,
        sum(net) as net,
        sum(gross) as gross
    from {{ ref('fct_invoice') }}
)

select *
from delivered
cross join published
where
    (delivered.documents, delivered.net, delivered.gross)
    is distinct from (published.documents, published.net, published.gross)
