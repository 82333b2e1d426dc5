{{ current_rows('score') }}
