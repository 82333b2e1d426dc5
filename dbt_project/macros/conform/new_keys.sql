{#
    Whether a contract table is made again for the keys of the loads in `control.new_load` alone. Not
    one that looks at more than the rows of a key: these declare `is_whole`.
#}
{% macro is_by_new_keys() %}
    {% if not execute or flags.WHICH != 'run' or model.config.meta.get('is_whole')
        or load_cached_relation(this) is none %}
        {{ return(false) }}
    {% endif %}
    {% set query %}select count(*) from control.new_load where entity = '{{ model.name }}'{% endset %}
    {{ return(run_query(query).columns[0].values()[0] > 0) }}
{% endmacro %}


{# Whether a row has the key of a row of a new load. #}
{% macro is_new_key(entity) -%}
    {{ row_hash(contract_key()) }} in (
        select {{ row_hash(contract_key()) }} from {{ ref('stg_mapped__' ~ entity) }}
        where _stage_id in (
            select stage_id from {{ source('control', 'new_load') }} where entity = '{{ entity }}'
        )
    )
{%- endmacro %}
