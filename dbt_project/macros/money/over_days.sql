{# An amount per month over an interval, by the share of its days that count; 12 decimals. #}
{% macro over_days(per_month, months, days_paid, days) -%}
    cast({{ ratio(
        'cast(' ~ per_month ~ ' as decimal(38, 6)) * ' ~ months ~ ' * ' ~ days_paid, days, 6, 12
    ) }} as decimal(38, 12))
{%- endmacro %}


{# Amounts of the lines of a plan, scaled down so that they sum to a cap. #}
{% macro scaled_down(amount, cap) -%}
    case
        when sum({{ amount }}) over plan_lines > {{ cap }}
            then {{ stepped(mul(
                amount, ratio(cap, 'sum(' ~ amount ~ ') over plan_lines', 10, 16), 10
            )) }}
        else {{ amount }}
    end
{%- endmacro %}
