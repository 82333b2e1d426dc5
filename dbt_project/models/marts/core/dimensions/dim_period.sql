with run as (
    select as_of_date, {{ month_of('as_of_date') }} as last_period
    from {{ source('control', 'run') }}
),

first_days as (
    select min(issued_on) as day from {{ ref('invoice') }} where status <> 'draft'
    union all
    select min(received_on) from {{ ref('payment') }}
    union all
    select min(least(opened_on, closed_on)) from {{ ref('deal') }}
    union all
    select min(version_on) from {{ ref('contract') }}
),

bounds as (
    select
        run.last_period,
        greatest(
            -- one mistyped year must not make centuries of months
            {{ add_months('run.last_period', -var('kam_history_months', 300)) }},
            least(run.last_period, {{ month_of('min(first_days.day)') }})
        ) as first_period
    from first_days
    cross join run
    group by run.last_period
),

months as (
    select
        {{ add_months('bounds.first_period', 'place.n') }} as period,
        {{ add_months('bounds.first_period', 'place.n + 1') }} as next_period
    from bounds
    cross join
        range({{ months_between('bounds.first_period', 'bounds.last_period') }} + 1) as place (n)
),

covers as (
    select entity, covers_to
    from ({{ table_covers_to() }})
),

receivables as (
    select least(max(covers.covers_to), max(run.as_of_date)) as covers_to
    from covers
    cross join run
    where covers.entity = 'payment'
),

final as (
    select
        months.period,
        months.next_period,
        cast(months.next_period - 1 as date) as month_end,
        cast(months.next_period - months.period as integer) as days,
        case
            when receivables.covers_to >= months.period
                then cast(least(months.next_period - 1, receivables.covers_to) as date)
        end as receivables_on,
        policy.policy_version
    from months
    cross join receivables
    left join ({{ policy_versions() }}) as policy
        on {{ in_force('policy', 'months.period') }}
)

select * from final
