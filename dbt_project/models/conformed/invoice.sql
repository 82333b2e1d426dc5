{{ current_rows('invoice') }}
