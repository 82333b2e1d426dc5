"""Queries of the marts gate over receivables, as those of marts_sql.py."""

OPEN_ITEM_AMOUNTS = """
    select period, source, invoice_id, instalment, item_amount, open_amount, overdue_amount
    from {batch}
    where
        open_amount <> item_amount - credit_applied
        or open_amount < 0
        or item_amount <= 0
        or overdue_amount <> case when due_on < measured_on then open_amount else 0 end
        or days_overdue <> case when due_on < measured_on then measured_on - due_on else 0 end
"""

OPEN_FROM_DOCUMENTS = """
    with month_end as (
        select max(periods.receivables_on) as day from core.dim_period as periods
        where periods.period >= {since}
    ),

    invoices as (
        select documents.source, documents.invoice_id, documents.gross
        from conformed.invoice as documents
        cross join month_end
        where
            documents.kind = 'invoice'
            and documents.status <> 'draft'
            and documents.issued_on <= month_end.day
            and not (
                (documents.status = 'void' or documents.voided_on is not null)
                and coalesce(documents.voided_on, documents.issued_on) <= month_end.day
            )
    ),

    alive as (
        select allocation.source, allocation.invoice_id, allocation.amount
        from conformed.allocation as allocation
        cross join month_end
        left join conformed.payment as payment
            on allocation.source = payment.source and allocation.payment_id = payment.payment_id
        left join conformed.invoice as note
            on allocation.source = note.source and allocation.credit_note_id = note.invoice_id
        where
            allocation.applied_on <= month_end.day
            and (allocation.undone_on is null or allocation.undone_on > month_end.day)
            and (payment.received_on is null or payment.received_on <= month_end.day)
            and (payment.reversed_on is null or payment.reversed_on > month_end.day)
            and (note.issued_on is null or note.issued_on <= month_end.day)
            and (
                note.status is null
                or (note.status <> 'void' and note.voided_on is null)
                or coalesce(note.voided_on, note.issued_on) > month_end.day
            )

        union all

        select write_off.source, write_off.invoice_id, write_off.amount
        from conformed.write_off as write_off
        cross join month_end
        where write_off.written_on <= month_end.day
    ),

    settled as (
        select alive.source, alive.invoice_id, sum(alive.amount) as amount
        from alive group by alive.source, alive.invoice_id
    ),

    expected as (
        select
            invoices.source, invoices.invoice_id,
            greatest(0, invoices.gross - coalesce(settled.amount, 0)) as amount
        from invoices
        left join settled
            on invoices.source = settled.source and invoices.invoice_id = settled.invoice_id
    ),

    marts as (
        select facts.source, facts.invoice_id, sum(facts.item_amount) as amount
        from {batch} as facts
        inner join month_end on facts.measured_on = month_end.day
        group by facts.source, facts.invoice_id
    )

    select
        coalesce(expected.source, marts.source) as source,
        coalesce(expected.invoice_id, marts.invoice_id) as invoice_id,
        expected.amount, marts.amount as mart_amount
    from expected
    full join marts on expected.source = marts.source and expected.invoice_id = marts.invoice_id
    where coalesce(expected.amount, 0) <> coalesce(marts.amount, 0)
"""
"""Written from the definition, not from the model: the model works with spans of balances."""

CREDIT_USED_TWICE = """
    with used as (
        select facts.period, facts.account_key, facts.currency, sum(facts.credit_applied) as amount
        from {batch} as facts
        group by facts.period, facts.account_key, facts.currency
        having sum(facts.credit_applied) > 0
    ),

    available as (
        select period, account_key, currency, sum(credit_amount) as amount
        from core.fct_open_credit_month
        where period >= {since}
        group by period, account_key, currency
    )

    select used.period, used.account_key, used.currency, used.amount, available.amount as credit
    from used
    left join available
        on used.period = available.period
        and used.account_key = available.account_key
        and used.currency = available.currency
    where used.amount > coalesce(available.amount, 0)
"""

DISPUTED_AMOUNTS = """
    with claimed as (
        select facts.period, facts.source, facts.invoice_id, sum(disputes.amount) as amount
        from (
            select distinct period, source, invoice_id, measured_on from {batch}
            semi join conformed.dispute using (source, invoice_id)
        ) as facts
        inner join conformed.dispute as disputes
            on facts.source = disputes.source
            and facts.invoice_id = disputes.invoice_id
            and disputes.opened_on <= facts.measured_on
            and coalesce(disputes.closed_on > facts.measured_on, true)
        group by facts.period, facts.source, facts.invoice_id
    ),

    concerned as (
        select period, source, invoice_id from {batch} where disputed_amount is distinct from 0
        union
        select period, source, invoice_id from claimed
    ),

    marts as (
        select
            facts.period, facts.source, facts.invoice_id,
            sum(facts.open_amount) as open_amount,
            sum(facts.disputed_amount) as disputed_amount,
            max(facts.instalment) filter (where facts.disputed_amount > 0) as last_disputed,
            min(facts.instalment) filter (
                where facts.disputed_amount is distinct from facts.open_amount
            ) as first_free,
            bool_or(facts.disputed_amount not between 0 and facts.open_amount) as is_out_of_range
        from {batch} as facts
        semi join concerned using (period, source, invoice_id)
        group by facts.period, facts.source, facts.invoice_id
    )

    select
        marts.period, marts.source, marts.invoice_id,
        marts.open_amount, claimed.amount as claimed_amount, marts.disputed_amount
    from marts
    left join claimed
        on marts.period = claimed.period
        and marts.source = claimed.source
        and marts.invoice_id = claimed.invoice_id
    where
        marts.disputed_amount
        is distinct from least(marts.open_amount, greatest(0, coalesce(claimed.amount, 0)))
        or marts.is_out_of_range
        or marts.last_disputed > marts.first_free
"""
"""Disputed of an invoice is what is claimed, at most what is open, oldest instalment first."""

AGING_BUCKETS = """
    with ages as (
        select distinct facts.period, facts.days_overdue from {batch} as facts
    ),

    -- the first policy reaches back
    versions as (
        select
            policy.aging_buckets,
            case
                when policy.valid_from > min(policy.valid_from) over () then policy.valid_from
            end as valid_from,
            policy.valid_to
        from control.policy as policy
    ),

    edges as (
        select versions.valid_from, versions.valid_to, unnest(versions.aging_buckets) as day
        from versions
    ),

    around as (
        select
            ages.period, ages.days_overdue,
            max(edges.day) filter (where edges.day < ages.days_overdue) as below,
            min(edges.day) filter (where edges.day >= ages.days_overdue) as reached
        from ages
        left join edges
            on coalesce(edges.valid_from <= ages.period, true)
            and coalesce(edges.valid_to > ages.period, true)
        group by ages.period, ages.days_overdue
    )

    select
        facts.period, facts.source, facts.invoice_id, facts.instalment, facts.days_overdue,
        facts.aging_bucket
    from {batch} as facts
    inner join around
        on facts.period = around.period and facts.days_overdue = around.days_overdue
    where facts.aging_bucket is distinct from
        case
            when around.reached is null then around.below || '+'
            when around.reached = 0 then 'not_due'
            else coalesce(around.below + 1, 0) || '-' || around.reached
        end
"""

OPEN_AGAINST_SNAPSHOT = """
    with measured as (
        select
            facts.source, facts.invoice_id, facts.currency, facts.measured_on,
            sum(facts.item_amount) as amount
        from {batch} as facts
        where facts.measured_on in (select as_of from conformed.receivable_snapshot)
        group by facts.source, facts.invoice_id, facts.currency, facts.measured_on
    ),

    reported as (
        select snapshots.* from conformed.receivable_snapshot as snapshots
        where snapshots.as_of in (select measured.measured_on from measured)
    )

    select
        coalesce(reported.as_of, measured.measured_on) as as_of,
        coalesce(reported.source, measured.source) as source,
        coalesce(reported.invoice_id, measured.invoice_id) as invoice_id,
        reported.open_amount as reported_amount, measured.amount
    from reported
    full join measured
        on reported.source = measured.source
        and reported.invoice_id = measured.invoice_id
        and reported.as_of = measured.measured_on
    where
        coalesce(reported.as_of, measured.measured_on) in (select as_of from reported)
        and coalesce(reported.source, measured.source) in (select source from reported)
        and coalesce(reported.open_amount, 0) <> coalesce(measured.amount, 0)
"""
