with periods as (
    select
        dim_period.*,
        policies.cross_sell_lookback_months,
        policies.credit_deal_by
    from {{ ref('dim_period') }} as dim_period
    left join ({{ policy_versions() }}) as policies
        on dim_period.period >= policies.valid_from and dim_period.period < policies.valid_to
),

kpis as (
    select * from {{ ref('dim_kpi') }}
),

delivered as (
    {{ table_covers_to() }}
),

-- a KPI speaks up to the day that the least covered of its tables speaks for
needs as (
    select
        kpi_code,
        unnest(string_split(tables_needed, ' ')) as tables
    from kpis
),

met as (
    select
        needs.kpi_code,
        needs.tables,
        max(delivered.covers_to) as covers_to
    from needs
    left join delivered on list_contains(string_split(needs.tables, '|'), delivered.entity)
    group by needs.kpi_code, needs.tables
),

tables_met as (
    select
        kpi_code,
        bool_or(covers_to is null) as is_absent,
        min(covers_to) as covers_to
    from met
    group by kpi_code
),

known as (
    select
        (select min(period) from {{ ref('fct_invoice') }} where not is_void) as billed_from,
        (select {{ month_of('min(least(opened_on, closed_on))') }} from {{ ref('fct_deal') }})
            as deals_from,
        (select {{ month_of('min(version_on)') }} from {{ ref('contract') }}) as terms_from,
        (select count(*) from delivered where entity = 'account_assignment') > 0 as has_owners
),

histories as (
    select
        kpis.kpi_code,
        case kpis.history
            when 'deals' then known.deals_from
            when 'terms' then coalesce(known.terms_from, known.billed_from)
            else known.billed_from
        end as known_from
    from kpis
    cross join known
),

judged as (
    select
        periods.period,
        periods.policy_version,
        kpis.kpi_code,
        kpis.unit = 'ratio' as is_ratio,
        -- without owners there is no KAM to speak of, unless deals name their seller
        not known.has_owners
        and not (kpis.history = 'deals' and periods.credit_deal_by = 'deal_employee')
            as is_ownerless,
        case
            when tables_met.is_absent then 'table_absent'
            when periods.period > tables_met.covers_to then 'no_data'
            when histories.known_from is null then 'no_data'
            when kpis.history = 'terms' and periods.period < histories.known_from
                then 'insufficient_history'
            when periods.period < histories.known_from then 'no_data'
            when
                kpis.kpi_code = 'receivables_share'
                and {{ add_months('periods.period', -11) }} < histories.known_from
                then 'insufficient_history'
            when
                kpis.kpi_code = 'cross_sell_revenue'
                and {{ add_months('periods.period', '-periods.cross_sell_lookback_months') }}
                < histories.known_from
                then 'insufficient_history'
        end as reason
    from periods
    cross join kpis
    cross join known
    inner join tables_met on kpis.kpi_code = tables_met.kpi_code
    inner join histories on kpis.kpi_code = histories.kpi_code
),

evidence as (
    select * from {{ ref('fct_kpi_evidence') }}
    where credit_role = 'owner' and "window" = 'month'
),

sums as (
    select
        period,
        employee_key,
        kpi_code,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        bool_or(numerator is null) as is_unknown,
        bool_or(denominator is null) as is_base_unknown
    from evidence
    group by period, employee_key, kpi_code
),

-- what the records behind the evidence say about it
term_notes as (
    select
        evidence.period,
        evidence.employee_key,
        evidence.kpi_code,
        bool_or(not terms.is_history_known) as is_history_short,
        bool_or(terms.outcome = 'pending') as is_pending,
        bool_or(terms.amount_per_month is null) as is_amount_absent
    from evidence
    inner join {{ ref('fct_contract_term') }} as terms
        on evidence.source = terms.source and evidence.record_id = terms.term_id
    where evidence.record_type = 'contract_term'
    group by evidence.period, evidence.employee_key, evidence.kpi_code
),

deal_notes as (
    select
        evidence.period,
        evidence.employee_key,
        evidence.kpi_code,
        false as is_history_short,
        false as is_pending,
        bool_or(deals.amount is null) as is_amount_absent
    from evidence
    inner join {{ ref('fct_deal') }} as deals
        on evidence.source = deals.source and evidence.record_id = deals.deal_id
    where evidence.record_type = 'deal' and evidence.numerator is null
    group by evidence.period, evidence.employee_key, evidence.kpi_code
),

pending_holdings as (
    select
        period,
        holding_key
    from {{ ref('fct_account_month') }}
    group by period, holding_key
    having
        bool_or(is_pending_at_end)
        and bool_and(is_pending_at_end or not is_active_at_end)
),

churn_notes as (
    select
        evidence.period,
        evidence.employee_key,
        evidence.kpi_code,
        false as is_history_short,
        true as is_pending,
        false as is_amount_absent
    from evidence
    inner join {{ ref('fct_account_month') }} as account_months
        on
            evidence.period = account_months.period
            and evidence.account_key = account_months.account_key
    inner join pending_holdings
        on
            account_months.period = pending_holdings.period
            and account_months.holding_key = pending_holdings.holding_key
    where evidence.kpi_code in ('churned_accounts', 'logo_churn_rate')
    group by evidence.period, evidence.employee_key, evidence.kpi_code
),

notes as (
    select * from term_notes
    union all
    select * from deal_notes
    union all
    select * from churn_notes
),

employees as (
    select
        periods.period,
        employees.employee_key
    from periods
    inner join {{ ref('dim_employee') }} as employees
        on
            (employees.hired_on is null or employees.hired_on < periods.next_period)
            and (employees.left_on is null or employees.left_on >= periods.period)

    union

    select
        period,
        employee_key
    from sums
),

explained as (
    select
        employees.period,
        employees.employee_key,
        judged.kpi_code,
        judged.policy_version,
        judged.is_ratio,
        coalesce(sums.numerator, 0) as numerator,
        case when judged.is_ratio then coalesce(sums.denominator, 0) end as denominator,
        case
            when judged.reason is not null then judged.reason
            when judged.is_ownerless and employees.employee_key <> 'UNASSIGNED'
                then 'table_absent'
            when notes.is_history_short then 'insufficient_history'
            when sums.is_unknown or (judged.is_ratio and sums.is_base_unknown)
                then case when notes.is_amount_absent then 'no_data' else 'rate_absent' end
        end as blocked_by,
        coalesce(notes.is_pending, false) as is_pending
    from employees
    inner join judged on employees.period = judged.period
    left join sums
        on
            employees.period = sums.period
            and employees.employee_key = sums.employee_key
            and judged.kpi_code = sums.kpi_code
    left join notes
        on
            employees.period = notes.period
            and employees.employee_key = notes.employee_key
            and judged.kpi_code = notes.kpi_code
),

final as (
    select
        period,
        employee_key,
        kpi_code,
        'month' as "window",
        case when blocked_by is null then numerator end as numerator,
        case when blocked_by is null then denominator end as denominator,
        case
            when blocked_by is not null then null
            when is_ratio then {{ ratio('numerator', 'denominator') }}
            else cast(numerator as decimal(38, 12))
        end as value,
        case
            when blocked_by is not null then blocked_by
            when is_ratio and denominator = 0 then 'zero_denominator'
            when is_pending then 'pending'
        end as reason,
        policy_version
    from explained
)

select * from final
