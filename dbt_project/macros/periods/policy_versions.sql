{# Policy versions as ranges without NULL; the first one reaches back. #}
{% macro policy_versions() %}
    select
        * replace (
            case
                when row_number() over (order by valid_from) = 1 then {{ first_day() }}
                else valid_from
            end as valid_from,
            coalesce(valid_to, {{ last_day() }}) as valid_to
        )
    from {{ source('control', 'policy') }}
{% endmacro %}
