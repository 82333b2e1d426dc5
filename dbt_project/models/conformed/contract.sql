-- Every accepted version of a contract, oldest first. A version that repeats the one before it is
-- the same version, delivered again.
with sound as (
    {{ sound_rows('contract') }}
),

deliveries as (
    select
        *,
        {{ contract_content() }} as content,
        coalesce({{ company_date('_version') }}, covers_to) as recorded_on,
        bool_or(is_current) over (partition by source, contract_id) as is_delivered,
        -- the same stamp again is a correction of that version
        row_number() over (
            partition by source, contract_id, coalesce(cast(_version as varchar), _stage_id)
            order by {{ newest_first() }}
        ) as correction
    from sound
),

compared as (
    select
        *,
        lag(content) over (
            partition by source, contract_id
            order by _version nulls first, covers_to, release_order, sha256
        ) as content_before
    from deliveries
    where correction = 1 and is_delivered
),

versions as (
    select
        *,
        cast(row_number() over (
            partition by source, contract_id
            order by _version nulls first, covers_to, release_order, sha256
        ) as integer) as version_no,
        recorded_on as version_on
    from compared
    where content_before is null or content_before <> content
),

final as (
    select
        {% for column in contract_columns() if column != 'is_latest' %}
        {{ column }},
        {% endfor %}
        version_no = max(version_no) over (partition by source, contract_id) as is_latest
    from versions
)

select {{ contract_columns() | join(', ') }} from final
