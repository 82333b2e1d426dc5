{# Quotient of whole numbers rounded down; the engine's own rounds towards zero. #}
{% macro floor_div(numerator, denominator) -%}
    (
        ({{ numerator }}) // {{ denominator }}
        - cast(
            ({{ numerator }}) % {{ denominator }} <> 0
            and (({{ numerator }}) < 0) <> ({{ denominator }} < 0)
            as integer
        )
    )
{%- endmacro %}
