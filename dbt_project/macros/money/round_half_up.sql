{# The one rounding of decimals: half away from zero. Never give it a double. #}
{% macro round_half_up(amount, scale) -%}
    round({{ amount }}, {{ scale }})
{%- endmacro %}
