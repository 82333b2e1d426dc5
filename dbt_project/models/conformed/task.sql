{{ current_rows('task') }}
