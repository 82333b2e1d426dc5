{{ config(meta={'dated_by': ['first_period']}) }}

with policies as (
    {{ policy_versions() }}
),

clients as (
    select * from {{ ref('int_cross_sell_client') }}
),

candidates as (
    select * from {{ ref('int_cross_sell_candidate') }}
),

rates as (
    select * from {{ ref('int_cross_sell_rate') }}
),

history as (
    select min(period) as known_from from {{ ref('fct_invoice') }} where not is_void
),

customers as (
    select
        clients.client_key,
        min(invoices.issued_on) as billed_from
    from {{ ref('fct_invoice') }} as invoices
    inner join clients on invoices.account_key = clients.account_key
    where not invoices.is_void and invoices.kind = 'invoice'
    group by clients.client_key
),

records as not materialized (
    select
        account_key,
        product_key,
        family,
        issued_on as day,
        period,
        currency,
        case when kind = 'invoice' then net else 0 end as invoiced,
        case when kind = 'credit_note' then net else 0 end as credited,
        0 as won
    from {{ ref('fct_invoice_line') }}

    union all

    select
        account_key,
        product_key,
        family,
        closed_on,
        closed_period,
        currency,
        0 as invoiced,
        0 as credited,
        amount as won
    from {{ ref('fct_deal_line') }}
    where state = 'won' and exists (select 1 from policies where cross_sell_by = 'won_deal')
),

pairs as (
    select
        client_key,
        family,
        min(lookback_from) as looked_from,
        max(period) as looked_to
    from candidates
    group by client_key, family
),

daily as (
    select
        pairs.client_key,
        pairs.family,
        records.day,
        sum({{ mul('records.invoiced', 'rates.rate') }}) as invoiced,
        sum({{ mul('records.credited', 'rates.rate') }}) as credited,
        sum({{ mul('records.won', 'rates.rate') }}) as won
    from records
    inner join clients on records.account_key = clients.account_key
    inner join pairs
        on
            clients.client_key = pairs.client_key
            and records.family = pairs.family
            and records.period >= pairs.looked_from
            and records.period <= pairs.looked_to
    inner join rates on records.currency = rates.currency
    group by pairs.client_key, pairs.family, records.day
),

running as (
    select
        *,
        sum(invoiced) over days as invoiced_to,
        sum(credited) over days as credited_to,
        sum(won) over days as won_to
    from daily
    window
        days as (
            partition by client_key, family order by day
            rows between unbounded preceding and current row
        )
),

-- A credit note makes nothing new before three months are over: else what is old could be credited
-- and invoiced again.
purchases as (
    select
        running.*,
        candidates.period,
        policies.cross_sell_by = 'won_deal' as is_by_deal,
        {{ add_months('running.day', '-policies.cross_sell_lookback_months') }} as lookback_from,
        greatest(
            {{ add_months('running.day', '-policies.cross_sell_lookback_months') }},
            {{ add_months('candidates.period', -3) }}
        ) as settled_from,
        {{ add_months('running.day', 'policies.cross_sell_credit_months') }} as credit_until
    from running
    inner join policies
        on running.day >= policies.valid_from and running.day < policies.valid_to
    inner join candidates
        on
            running.client_key = candidates.client_key
            and running.family = candidates.family
            and {{ month_of('running.day') }} = candidates.period
    inner join customers on running.client_key = customers.client_key
    cross join history
    where
        case policies.cross_sell_by
            when 'won_deal' then running.won
            else running.invoiced + running.credited
        end > 0
        and running.day - customers.billed_from >= policies.cross_sell_min_tenure_days
        and {{ add_months('running.day', '-policies.cross_sell_lookback_months') }}
        >= history.known_from
),

looked_back as (
    select
        purchases.client_key,
        purchases.family,
        purchases.day,
        purchases.period,
        purchases.is_by_deal,
        purchases.lookback_from,
        purchases.settled_from,
        purchases.credit_until,
        purchases.invoiced_to - purchases.invoiced - coalesce(earlier.invoiced_to, 0)
        + coalesce(settled.credited_to, 0) - coalesce(earlier.credited_to, 0) as billed_before,
        purchases.won_to - purchases.won - coalesce(earlier.won_to, 0) as won_before
    from purchases
    asof left join running as earlier
        on
            purchases.client_key = earlier.client_key
            and purchases.family = earlier.family
            and purchases.lookback_from > earlier.day
    asof left join running as settled
        on
            purchases.client_key = settled.client_key
            and purchases.family = settled.family
            and purchases.settled_from > settled.day
),

new as (
    select * from looked_back
    where billed_before <= 0 and (won_before <= 0 or not is_by_deal)
),

-- what was bought of a product while it was not yet in the family
moved as (
    select
        new.client_key,
        new.family,
        new.day,
        sum({{ mul('records.invoiced', 'rates.rate') }})
        + sum(
            {{ mul('records.credited', 'rates.rate') }}
            * cast(records.day < new.settled_from as integer)
        ) as billed_before,
        sum({{ mul('records.won', 'rates.rate') }}) as won_before
    from new
    inner join {{ ref('int_product_family') }} as families
        on
            new.family = families.family
            and new.day >= families.held_from
            and new.day < families.valid_to
    inner join clients on new.client_key = clients.client_key
    inner join records
        on
            clients.account_key = records.account_key
            and families.product_key = records.product_key
            and families.family is distinct from records.family
            and new.lookback_from <= records.day
            and new.day > records.day
    inner join rates on records.currency = rates.currency
    cross join history
    where families.valid_from > history.known_from
    group by new.client_key, new.family, new.day
),

final as (
    select
        new.client_key,
        new.family,
        new.day as first_on,
        new.period as first_period,
        new.credit_until
    from new
    left join moved
        on
            new.client_key = moved.client_key
            and new.family = moved.family
            and new.day = moved.day
    where
        new.billed_before + coalesce(moved.billed_before, 0) <= 0
        and (new.won_before + coalesce(moved.won_before, 0) <= 0 or not new.is_by_deal)
)

select * from final
