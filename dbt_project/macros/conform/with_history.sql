{#
    Validity of attributes that decide pay. A source that delivers `entity` itself is taken as it is;
    for one that does not, every value that `origin` had is a version: it starts at the last day of
    the load that brought it, and the first one reaches back.
#}
{% macro with_history(entity, origin, key, attributes, absent=[]) %}
with delivered as (
    {{ current_rows(entity) }}
),

sound as (
    {{ sound_rows(origin) }}
    and rows.source not in (
        select source from {{ source('control', 'delivered') }} where entity = '{{ entity }}'
    )
),

daily as (
    select * from sound
    qualify row_number() over (
        partition by source, {{ key }}, covers_to order by {{ newest_first() }}
    ) = 1
),

changes as (
    select
        *,
        row({{ attributes | join(', ') }}) as held,
        lag(row({{ attributes | join(', ') }})) over by_day as held_before,
        row_number() over by_day as place
    from daily
    window by_day as (partition by source, {{ key }} order by covers_to)
),

versions as (
    select
        *,
        source as {{ key | replace('_id', '_source') }},
        {% for column in absent %}
        cast(null as varchar) as {{ column }},
        {% endfor %}
        case when place = 1 then date '1900-01-01' else covers_to end as valid_from,
        lead(covers_to) over (partition by source, {{ key }} order by covers_to) as valid_to
    from changes
    where place = 1 or held is distinct from held_before
),

final as (
    select * from delivered
    union all
    select {{ contract_columns() | join(', ') }} from versions
    where {{ attributes | join(' is not null or ') }} is not null
)

select * from final
{% endmacro %}
