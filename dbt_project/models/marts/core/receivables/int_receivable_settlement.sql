{{ config(meta={'kept_by': 'period'}) }}

with items as (
    select * from {{ ref('int_receivable_item') }}
    where {{ since('to_period') }}
),

periods as (
    select
        periods.period,
        periods.receivables_on as measured_on,
        policies.receivables_credits
    from {{ ref('dim_period') }} as periods
    inner join ({{ policy_versions() }}) as policies
        on periods.period >= policies.valid_from and periods.period < policies.valid_to
    where periods.receivables_on is not null and {{ since('periods.period') }}
),

write_off_months as (
    select * from {{ ref('int_write_off_month') }}
),

open_credits as (
    select credits.*
    from {{ ref('fct_open_credit_month') }} as credits
    inner join periods on credits.period = periods.period
    where periods.receivables_credits = 'oldest_first'
),

credits as (
    select
        false as is_gate,
        period,
        account_key,
        currency,
        sum(credit_amount) as credit_amount
    from open_credits
    group by period, account_key, currency

    union all

    -- a write-off makes no credit that could settle anything else
    select
        true as is_gate,
        open_credits.period,
        open_credits.account_key,
        open_credits.currency,
        sum(open_credits.credit_amount - open_credits.written_off_amount) as credit_amount
    from open_credits
    semi join write_off_months
        on
            open_credits.period = write_off_months.period
            and open_credits.account_key = write_off_months.account_key
            and open_credits.currency = write_off_months.currency
    group by open_credits.period, open_credits.account_key, open_credits.currency
),

accounts as (
    select
        account_key,
        currency,
        any_value(account_no) as account_no
    from items
    group by account_key, currency
),

account_credits as (
    select
        credits.is_gate,
        credits.period,
        accounts.account_no,
        credits.credit_amount
    from credits
    inner join accounts
        on credits.account_key = accounts.account_key and credits.currency = accounts.currency
    where credits.credit_amount > 0
),

settled as (
    select
        credits.is_gate,
        credits.period,
        items.item_no,
        greatest(0, least(
            items.item_amount,
            credits.credit_amount - (sum(items.item_amount) over oldest_first - items.item_amount)
        )) as credit_applied
    from account_credits as credits
    inner join items
        on
            credits.account_no = items.account_no
            and credits.period >= items.from_period
            and credits.period < items.to_period
            and (credits.is_gate or not items.is_written_off)
    window
        oldest_first as (
            partition by credits.is_gate, credits.period, credits.account_no
            order by items.item_no
        )
),

disputes as (
    select
        periods.period,
        disputes.source,
        disputes.invoice_id,
        sum(disputes.amount) as dispute_amount
    from {{ ref('dispute') }} as disputes
    inner join periods
        on
            disputes.opened_on <= periods.measured_on
            and (disputes.closed_on is null or disputes.closed_on > periods.measured_on)
    group by periods.period, disputes.source, disputes.invoice_id
    having sum(disputes.amount) > 0
),

disputed_items as (
    select
        disputes.period,
        disputes.dispute_amount,
        items.*
    from disputes
    inner join items
        on
            disputes.source = items.source
            and disputes.invoice_id = items.invoice_id
            and disputes.period >= items.from_period
            and disputes.period < items.to_period
),

disputable as (
    select
        false as is_gate,
        disputed_items.*
    from disputed_items
    where not is_written_off

    union all

    select
        true as is_gate,
        disputed_items.*
    from disputed_items
    semi join write_off_months
        on
            disputed_items.period = write_off_months.period
            and disputed_items.account_key = write_off_months.account_key
            and disputed_items.currency = write_off_months.currency
),

still_open as (
    select
        disputable.is_gate,
        disputable.period,
        disputable.source,
        disputable.invoice_id,
        disputable.item_no,
        disputable.dispute_amount,
        disputable.item_amount - coalesce(settled.credit_applied, 0) as open_amount
    from disputable
    left join settled
        on
            disputable.is_gate = settled.is_gate
            and disputable.period = settled.period
            and disputable.item_no = settled.item_no
),

disputed as (
    select
        is_gate,
        period,
        item_no,
        greatest(0, least(
            open_amount, dispute_amount - (sum(open_amount) over oldest_first - open_amount)
        )) as disputed_amount
    from still_open
    window
        oldest_first as (partition by is_gate, period, source, invoice_id order by item_no)
),

final as (
    select
        coalesce(settled.is_gate, disputed.is_gate) as is_gate,
        coalesce(settled.period, disputed.period) as period,
        coalesce(settled.item_no, disputed.item_no) as item_no,
        cast(coalesce(settled.credit_applied, 0) as decimal(18, 4)) as credit_applied,
        cast(coalesce(disputed.disputed_amount, 0) as decimal(18, 4)) as disputed_amount
    from settled
    full join disputed
        on
            settled.is_gate = disputed.is_gate
            and settled.period = disputed.period
            and settled.item_no = disputed.item_no
    where settled.credit_applied > 0 or disputed.disputed_amount > 0
)

select * from final
