{{ current_rows('activity') }}
