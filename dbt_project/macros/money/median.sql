{# Median of a sorted list of decimals, with 12 decimals: the middle one, or the mean of two. #}
{% macro median(numbers) -%}
    cast(
        (
            {{ numbers }}[(len({{ numbers }}) + 1) // 2]
            + {{ numbers }}[len({{ numbers }}) // 2 + 1]
        ) * cast(0.5 as decimal(2, 1)) as decimal(38, 12)
    )
{%- endmacro %}
