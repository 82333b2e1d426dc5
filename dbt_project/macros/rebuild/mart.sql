{#
    A table of the marts, built again as far as `control.change` says: not at all where nothing that
    it reads has changed; from a month on where its `kept_by` names the column that dates its rows;
    else as a whole, and then compared, so that what reads it knows the least month that differs
    (`dated_by`; a column `period` dates rows by itself).
#}
{% materialization mart, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set old = load_cached_relation(this) -%}
    {%- set from_month = rebuilt_from() -%}
    {% if old is none %}
        {% do create_whole(target) %}
    {% elif changed_from() is none %}
        {% call statement('main') %} select 'nothing changed' {% endcall %}
    {% elif from_month is not none %}
        {% set column = model.config.meta.kept_by %}
        {% call statement('forget') %}
            delete from {{ target }} where {{ column }} >= {{ from_month }}
        {% endcall %}
        {% call statement('main') %}
            insert into {{ target }} by name
            select * from (
                {{ compiled_code }}
            ) where {{ column }} >= {{ from_month }}
        {% endcall %}
        {% do note_change(model.name, 'select ' ~ from_month) %}
    {% else %}
        {% set new = make_intermediate_relation(target) %}
        {% do replace_whole(old, new, target, difference_of_mart(old, new)) %}
    {% endif %}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{#
    Least month in which a mart differs from before. One that is kept by months is too large to be
    compared: it may differ as a whole.
#}
{% macro difference_of_mart(old, new) %}
    {% if model.config.meta.get('kept_by') %}
        {{ return('select ' ~ first_day()) }}
    {% endif %}
    {% set columns = adapter.get_columns_in_relation(old) | map(attribute='quoted') | list %}
    {% set days = model.config.meta.get('dated_by', ['period'])
        | map('tojson') | select('in', columns) | list %}
    {{ return(least_difference(old, new, columns, days)) }}
{% endmacro %}
