{#
    The row in force of each key: what the current loads of each scope say, newest version first.
    With `keep_deleted` a row that a later snapshot lacks stays, with the columns given overridden,
    because facts still point at it. Where few loads are new, these are the rows of their keys only.
#}
{% macro current_rows(entity, keep_deleted=none) %}
{%- set key_hash = row_hash(contract_key()) -%}
with sound as not materialized (
    {{ sound_rows(entity) }}
    {% if keep_deleted is none %}and loads.is_current{% endif %}
    {% if is_by_new_keys() %}and {{ is_new_key(entity) }}{% endif %}
),

-- most keys come once, and only the others are worth sorting
repeated as (
    select {{ key_hash }} as key_hash from sound
    group by {{ key_hash }}
    having count(*) > 1
),

ranked as (
    select
        *,
        1 as place
    from sound
    where {{ key_hash }} not in (select repeated.key_hash from repeated)

    union all

    select
        *,
        row_number() over (
            partition by {{ contract_key() | join(', ') }}
            order by is_current desc, {{ newest_first() }}
        ) as place
    from sound
    where {{ key_hash }} in (select repeated.key_hash from repeated)
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
