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
        {% call statement('main') %}
            {{ create_table_as(false, target, compiled_code) }}
        {% endcall %}
        {% do note_change(model.name, 'select ' ~ first_day()) %}
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
        {% do rebuild_whole(old, target) %}
    {% endif %}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{% macro rebuild_whole(old, target) %}
    {% set new = make_intermediate_relation(target) %}
    {% do drop_relation_if_exists(load_cached_relation(new)) %}
    {% call statement('main') %}
        {{ create_table_as(false, new, compiled_code) }}
    {% endcall %}
    {% if have_same_columns(old, new) and not model.config.meta.get('kept_by') %}
        {% set columns = adapter.get_columns_in_relation(new) | map(attribute='quoted') | list %}
        {% set days = model.config.meta.get('dated_by', ['period'])
            | map('tojson') | select('in', columns) | list %}
        {% do note_change(model.name, least_difference(old, new, columns, days)) %}
    {% else %}
        {% do note_change(model.name, 'select ' ~ first_day()) %}
    {% endif %}
    {% do adapter.drop_relation(old) %}
    {% do adapter.rename_relation(new, target) %}
{% endmacro %}
