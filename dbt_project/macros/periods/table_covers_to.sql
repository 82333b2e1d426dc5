{# Last day that anybody's accepted loads speak for a contract table: NULL when nobody delivers it. #}
{% macro table_covers_to() %}
    select delivered.entity, max(domain.covers_to) as covers_to
    from {{ source('control', 'delivered') }} as delivered
    inner join {{ source('control', 'domain') }} as domain on delivered.domain = domain.domain
    group by delivered.entity
{% endmacro %}
