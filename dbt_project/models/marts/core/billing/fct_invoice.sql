{{ config(meta={'kept_by': 'period'}) }}

with recursive documents as (
    select
        *,
        status = 'void' or voided_on is not null as is_void
    from {{ ref('invoice') }}
    where status <> 'draft'
),

-- a reissued invoice and what it replaces, back to the first one: through credit notes as well
corrections as (
    select
        later.source,
        later.invoice_id,
        later.kind,
        earlier.invoice_id as first_id,
        earlier.kind as first_kind
    from documents as later
    inner join documents as earlier
        on later.source = earlier.source and later.corrects_id = earlier.invoice_id
    where later.invoice_id <> earlier.invoice_id
),

reissues as (
    select
        source,
        invoice_id,
        first_id,
        first_kind,
        [invoice_id, first_id] as path
    from corrections
    where kind = 'invoice'

    union all

    select
        reissues.source,
        reissues.invoice_id,
        corrections.first_id,
        corrections.first_kind,
        list_append(reissues.path, corrections.first_id) as path
    from reissues
    inner join corrections
        on reissues.source = corrections.source and reissues.first_id = corrections.invoice_id
    where not list_contains(reissues.path, corrections.first_id)
),

first_documents as (
    select
        source,
        invoice_id,
        arg_max(first_id, len(path)) as first_id
    from reissues
    where first_kind = 'invoice'
    group by source, invoice_id
),

accounts as (
    select
        source,
        account_id,
        coalesce(merged_into_key, account_key) as account_key
    from {{ ref('dim_account') }}
),

final as (
    select
        documents.source,
        documents.invoice_id,
        coalesce(accounts.account_key, 'UNMATCHED') as account_key,
        documents.kind,
        documents.corrects_id,
        first_documents.first_id as reissue_of_id,
        documents.contract_source,
        documents.contract_id,
        documents.deal_source,
        documents.deal_id,
        documents.issued_on,
        {{ month_of('documents.issued_on') }} as period,
        documents.due_on,
        documents.is_void,
        coalesce(documents.voided_on, case when documents.is_void then documents.issued_on end)
            as voided_on,
        documents.net,
        documents.tax,
        documents.gross,
        documents.currency
    from documents
    left join accounts
        on
            documents.account_source = accounts.source
            and documents.account_id = accounts.account_id
    left join first_documents
        on
            documents.source = first_documents.source
            and documents.invoice_id = first_documents.invoice_id
)

select * from final
