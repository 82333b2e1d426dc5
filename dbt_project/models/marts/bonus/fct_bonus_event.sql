with final as (
    select
        employee_key,
        period,
        plan_code,
        component_code,
        record_type,
        source,
        record_id,
        cast(event_amount as decimal(38, 10)) as event_amount,
        cast(earned as decimal(18, 2)) as earned,
        clawed,
        cast(due_ratio as decimal(18, 16)) as due_ratio,
        due
    from {{ ref('int_bonus_event_pay') }}
    where not is_spared
)

select * from final
