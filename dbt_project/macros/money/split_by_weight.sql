{#
    Splits amounts of a record over its members: largest remainder at `places` decimals, ties by `tie`, and
    the parts sum to the record. A negative amount splits as its mirror image, so a credit note takes
    back exactly what its invoice gave. A negative weight (shares above 1 leave less than nothing to
    UNASSIGNED) is allowed.

    relation: one row per record and member, with weight and weight_total (whole numbers; the weights
    of a record sum to weight_total). key: columns of the record. Returns the relation with each of
    `amounts` replaced by the member's part.
#}
{% macro split_by_weight(relation, key, amounts, tie, places=4) -%}
    select
        * exclude (
            {% for amount in amounts %}
            _whole_{{ amount }}, _floor_{{ amount }}, _left_{{ amount }}, _place_{{ amount }}
            {%- if not loop.last %},{% endif %}

            {% endfor %}
        )
        replace (
            {% for amount in amounts %}
            cast(
                sign({{ amount }})
                * (_floor_{{ amount }} + cast(_place_{{ amount }} <= _left_{{ amount }} as integer))
                as decimal(38, 0)
            ) * cast({{ unit(places) }} as decimal({{ places }}, {{ places }})) as {{ amount }}
            {%- if not loop.last %},{% endif %}

            {% endfor %}
        )
    from (
        select
            *,
            {% for amount in amounts %}
            _whole_{{ amount }}
            - sum(_floor_{{ amount }}) over (partition by {{ key }}) as _left_{{ amount }},
            row_number() over (
                partition by {{ key }}
                order by
                    _whole_{{ amount }} * weight - _floor_{{ amount }} * weight_total desc, {{ tie }}
            ) as _place_{{ amount }}
            {%- if not loop.last %},{% endif %}

            {% endfor %}
        from (
            select
                *,
                {% for amount in amounts %}
                abs({{ whole_units(amount, places) }}) as _whole_{{ amount }},
                {{ floor_div('_whole_' ~ amount ~ ' * weight', 'weight_total') }}
                    as _floor_{{ amount }}
                {%- if not loop.last %},{% endif %}

                {% endfor %}
            from {{ relation }}
        )
    )
{%- endmacro %}


{# One member's part of an amount on its own, half away from zero at 4 decimals: overlays. #}
{% macro part_by_weight(amount, weight, weight_total) -%}
    cast(
        sign({{ amount }}) * (
            (2 * abs({{ whole_units(amount) }}) * {{ weight }} + {{ weight_total }})
            // (2 * {{ weight_total }})
        ) as decimal(38, 0)
    ) * cast(0.0001 as decimal(4, 4))
{%- endmacro %}
