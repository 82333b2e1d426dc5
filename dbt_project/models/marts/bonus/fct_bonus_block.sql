with final as (
    select
        blocks.employee_key,
        blocks.period,
        blocks.place,
        blocks.reason,
        blocks.detail
    from {{ ref('int_bonus_block') }} as blocks
    where not blocks.is_spared
)

select * from final
