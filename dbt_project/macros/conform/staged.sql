{#
    Parsed rows of one contract table, kept load by load: loads are immutable, so a load is parsed
    once, and again only when its mapping changes (its stage_id then differs).
#}
{% macro staged(entity) %}
{{ config(pre_hook=unstage(entity)) }}
select * from {{ source('landed', entity) }}
{% endmacro %}


{% macro unstage(entity) %}
    {% if is_incremental() %}
    delete from {{ this }} where _stage_id not in (
        select stage_id from control.staged_load where entity = '{{ entity }}'
    )
    {% endif %}
{% endmacro %}
