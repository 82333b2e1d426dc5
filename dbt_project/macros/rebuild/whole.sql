{# Makes a table that was not there: all of it is new. #}
{% macro create_whole(target) %}
    {% call statement('main') %}
        {{ create_table_as(false, target, compiled_code) }}
    {% endcall %}
    {% do note_change(model.name, 'select ' ~ first_day()) %}
{% endmacro %}


{#
    Makes a table again beside the old one, which it replaces. `difference` is a query of the day from
    which on both differ; it is asked where both have the same columns.
#}
{% macro replace_whole(old, new, target, difference) %}
    {% do drop_relation_if_exists(load_cached_relation(new)) %}
    {% call statement('main') %}
        {{ create_table_as(false, new, compiled_code) }}
    {% endcall %}
    {% set is_like_before = described_columns(old) == described_columns(new) %}
    {% do note_change(model.name, difference if is_like_before else 'select ' ~ first_day()) %}
    {% do adapter.drop_relation(old) %}
    {% do adapter.rename_relation(new, target) %}
{% endmacro %}


{% macro described_columns(relation) %}
    {% set found = [] %}
    {% for column in adapter.get_columns_in_relation(relation) %}
        {% do found.append([column.name, column.data_type]) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
