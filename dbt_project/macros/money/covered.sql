{# Part of a whole that is covered, from 0 to 1, with 16 decimals; 0 ÷ 0 is 1. #}
{% macro covered(part, whole, scale=4) -%}
    cast(case
        when {{ whole }} <= 0 or {{ part }} >= {{ whole }} then 1
        when {{ part }} <= 0 then 0
        else {{ ratio(part, whole, scale, 16) }}
    end as decimal(18, 16))
{%- endmacro %}


{# Part of an amount that is lost, with ten decimals. #}
{% macro lost_part(amount, share) -%}
    cast({{ round_half_up(mul('cast(' ~ amount ~ ' as decimal(38, 4))', share), 10) }} as decimal(38, 10))
{%- endmacro %}
