{# Last day that the accepted loads speak for: the models' only "today". #}
{% macro as_of() -%}
    (select as_of_date from {{ source('control', 'run') }})
{%- endmacro %}
