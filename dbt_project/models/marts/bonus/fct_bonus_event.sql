with losses as (
    select * from {{ ref('int_bonus_loss') }}
    where not is_spared
),

final as (
    select
        losses.employee_key,
        losses.period,
        losses.plan_code,
        losses.component_code,
        losses.record_type,
        losses.source,
        losses.record_id,
        losses.event_period,
        losses.account_key,
        cast(losses.amount as decimal(38, 10)) as event_amount,
        cast(losses.denominator - losses.lost_denominator as decimal(38, 10)) as denominator,
        cast(losses.lost_numerator as decimal(38, 10)) as lost_amount,
        cast(pays.earned as decimal(18, 2)) as earned,
        pays.clawed,
        cast(pays.due_ratio as decimal(18, 16)) as due_ratio,
        pays.due
    from losses
    left join {{ ref('int_bonus_event_pay') }} as pays
        on
            not pays.is_spared
            and losses.employee_key = pays.employee_key
            and losses.period = pays.period
            and losses.plan_code = pays.plan_code
            and losses.component_code = pays.component_code
            and losses.record_type = pays.record_type
            and losses.source = pays.source
            and losses.record_id = pays.record_id
    -- of a person who is blocked nothing is earned yet, and nothing lost
    where losses.numerator <> 0 or losses.denominator <> 0
)

select * from final
