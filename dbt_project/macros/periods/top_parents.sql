{#
    Top of the hierarchy of each account that has a parent, at each moment: CTE `tops` (moment,
    account_key, holding_key) over CTE `links` (moment, account_key, parent_key). To be used in
    `with recursive`. A circle is cut: its smallest key stands for all of it.
#}
{% macro top_parents(links) %}
climbed as (
    select moment, account_key, parent_key as top_key, [account_key, parent_key] as path
    from {{ links }}

    union all

    select
        climbed.moment,
        climbed.account_key,
        links.parent_key as top_key,
        list_append(climbed.path, links.parent_key) as path
    from climbed
    inner join {{ links }} as links
        on climbed.moment = links.moment and climbed.top_key = links.account_key
    where not list_contains(climbed.path, links.parent_key)
),

tops as (
    select
        climbed.moment,
        climbed.account_key,
        case
            when bool_or(closing.parent_key is not null) then list_min(list_slice(
                arg_max(path, len(path)),
                list_position(arg_max(path, len(path)), max(closing.parent_key)), max(len(path))
            ))
            else arg_max(climbed.top_key, len(climbed.path))
        end as holding_key
    from climbed
    left join {{ links }} as closing
        on
            climbed.moment = closing.moment
            and climbed.top_key = closing.account_key
            and list_contains(climbed.path, closing.parent_key)
    group by climbed.moment, climbed.account_key
)
{% endmacro %}
