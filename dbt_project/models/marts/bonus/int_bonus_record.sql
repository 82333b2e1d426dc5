{{ config(contract={'enforced': false}) }}

with run as (
    select as_of_date from {{ source('control', 'run') }}
),

policies as (
    select
        policy_version,
        bonus_clawback_months as clawback_months,
        nullif(bonus_clawback_overdue_days, 0) as overdue_days
    from {{ source('control', 'policy') }}
),

documents as (
    select * from {{ ref('int_bonus_document') }}
),

records as (
    select distinct
        record_type,
        source,
        record_id,
        event_period,
        cast({{ add_months('event_period', 1) }} - 1 as date) as event_end
    from {{ ref('int_bonus_event') }}
),

-- the document that a record is or is a line of, the deal, or the contract of a term
identified as (
    select
        records.*,
        case
            when records.record_type = 'invoice_line'
                then regexp_replace(records.record_id, '/[^/]*$', '')
            when records.record_type in ('invoice', 'credit_note') then records.record_id
        end as invoice_id,
        deals.closed_on as deal_closed_on,
        coalesce(deals.gross, deals.amount, 0) as deal_gross,
        case
            when records.record_type = 'deal' then coalesce(deals.contract_source, records.source)
            else records.source
        end as contract_source,
        case
            when records.record_type = 'deal' then deals.contract_id
            when records.record_type = 'contract_term'
                then regexp_replace(records.record_id, '/[^/]*$', '')
        end as contract_id
    from records
    left join {{ ref('fct_deal') }} as deals
        on
            records.record_type = 'deal'
            and records.source = deals.source
            and records.record_id = deals.deal_id
),

billed_deals as (
    select
        deal_source as source,
        deal_id,
        sum(case when kind = 'invoice' then cash else 0 end) as cash,
        sum(gross) as gross
    from documents
    where is_standing and deal_id is not null
    group by deal_source, deal_id
),

billed_contracts as (
    select
        contract_source as source,
        contract_id,
        sum(cash) as cash,
        sum(payable) as payable
    from documents
    where is_standing and contract_id is not null and kind = 'invoice'
    group by contract_source, contract_id
),

-- documents whose loss is the loss of the record
behind as (
    select
        records.record_type,
        records.source,
        records.record_id,
        documents.gross,
        documents.written_off,
        documents.open_amount,
        documents.due_on
    from identified as records
    inner join documents
        on records.source = documents.source and records.invoice_id = documents.invoice_id
    where documents.kind = 'invoice' and documents.gross > 0

    union all

    select
        records.record_type,
        records.source,
        records.record_id,
        documents.gross,
        documents.written_off,
        documents.open_amount,
        documents.due_on
    from identified as records
    inner join documents
        on records.source = documents.deal_source and records.record_id = documents.deal_id
    where
        records.record_type = 'deal'
        and documents.is_standing
        and documents.kind = 'invoice'
        and documents.gross > 0
),

lost_amounts as (
    select
        policies.policy_version,
        behind.record_type,
        behind.source,
        behind.record_id,
        sum(behind.gross) as gross,
        sum(least(
            behind.gross,
            behind.written_off + case
                when run.as_of_date > behind.due_on + policies.overdue_days
                    then behind.open_amount
                else 0
            end
        )) as lost
    from behind
    cross join policies
    cross join run
    group by policies.policy_version, behind.record_type, behind.source, behind.record_id
),

terminated as (
    select distinct
        policies.policy_version,
        records.record_type,
        records.source,
        records.record_id,
        records.event_period
    from identified as records
    cross join policies
    cross join run
    inner join {{ ref('fct_contract_term') }} as terms
        on
            records.contract_source = terms.source
            and records.contract_id = terms.contract_id
            and terms.is_terminated_early
            and terms.ends_on <= run.as_of_date
            and terms.ends_on > coalesce(records.deal_closed_on, records.event_end)
            and terms.ends_on < {{ add_months(
                'coalesce(records.deal_closed_on, records.event_end)', 'policies.clawback_months'
            ) }}
),

final as (
    select
        policies.policy_version,
        records.record_type,
        records.source,
        records.record_id,
        records.event_period,
        coalesce(documents.issued_on, records.deal_closed_on, records.event_end) as event_on,
        case
            when records.record_type = 'deal'
                then {{ covered('coalesce(billed_deals.gross, 0)', 'records.deal_gross', 4) }}
            when records.record_type = 'contract_term'
                then cast(billed_contracts.contract_id is not null as integer)
            else 1
        end as invoiced_ratio,
        case
            when records.record_type = 'deal'
                then {{ covered('coalesce(billed_deals.cash, 0)', 'records.deal_gross', 4) }}
            when records.record_type = 'contract_term' and billed_contracts.contract_id is null
                then 0
            when records.record_type = 'contract_term'
                then {{ covered('billed_contracts.cash', 'billed_contracts.payable', 4) }}
            else coalesce(documents.paid_ratio, 1)
        end as paid_ratio,
        case
            when terminated.record_id is not null then 1
            when records.record_type = 'contract_term' then 0
            when lost_amounts.lost > 0
                then {{ ratio('lost_amounts.lost', 'lost_amounts.gross', 4, 16) }}
            else 0
        end as lost_share
    from identified as records
    cross join policies
    left join documents
        on records.source = documents.source and records.invoice_id = documents.invoice_id
    left join billed_deals
        on
            records.record_type = 'deal'
            and records.source = billed_deals.source
            and records.record_id = billed_deals.deal_id
    left join billed_contracts
        on
            records.record_type = 'contract_term'
            and records.contract_source = billed_contracts.source
            and records.contract_id = billed_contracts.contract_id
    left join lost_amounts
        on
            policies.policy_version = lost_amounts.policy_version
            and records.record_type = lost_amounts.record_type
            and records.source = lost_amounts.source
            and records.record_id = lost_amounts.record_id
    left join terminated
        on
            policies.policy_version = terminated.policy_version
            and records.record_type = terminated.record_type
            and records.source = terminated.source
            and records.record_id = terminated.record_id
            and records.event_period = terminated.event_period
)

select * from final
