{# Same day n months on; the last day of a shorter month. #}
{% macro add_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}


{# First day of the month. #}
{% macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}


{# Last day of a service of n whole months that begins on the day after `end_day`. #}
{% macro months_after(end_day, months) -%}
    (cast({{ end_day }} + 1 + to_months(cast({{ months }} as integer)) as date) - 1)
{%- endmacro %}


{# Whole months between two first days of months. #}
{% macro months_between(first, last) -%}
    (12 * (year({{ last }}) - year({{ first }})) + month({{ last }}) - month({{ first }}))
{%- endmacro %}


{# Outside any calendar: bounds of what is valid without a first or a last day. #}
{% macro first_day() -%} date '0001-01-01' {%- endmacro %}
{% macro last_day() -%} date '9999-12-31' {%- endmacro %}
