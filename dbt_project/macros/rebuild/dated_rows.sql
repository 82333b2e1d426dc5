{#
    Rows of a contract table, or of what stands for it, with the day from which on they matter to
    facts: `dated_by` of its own, or of the document that `dated_via` names; 0001-01-01 for a table
    without either. A row without its document is in no fact yet.
#}
{% macro dated_rows(relation) %}
    {% set meta = model.config.meta %}
    select
        rows.*,
        {{ 'via.' if meta.get('dated_via') }}{{ meta.get('dated_by', first_day()) }} as day
    from {{ relation }} as rows
    {% if meta.get('dated_via') %}
    inner join {{ this.incorporate(path={'identifier': meta.dated_via}) }} as via
        on rows.source = via.source
        and rows.{{ meta.dated_via }}_id = via.{{ meta.dated_via }}_id
    {% endif %}
{% endmacro %}


{#
    A day, or that of the earliest document that corrects one of that day or later, and so on: what
    a document corrects should be older than itself, but nobody makes sure.
#}
{% macro or_what_corrects_it(day, relations) %}
    {% if not model.config.meta.get('corrects') %}
        {{ return(day) }}
    {% endif %}
    with recursive documents as (
        {% for relation in relations %}
        select source, invoice_id, corrects_id, issued_on from {{ relation }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    first as ({{ day }}),

    reached as (
        select source, invoice_id, issued_on from documents
        where issued_on >= (select min(columns(*)) from first)
            and (source, invoice_id) in (select (source, corrects_id) from documents)
        union
        select later.source, later.invoice_id, later.issued_on from documents as later
        inner join reached
            on later.source = reached.source and later.corrects_id = reached.invoice_id
    )

    select least(
        (select min(columns(*)) from first),
        (select {{ month_of('min(issued_on)') }} from reached)
    )
{% endmacro %}
