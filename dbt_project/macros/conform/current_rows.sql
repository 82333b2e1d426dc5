{#
    The row in force of each key: what the current loads of each scope say, newest version first.
    With `keep_deleted` a row that a later snapshot lacks stays, with the columns given overridden,
    because facts still point at it.
#}
{% macro current_rows(entity, keep_deleted=none) %}
with sound as (
    {{ sound_rows(entity) }}
    {% if keep_deleted is none %}and loads.is_current{% endif %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by {{ contract_key() | join(', ') }}
            order by is_current desc, {{ newest_first() }}
        ) as place
    from sound
),

final as (
    select
        {% for column in contract_columns() %}
        {% if keep_deleted is not none and column in keep_deleted %}
        case when is_current then {{ column }} else {{ keep_deleted[column] }} end as {{ column }},
        {% else %}
        {{ column }},
        {% endif %}
        {% endfor %}
    from ranked
    where place = 1
)

select * from final
{% endmacro %}
