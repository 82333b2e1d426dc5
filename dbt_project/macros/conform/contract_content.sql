{# The whole content of a contract's version as one comparable value. #}
{% macro contract_content() -%}
    {% set own = [] %}
    {% for column in model.columns.values()
        if not column.config.meta.get('computed') and not column.name.startswith('_') %}
        {% do own.append(column.name) %}
    {% endfor %}
    md5(cast(row({{ own | join(', ') }}) as varchar))
{%- endmacro %}


{# The company's calendar day of an instant in UTC. #}
{% macro company_date(instant) -%}
    cast(
        ({{ instant }} at time zone 'UTC')
        at time zone (select time_zone from {{ source('control', 'company') }})
        as date
    )
{%- endmacro %}
