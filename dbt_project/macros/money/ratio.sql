{#
    The one quotient, half away from zero, NULL for a zero denominator. Computed in whole numbers,
    because the engine divides decimals as doubles. Both sides are read at `scale` decimals and must
    fit: up to 10^15 units at 10 decimals and 12 `places`. Beyond 12 places whole and rest are divided
    apart, so that only the denominator must fit: three slow divisions instead of one.
#}
{% macro ratio(numerator, denominator, scale=10, places=12) -%}
    {%- set whole -%} abs({{ whole_units(numerator, scale) }}) {%- endset -%}
    {%- set by -%} abs({{ whole_units(denominator, scale) }}) {%- endset -%}
    case when {{ denominator }} <> 0 then
        cast(
            sign({{ numerator }}) * sign({{ denominator }}) * (
                {%- if places <= 12 %}
                (2 * {{ 10 ** places }}::hugeint * {{ whole }} + {{ by }}) // (2 * {{ by }})
                {%- else %}
                ({{ whole }} // {{ by }}) * {{ 10 ** places }}::hugeint
                + (2 * {{ 10 ** places }}::hugeint * ({{ whole }} % {{ by }}) + {{ by }})
                // (2 * {{ by }})
                {%- endif %}
            ) as decimal(38, 0)
        ) * cast({{ unit(places) }} as decimal({{ places }}, {{ places }}))
    end
{%- endmacro %}


{# A decimal as a whole number of its smallest unit. Digits beyond the tenth are taken apart: the
   engine multiplies decimals in 38 digits. #}
{% macro whole_units(amount, scale=4) -%}
    {%- if scale <= 10 -%}
    cast(cast({{ amount }} as decimal(38, {{ scale }})) * {{ 10 ** scale }} as hugeint)
    {%- else -%}
    (
        cast(trunc({{ amount }}) as hugeint) * {{ 10 ** scale }}::hugeint
        + cast(
            cast({{ amount }} - trunc({{ amount }}) as decimal(38, {{ scale }}))
            * {{ 10 ** scale }} as hugeint
        )
    )
    {%- endif -%}
{%- endmacro %}


{# The smallest unit of so many decimals, as a literal. #}
{% macro unit(places) -%}
    0.{{ '0' * (places - 1) }}1
{%- endmacro %}
