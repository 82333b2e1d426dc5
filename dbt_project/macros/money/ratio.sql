{#
    The one quotient: 12 decimals, half away from zero, NULL for a zero denominator. Computed in
    whole numbers, because the engine divides decimals as doubles. Both sides are read at `scale`
    decimals and must fit: up to 10^15 units at 10 decimals.
#}
{% macro ratio(numerator, denominator, scale=10) -%}
    case when {{ denominator }} <> 0 then
        cast(
            sign({{ numerator }}) * sign({{ denominator }}) * (
                (
                    2 * 1000000000000::hugeint * abs({{ whole_units(numerator, scale) }})
                    + abs({{ whole_units(denominator, scale) }})
                ) // (2 * abs({{ whole_units(denominator, scale) }}))
            ) as decimal(38, 0)
        ) * cast(0.000000000001 as decimal(12, 12))
    end
{%- endmacro %}


{# A decimal as a whole number of its smallest unit. #}
{% macro whole_units(amount, scale=4) -%}
    cast(cast({{ amount }} as decimal(38, {{ scale }})) * {{ 10 ** scale }} as hugeint)
{%- endmacro %}
