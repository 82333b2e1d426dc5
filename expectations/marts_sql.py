"""Queries of the marts gate. Each finds what breaks a rule.

`{batch}` is the mart judged, from the month `{since}` on; what it is compared with is cut alike.
"""

from kam_kpi.quality.suite import groups_that

UNKNOWN_ACCOUNT_KEY = """
    select facts.account_key, count(*) as rows
    from {batch} as facts
    anti join core.dim_account as accounts on facts.account_key = accounts.account_key
    where facts.account_key is not null
    group by facts.account_key
"""

LOST_INVOICES = """
    select
        coalesce(delivered.source, marts.source) as source,
        coalesce(delivered.invoice_id, marts.invoice_id) as invoice_id,
        delivered.net, marts.net as mart_net
    from (
        select * from conformed.invoice where status <> 'draft' and issued_on >= {since}
    ) as delivered
    full join {batch} as marts
        on delivered.source = marts.source and delivered.invoice_id = marts.invoice_id
    where
        (delivered.net, delivered.gross, delivered.currency, delivered.issued_on)
        is distinct from (marts.net, marts.gross, marts.currency, marts.issued_on)
"""

LOST_LINES = """
    with delivered as (
        select lines.source, lines.invoice_id, count(*) as lines, sum(lines.net) as net
        from conformed.invoice_line as lines
        inner join conformed.invoice as invoices
            on lines.source = invoices.source and lines.invoice_id = invoices.invoice_id
        where
            invoices.status = 'issued' and invoices.voided_on is null
            and invoices.issued_on >= {since}
        group by lines.source, lines.invoice_id
    ),

    marts as (
        select facts.source, facts.invoice_id, count(*) as lines, sum(facts.net) as net
        from {batch} as facts
        group by facts.source, facts.invoice_id
    )

    select
        coalesce(delivered.source, marts.source) as source,
        coalesce(delivered.invoice_id, marts.invoice_id) as invoice_id,
        delivered.lines, marts.lines as mart_lines, delivered.net, marts.net as mart_net
    from delivered
    full join marts
        on delivered.source = marts.source and delivered.invoice_id = marts.invoice_id
    where (delivered.lines, delivered.net) is distinct from (marts.lines, marts.net)
"""

_INVOICES_AT_PLAN_RATE = """
    select
        invoices.period, invoices.kind, invoices.source, invoices.invoice_id,
        cast(invoices.net as decimal(38, 4)) * rates.rate as amount
    from core.fct_invoice as invoices
    inner join core.fct_plan_rate as rates
        on invoices.period = rates.period and invoices.currency = rates.currency
    where not invoices.is_void and invoices.period >= {since}
"""
"""Without a plan rate there is no amount, and whoever sums it says rate_absent."""

ACCOUNT_REVENUE = f"""
    with invoices as (
        select period, sum(amount) as amount, count(*) filter (amount is null) as unknown
        from ({_INVOICES_AT_PLAN_RATE})
        group by period
    ),

    accounts as (
        select
            facts.period,
            sum(facts.revenue) as amount,
            count(*) filter (facts.revenue is null) as unknown
        from {{batch}} as facts
        group by facts.period
    )

    select invoices.period, invoices.amount, accounts.amount as mart_amount
    from invoices
    left join accounts on invoices.period = accounts.period
    where
        invoices.unknown = 0
        and (accounts.amount is distinct from invoices.amount or accounts.unknown > 0)
"""

SHARES_OF_ACCOUNT = """
    select account_key, valid_from, sum(weight) as weight, max(weight_total) as weight_total
    from {batch}
    where credit_role = 'owner'
    group by account_key, valid_from
    having
        sum(weight) <> max(weight_total)
        or max(weight_total) <> min(weight_total)
        or abs(max(weight_total) - 1000000) > count(*)
"""

SHARES_OF_RECORD = groups_that(
    ("kpi_code", "period", '"window"', "record_type", "source", "record_id"),
    "abs(sum(share) - 1) > count(*) * 0.000000000001",
    shown="sum(share) as share",
    where="credit_role = 'owner'",
)

EVIDENCE_WITHOUT_RECORD = """
    with records as (
        select distinct record_type, source, record_id from {batch}
    ),

    known as (
        select kind as record_type, source, invoice_id as record_id
        from core.fct_invoice
        union all
        select 'invoice_line', source, invoice_id || '/' || line_no
        from core.fct_invoice_line
        union all
        select 'contract_term', source, term_id
        from core.fct_contract_term
        union all
        select 'account', source, account_id
        from core.dim_account
        union all
        select 'deal', source, deal_id
        from core.fct_deal
        union all
        select 'deal_line', source, deal_id || '/' || line_no
        from core.fct_deal_line
        union all
        select 'payment', source, payment_id
        from conformed.payment
        union all
        select 'survey_response', source, response_id
        from conformed.survey_response
        union all
        select 'escalation', source, escalation_id
        from conformed.escalation
        union all
        select 'target', source, employee_id || '/' || period
        from conformed.target
    )

    select records.record_type, records.source, records.record_id
    from records
    anti join known
        on records.record_type = known.record_type
        and records.source = known.source
        and records.record_id = known.record_id
"""

MOVEMENTS_OF_CLIENT = """
    select
        period, "window" as months, client_key,
        sum(opening) as opening,
        sum(new + reactivation + expansion - contraction - churn) as change,
        sum(closing) as closing
    from {batch}
    group by period, "window", client_key
    having sum(opening + new + reactivation + expansion - contraction - churn) <> sum(closing)
"""

REVENUE_EVIDENCE = f"""
    with invoices as (
        select * from ({_INVOICES_AT_PLAN_RATE})
        where period in (select period from core.dim_period)
    ),

    credited as (
        select
            facts.period, facts.record_type, facts.source, facts.record_id,
            sum(facts.numerator) as amount
        from {{batch}} as facts
        where facts.kpi_code = 'revenue' and facts.credit_role = 'owner'
        group by facts.period, facts.record_type, facts.source, facts.record_id
    )

    select
        coalesce(invoices.source, credited.source) as source,
        coalesce(invoices.invoice_id, credited.record_id) as invoice_id,
        invoices.amount, credited.amount as credited_amount
    from invoices
    full join credited
        on invoices.period = credited.period
        and invoices.kind = credited.record_type
        and invoices.source = credited.source
        and invoices.invoice_id = credited.record_id
    where
        invoices.amount is distinct from credited.amount
        or invoices.invoice_id is null
        or credited.record_id is null
"""

VALUE_AGAINST_EVIDENCE = """
    with credited as (
        select
            evidence.period, evidence."window" as months, evidence.employee_key, evidence.kpi_code,
            definitions.class = 'cohort' as is_cohort,
            sum(evidence.numerator) as numerator, sum(evidence.denominator) as denominator
        from kpi.fct_kpi_evidence as evidence
        inner join kpi.dim_kpi as definitions on evidence.kpi_code = definitions.kpi_code
        where
            evidence.credit_role = 'owner'
            and evidence.period >= cast({since} - interval 11 months as date)
        group by all
    ),

    sums as (
        select period, months, employee_key, kpi_code, numerator, denominator
        from credited
        where is_cohort
        union all
        select
            windows.period, windows."window", credited.employee_key, credited.kpi_code,
            sum(credited.numerator), sum(credited.denominator)
        from core.dim_window as windows
        inner join credited
            on credited.period between windows.first_period and windows.period
        where not credited.is_cohort
        group by windows.period, windows."window", credited.employee_key, credited.kpi_code
    )

    select
        kpis.period, kpis."window" as months, kpis.employee_key, kpis.kpi_code,
        kpis.numerator, sums.numerator as evidence_numerator,
        kpis.denominator, sums.denominator as evidence_denominator
    from {batch} as kpis
    left join sums
        on kpis.period = sums.period
        and kpis.employee_key = sums.employee_key
        and kpis.kpi_code = sums.kpi_code
        and kpis."window" = sums.months
    where
        kpis.numerator is not null
        and (
            kpis.numerator <> coalesce(sums.numerator, 0)
            or coalesce(kpis.denominator, 0) <> coalesce(sums.denominator, 0)
        )
"""

VALUE_AGAINST_PARTS = """
    select
        kpis.period, kpis.employee_key, kpis.kpi_code,
        kpis.numerator, kpis.denominator, kpis.value
    from {batch} as kpis
    inner join kpi.dim_kpi as definitions on kpis.kpi_code = definitions.kpi_code
    where
        kpis.value is not null
        and case
            when definitions.class = 'derived' then kpis.numerator is not null
            when definitions.unit not in ('ratio', 'days')
                then kpis.value is distinct from kpis.numerator
            else coalesce(
                abs(
                    cast(kpis.value as double)
                    - cast(kpis.numerator as double) / cast(kpis.denominator as double)
                ) > 0.000000001 * greatest(1, abs(cast(kpis.value as double))),
                true
            )
        end
"""
"""The value keeps 12 decimals; a check in doubles to 9 tells a wrong formula from rounding."""

MEDIAN_AGAINST_EVIDENCE = """
    with medians as (
        select
            windows.period, windows."window" as months, evidence.employee_key, evidence.kpi_code,
            median(cast(evidence.numerator as double)) as middle
        from kpi.fct_kpi_evidence as evidence
        inner join kpi.dim_kpi as definitions
            on evidence.kpi_code = definitions.kpi_code and definitions.class = 'derived'
        inner join core.dim_window as windows
            on evidence.period between windows.first_period and windows.period
        where
            evidence.credit_role = 'owner'
            and evidence.period >= cast({since} - interval 11 months as date)
        group by windows.period, windows."window", evidence.employee_key, evidence.kpi_code
    )

    select
        kpis.period, kpis."window" as months, kpis.employee_key, kpis.kpi_code, kpis.value,
        medians.middle
    from {batch} as kpis
    inner join kpi.dim_kpi as definitions
        on kpis.kpi_code = definitions.kpi_code and definitions.class = 'derived'
    left join medians
        on kpis.period = medians.period
        and kpis."window" = medians.months
        and kpis.employee_key = medians.employee_key
        and kpis.kpi_code = medians.kpi_code
    where kpis.value is not null
        and coalesce(abs(cast(kpis.value as double) - middle) > 0.000001, true)
"""

EVIDENCE_WITHOUT_VALUE = """
    select
        evidence.period, evidence.employee_key, evidence.kpi_code, count(*) as rows
    from kpi.fct_kpi_evidence as evidence
    anti join {batch} as kpis
        on evidence.period = kpis.period
        and evidence.employee_key = kpis.employee_key
        and evidence.kpi_code = kpis.kpi_code
        and evidence."window" = kpis."window"
    where evidence.credit_role = 'owner' and evidence.period >= {since}
    group by evidence.period, evidence.employee_key, evidence.kpi_code
"""
