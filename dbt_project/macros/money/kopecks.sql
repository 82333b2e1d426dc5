{# Amount as it is paid. A quotient is cut at 16 decimals or more: ten first restore what is exact. #}
{% macro kopecks(amount) -%}
    {{ round_half_up(round_half_up(amount, 10), 2) }}
{%- endmacro %}


{# Amount after a step that may divide: ten decimals. #}
{% macro stepped(amount) -%}
    cast({{ round_half_up(amount, 10) }} as decimal(28, 10))
{%- endmacro %}
