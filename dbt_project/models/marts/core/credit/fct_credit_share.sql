{{ config(meta={'dated_by': ['valid_from', 'valid_to']}) }}

with accounts as (
    select
        source,
        account_id,
        coalesce(merged_into_key, account_key) as account_key,
        merged_into_key is null as is_own
    from {{ ref('dim_account') }}
),

assigned as (
    select
        accounts.account_key,
        accounts.is_own,
        coalesce(employees.employee_key, 'UNASSIGNED') as employee_key,
        assignments.role as credit_role,
        cast(assignments.share * 1000000 as integer) as weight,
        assignments.valid_from,
        coalesce(assignments.valid_to, {{ last_day() }}) as valid_to
    from {{ ref('account_assignment') }} as assignments
    inner join accounts
        on
            assignments.account_source = accounts.source
            and assignments.account_id = accounts.account_id
    left join {{ ref('dim_employee') }} as employees
        on
            assignments.employee_source = employees.source
            and assignments.employee_id = employees.employee_id
    where assignments.valid_to is null or assignments.valid_to > assignments.valid_from
),

cuts as (
    select
        account_key,
        {{ first_day() }} as day
    from accounts
    union
    select
        account_key,
        {{ last_day() }} as day
    from accounts
    union
    select
        account_key,
        valid_from
    from assigned
    union
    select
        account_key,
        valid_to
    from assigned
),

spans as (
    select
        account_key,
        day as valid_from,
        lead(day) over (partition by account_key order by day) as valid_to
    from cuts
),

holders as (
    select
        spans.account_key,
        spans.valid_from,
        spans.valid_to,
        assigned.credit_role,
        assigned.employee_key,
        assigned.weight
    from spans
    inner join assigned
        on
            spans.account_key = assigned.account_key
            and assigned.valid_from <= spans.valid_from
            and assigned.valid_to >= spans.valid_to
    -- owners of an account that was merged into this one count while it has none of its own
    qualify assigned.is_own or not bool_or(assigned.is_own) over (
        partition by spans.account_key, spans.valid_from, assigned.credit_role
    )
),

owned as (
    select
        spans.account_key,
        spans.valid_from,
        spans.valid_to,
        coalesce(sum(holders.weight), 0) as weight,
        count(*) filter (holders.weight <> 0) as owners
    from spans
    left join holders
        on
            spans.account_key = holders.account_key
            and spans.valid_from = holders.valid_from
            and holders.credit_role = 'owner'
    where spans.valid_to is not null
    group by spans.account_key, spans.valid_from, spans.valid_to
),

-- what nobody owns; thirds that sum to 0.999999 own everything
unowned as (
    select
        account_key,
        valid_from,
        valid_to,
        case
            when abs(1000000 - weight) <= owners then 0
            else 1000000 - weight
        end as weight
    from owned
),

members as (
    -- owners whose shares sum to 0 own nothing
    select
        holders.account_key,
        holders.valid_from,
        holders.valid_to,
        holders.credit_role,
        holders.employee_key,
        holders.weight
    from holders
    inner join owned
        on holders.account_key = owned.account_key and holders.valid_from = owned.valid_from
    where holders.credit_role <> 'owner' or owned.weight <> 0
    union all
    select
        account_key,
        valid_from,
        valid_to,
        'owner' as credit_role,
        'UNASSIGNED' as employee_key,
        weight
    from unowned
),

summed as (
    select
        account_key,
        employee_key,
        credit_role,
        valid_from,
        valid_to,
        sum(weight) as weight
    from members
    group by account_key, employee_key, credit_role, valid_from, valid_to
    having sum(weight) <> 0
),

final as (
    select
        summed.account_key,
        summed.employee_key,
        employees.employee_id,
        summed.credit_role,
        summed.valid_from,
        summed.valid_to,
        cast(summed.weight as bigint) as weight,
        cast(
            case
                when summed.credit_role = 'overlay' then 1000000
                else sum(summed.weight) over (
                    partition by summed.account_key, summed.valid_from, summed.credit_role
                )
            end as bigint
        ) as weight_total,
        cast(
            count(*) over (partition by summed.account_key, summed.valid_from, summed.credit_role)
            as integer
        ) as members
    from summed
    inner join {{ ref('dim_employee') }} as employees
        on summed.employee_key = employees.employee_key
)

select * from final
