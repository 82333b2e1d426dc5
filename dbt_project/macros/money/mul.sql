{# Exact product. The left factor keeps its scale and gets 38 digits: the engine's own product of two
   18-digit decimals keeps 18 digits and overflows. #}
{% macro mul(left, right, scale=4) -%}
    (cast({{ left }} as decimal(38, {{ scale }})) * {{ right }})
{%- endmacro %}


{# Product of a quantity and a value of a tier, with 16 decimals. #}
{% macro stepped_product(quantity, value) -%}
    {{ round_half_up(mul('cast(' ~ quantity ~ ' as decimal(38, 16))', value, 16), 16) }}
{%- endmacro %}
