{{ config(contract={'enforced': false}) }}

-- What people with a plan are credited with: as owner, as overlay, and as head of a team.
with evidence as (
    select
        period,
        employee_key,
        credit_role,
        kpi_code,
        "window",
        record_type,
        source,
        record_id,
        account_key,
        share,
        numerator,
        denominator,
        reason
    from {{ ref('fct_kpi_evidence') }}
    where
        credit_role in ('owner', 'overlay')
        and kpi_code in (select measure from {{ source('control', 'bonus_component') }})
),

own as (
    select * from evidence
    where employee_key in (select employee_key from {{ ref('int_bonus_day') }})
),

below as (
    select
        team.manager_key as employee_key,
        evidence.period,
        evidence.kpi_code,
        evidence."window",
        evidence.record_type,
        evidence.source,
        evidence.record_id,
        any_value(evidence.account_key) as account_key,
        sum(evidence.share) as share,
        sum(evidence.numerator) as numerator,
        sum(evidence.denominator) as denominator,
        bool_or(evidence.numerator is null) as is_unknown,
        min(evidence.reason) as reason
    from evidence
    inner join {{ ref('int_bonus_team') }} as team
        on evidence.period = team.period and evidence.employee_key = team.employee_key
    group by
        team.manager_key, evidence.period, evidence.kpi_code, evidence."window",
        evidence.record_type, evidence.source, evidence.record_id
),

own_shares as (
    select
        employee_key,
        period,
        kpi_code,
        "window",
        record_type,
        source,
        record_id,
        sum(share) as share
    from own
    group by employee_key, period, kpi_code, "window", record_type, source, record_id
),

-- a record counts once, however many of the team and the head are credited with it
room as (
    select
        below.*,
        least(below.share, greatest(0, 1 - coalesce(own_shares.share, 0))) as team_share
    from below
    left join own_shares
        on
            below.employee_key = own_shares.employee_key
            and below.period = own_shares.period
            and below.kpi_code = own_shares.kpi_code
            and below."window" = own_shares."window"
            and below.record_type = own_shares.record_type
            and below.source = own_shares.source
            and below.record_id = own_shares.record_id
),

team as (
    select
        period,
        employee_key,
        'team' as credit_role,
        kpi_code,
        "window",
        record_type,
        source,
        record_id,
        account_key,
        team_share as share,
        case
            when is_unknown then null
            when team_share = share then numerator
            else {{ stepped(mul('numerator', ratio('team_share', 'share', 12, 12), 10)) }}
        end as numerator,
        case
            when team_share = share then denominator
            else {{ stepped(mul('denominator', ratio('team_share', 'share', 12, 12), 10)) }}
        end as denominator,
        reason
    from room
    where team_share > 0
),

final as (
    select * from own
    union all
    select * from team
)

select * from final
