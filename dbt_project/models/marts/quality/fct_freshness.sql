with run as (
    select as_of_date from {{ source('control', 'run') }}
),

final as (
    select
        delivered.source,
        delivered.domain,
        delivered.entity,
        delivered.covers_to,
        cast(run.as_of_date - delivered.covers_to as integer) as days_behind
    from {{ source('control', 'delivered') }} as delivered
    cross join run
)

select * from final
