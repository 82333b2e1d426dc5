{{ current_rows('allocation') }}
