{#
    What a build has to do again. `control.change` tells, per relation, from which day on it may
    differ from what was published last: 0001-01-01 for all of it, and no row for a relation that is
    the same. A model looks up what it reads and notes itself once it is built, in the transaction
    that builds it; publication clears the table. So whatever was killed or failed is done again.
#}

{# Names by which `control.change` knows what a node reads; ephemeral models stand for their own. #}
{% macro inputs_of(node) %}
    {% set names = [] %}
    {% for id in node.depends_on.nodes %}
        {% set parts = id.split('.') %}
        {% if parts[0] == 'source' %}
            {% do names.append(parts[2:] | join('.')) %}
        {% elif graph.nodes[id].config.materialized == 'ephemeral' %}
            {% do names.extend(inputs_of(graph.nodes[id])) %}
        {% else %}
            {% do names.append(parts[2]) %}
        {% endif %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{# First day from which anything that this node reads has changed; none when nothing has. #}
{% macro changed_from() %}
    {% set names = inputs_of(model) + ['code'] %}
    {% set query %}
        select min(changed_from) from control.change where relation in ('{{ names | join("', '") }}')
    {% endset %}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}


{#
    The day from which on a model that is kept by months is built again, as a literal; none when it
    is built as a whole, or does not exist yet. Rows before that day must follow from nothing that
    is dated later, save for `months_ahead` months that the model declares to look into the future.
#}
{% macro rebuilt_from() %}
    {% if not execute or flags.WHICH not in ('run', 'build')
        or not model.config.meta.get('kept_by') or load_cached_relation(this) is none %}
        {{ return(none) }}
    {% endif %}
    {% set day = changed_from() %}
    {% if day is none or day.year == 1 %}
        {{ return(none) }}
    {% endif %}
    {% set months_ahead = model.config.meta.get('months_ahead', 0) %}
    {% set query %}select {{ add_months("date_trunc('month', date '" ~ day ~ "')", -months_ahead) }}{% endset %}
    {{ return("date '" ~ run_query(query).columns[0].values()[0] ~ "'") }}
{% endmacro %}


{#
    Condition on a dated column of what a model reads: what it builds again needs no older row. A
    model that looks back names the months.
#}
{% macro since(column, months_back=0) %}
    {%- set day = rebuilt_from() -%}
    {%- if day is none -%} true
    {%- elif months_back == 0 -%} {{ column }} >= {{ day }}
    {%- else -%} {{ column }} >= {{ add_months(day, -months_back) }}
    {%- endif -%}
{% endmacro %}


{# Greatest number among the rows that are kept, from which those built again go on. #}
{% macro kept_max(column) %}
    {%- set day = rebuilt_from() -%}
    {%- if day is none -%} 0
    {%- else -%}
        (
            select coalesce(max({{ column }}), 0) from {{ this }}
            where {{ model.config.meta.kept_by }} < {{ day }}
        )
    {%- endif -%}
{% endmacro %}


{% macro note_change(relation, day) %}
    {% call statement('note_change') %}
        insert into control.change
        select '{{ relation }}' as relation, noted.day
        from ({{ day }}) as noted (day)
        where noted.day is not null
    {% endcall %}
{% endmacro %}


{#
    Least month in which two relations of the same columns have other rows; NULL where they are
    equal. `days` are the columns that date a row; of a validity, its first day and its end: a row
    whose end moves differs from the earlier of both ends on. Without `days` any difference is one
    from the first day on.
#}
{% macro least_difference(old, new, columns, days) %}
    select cast(date_trunc('month', min(day)) as date) as day from (
        select day from (
            {% for relation, sign in [(old, -1), (new, 1)] %}
            {% for day in days or ['null'] %}
            select
                coalesce({{ day }}, {{ last_day() if days else first_day() }}) as day,
                {{ sign }} as copies,
                {{ sign }} * cast({{ row_hash(
                    [loop.index] + (columns | reject('in', days[loop.index:]) | list)
                ) }} as hugeint) as content
            from {{ relation }}
            {{ 'union all' if not loop.last }}
            {% endfor %}
            {{ 'union all' if not loop.last }}
            {% endfor %}
        )
        group by day
        having sum(copies) <> 0 or sum(content) <> 0
    )
{% endmacro %}
