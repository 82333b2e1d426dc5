{#
    A contract table: made again for the keys of new loads where these are few, else as a whole. What
    differs from before is noted with the day from which on it matters.
#}
{% materialization contract_table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set old = load_cached_relation(this) -%}
    {%- set new = make_intermediate_relation(target) -%}
    {% if old is none %}
        {% do create_whole(target) %}
    {% elif is_by_new_keys() %}
        {% do renew_keys(target) %}
    {% else %}
        {% set day = least_difference(
            '(' ~ dated_rows(old) ~ ')', '(' ~ dated_rows(new) ~ ')', content_columns(), ['day']
        ) %}
        {% do replace_whole(old, new, target, or_what_corrects_it(day, [old, new])) %}
    {% endif %}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{% macro renew_keys(target) %}
    {% set renewed = make_temp_relation(target, '__renewed') %}
    {% call statement('renewed') %}
        {{ create_table_as(true, renewed, compiled_code) }}
    {% endcall %}
    {% set replaced %}(select * from {{ target }} where {{ is_new_key(model.name) }}){% endset %}
    {% set columns = content_columns() | join(', ') %}
    {% set differing %}(
        (
            select {{ columns }} from {{ replaced }}
            except
            select {{ columns }} from {{ renewed }}
        )
        union all
        (
            select {{ columns }} from {{ renewed }}
            except
            select {{ columns }} from {{ replaced }}
        )
    ){% endset %}
    {% set day %}select {{ month_of('min(day)') }} from ({{ dated_rows(differing) }}){% endset %}
    {% do note_change(model.name, or_what_corrects_it(day, [target, renewed])) %}
    {% call statement('forget') %}
        delete from {{ target }} where {{ is_new_key(model.name) }}
    {% endcall %}
    {% call statement('main') %}
        insert into {{ target }} by name select * from {{ renewed }}
    {% endcall %}
    {% call statement('drop_renewed') %}drop table {{ renewed }}{% endcall %}
{% endmacro %}
