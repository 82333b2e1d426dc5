{# Key of a record in the warehouse. The separator cannot stand in an identifier. #}
{% macro warehouse_key(source, id) -%}
    md5({{ source }} || chr(31) || {{ id }})
{%- endmacro %}
