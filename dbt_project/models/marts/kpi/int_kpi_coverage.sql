with periods as (
    select
        dim_period.*,
        policies.cross_sell_by,
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
        (select min(period) from {{ ref('kpi_record__service') }}) as surveys_from,
        (select min(period) from {{ ref('kpi_record__response') }}) as escalations_from,
        (select known_from from {{ ref('int_billed_cost') }}) as costs_from,
        (select covers_to from delivered where entity = 'deal_line') as deal_lines_to,
        (select count(*) from delivered where entity = 'account_assignment') > 0 as has_owners
),

histories as (
    select
        kpis.kpi_code,
        case kpis.history
            when 'deals' then known.deals_from
            when 'surveys' then known.surveys_from
            when 'escalations' then known.escalations_from
            when 'costs' then known.costs_from
            when 'terms' then coalesce(known.terms_from, known.billed_from)
            else known.billed_from
        end as known_from
    from kpis
    cross join known
),

judged as (
    select
        periods.period,
        kpis.kpi_code,
        kpis.kpi_code in ('cross_sell_revenue', 'cross_sell_accounts', 'cross_sell_share')
            as is_cross_sell,
        -- without owners there is no KAM to speak of, unless deals name their seller
        not known.has_owners
        and not (kpis.history = 'deals' and periods.credit_deal_by = 'deal_employee')
            as is_ownerless,
        case
            when tables_met.is_absent then 'table_absent'
            when
                is_cross_sell and periods.cross_sell_by = 'won_deal' and known.deal_lines_to is null
                then 'table_absent'
            when periods.period > tables_met.covers_to then 'no_data'
            when
                is_cross_sell and periods.cross_sell_by = 'won_deal'
                and periods.period > known.deal_lines_to
                then 'no_data'
            when histories.known_from is null then 'no_data'
            when kpis.history = 'terms' and periods.period < histories.known_from
                then 'insufficient_history'
            when periods.period < histories.known_from then 'no_data'
            when
                kpis.kpi_code = 'receivables_share'
                and {{ add_months('periods.period', -11) }} < histories.known_from
                then 'insufficient_history'
            when
                kpis.kpi_code = 'revenue_growth'
                and {{ add_months('periods.period', -12) }} < histories.known_from
                then 'insufficient_history'
            when
                (is_cross_sell or starts_with(kpis.kpi_code, 'upsell_'))
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

-- a window speaks when its last month does, and has its whole length when all of them do
final as (
    select
        windows.period,
        windows."window",
        last_month.kpi_code,
        last_month.is_ownerless,
        coalesce(
            last_month.reason,
            case
                when
                    count(*) filter (months.reason is null)
                    < 1 + {{ months_between('windows.first_period', 'windows.period') }}
                    then 'insufficient_history'
            end
        ) as reason
    from {{ ref('dim_window') }} as windows
    inner join judged as last_month on windows.period = last_month.period
    inner join judged as months
        on
            last_month.kpi_code = months.kpi_code
            and months.period between windows.first_period and windows.period
    group by
        windows.period, windows."window", windows.first_period,
        last_month.kpi_code, last_month.is_ownerless, last_month.reason
)

select * from final
