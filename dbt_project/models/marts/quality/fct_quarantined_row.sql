-- Recomputed from the lake and the mapping at every build: a row heals when the mapping learns it.
with faulty as (
    {% for entity in contract_entities() %}
        select
            '{{ entity }}' as entity,
            _load_id,
            _file,
            _line,
            unnest(_errors) as error
        from {{ ref('stg_mapped__' ~ entity) }}
        where len(_errors) > 0
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

parsed as (
    select
        loads.source,
        loads.feed,
        faulty.entity,
        faulty._load_id as load_id,
        faulty._file as file,
        faulty._line as line,
        faulty.error.column_name as column_name,
        case
            when not list_contains({{ personal_entities() }}, faulty.entity) then faulty.error.value
        end as value,
        faulty.error.reason as reason
    from faulty
    inner join {{ source('control', 'load') }} as loads on faulty._load_id = loads.load_id
),

broken as (
    select
        source,
        feed,
        cast(null as varchar) as entity,
        _load_id as load_id,
        _file as file,
        _line as line,
        cast(null as varchar) as column_name,
        _broken as value,
        'wrong_column_count' as reason
    from {{ source('landed', 'broken_row') }}
),

final as (
    select * from parsed
    union all
    select * from broken
)

select * from final
