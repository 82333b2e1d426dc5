{# Columns of a conformed table as its YAML declares them, in order. #}
{% macro contract_columns() %}
    {{ return(model.columns.keys() | list) }}
{% endmacro %}


{# Those that are content: not where the row was found. #}
{% macro content_columns() %}
    {% set content = [] %}
    {% for name in contract_columns() if not name.startswith('_') %}
        {% do content.append(name) %}
    {% endfor %}
    {{ return(content) }}
{% endmacro %}


{# Columns of the natural key as its YAML declares them, `source` first. #}
{% macro contract_key() %}
    {% set key = [] %}
    {% for column in model.columns.values() if column.config.meta.get('key') %}
        {% do key.append(column.name) %}
    {% endfor %}
    {{ return(key) }}
{% endmacro %}


{#
    Which of two rows of one key is newer: the source's own version, then the last day of the load,
    then a person's release, then the content of the load. Never the order of arrival.
#}
{% macro newest_first() -%}
    _version desc nulls last, covers_to desc, release_order desc, sha256 desc
{%- endmacro %}


{# Rows without a fault, with what their load declares about time. #}
{% macro sound_rows(entity) %}
    select
        rows.*, loads.covers_to, loads.release_order, loads.sha256, loads.is_current
    from {{ ref('stg_mapped__' ~ entity) }} as rows
    inner join {{ source('control', 'staged_load') }} as loads on rows._stage_id = loads.stage_id
    where len(rows._errors) = 0
{% endmacro %}
