{# One number of 64 bits for some columns: equal rows have equal ones, others hardly ever. #}
{% macro row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
