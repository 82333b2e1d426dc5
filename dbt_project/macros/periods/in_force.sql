{# Whether a validity (valid_to exclusive, NULL for open) covers a day. #}
{% macro in_force(alias, day) -%}
    {{ alias }}.valid_from <= {{ day }}
    and ({{ alias }}.valid_to is null or {{ alias }}.valid_to > {{ day }})
{%- endmacro %}
