{{ config(meta={'kept_by': 'period'}) }}

with periods as (
    select
        periods.period,
        periods.receivables_on as measured_on,
        policies.aging_buckets
    from {{ ref('dim_period') }} as periods
    inner join ({{ policy_versions() }}) as policies
        on periods.period >= policies.valid_from and periods.period < policies.valid_to
    where periods.receivables_on is not null and {{ since('periods.period') }}
),

bucket_ends as (
    select
        period,
        unnest(list_append(aging_buckets, null)) as last_day
    from periods
),

buckets as (
    select
        period,
        coalesce(lag(last_day) over by_day + 1, 0) as first_day,
        last_day,
        case
            when last_day = 0 then 'not_due'
            when last_day is null then lag(last_day) over by_day || '+'
            else coalesce(lag(last_day) over by_day + 1, 0) || '-' || last_day
        end as aging_bucket
    from bucket_ends
    window by_day as (partition by period order by last_day nulls last)
),

open_items as (
    select
        periods.period,
        periods.measured_on,
        items.account_key,
        items.source,
        items.invoice_id,
        items.instalment,
        items.due_on,
        items.currency,
        items.item_no,
        items.item_amount,
        case
            when items.due_on < periods.measured_on then periods.measured_on - items.due_on else 0
        end as days_overdue
    from {{ ref('int_receivable_item') }} as items
    inner join periods
        on periods.period >= items.from_period and periods.period < items.to_period
    where not items.is_written_off and {{ since('items.to_period') }}
),

settlements as (
    select * from {{ ref('int_receivable_settlement') }}
    where not is_gate and {{ since('period') }}
),

measured as (
    select
        open_items.*,
        coalesce(settlements.credit_applied, 0) as credit_applied,
        open_items.item_amount - coalesce(settlements.credit_applied, 0) as open_amount,
        coalesce(settlements.disputed_amount, 0) as disputed_amount
    from open_items
    left join settlements
        on
            open_items.period = settlements.period
            and open_items.item_no = settlements.item_no
),

final as (
    select
        measured.period,
        measured.account_key,
        measured.source,
        measured.invoice_id,
        measured.instalment,
        measured.due_on,
        measured.measured_on,
        measured.item_amount,
        cast(measured.credit_applied as decimal(18, 4)) as credit_applied,
        cast(measured.open_amount as decimal(18, 4)) as open_amount,
        cast(
            case when measured.days_overdue > 0 then measured.open_amount else 0 end
            as decimal(18, 4)
        ) as overdue_amount,
        cast(measured.disputed_amount as decimal(18, 4)) as disputed_amount,
        cast(measured.days_overdue as integer) as days_overdue,
        buckets.aging_bucket,
        measured.currency
    from measured
    inner join buckets
        on
            measured.period = buckets.period
            and measured.days_overdue >= buckets.first_day
            and (buckets.last_day is null or measured.days_overdue <= buckets.last_day)
)

select * from final
