{{ current_rows('target') }}
