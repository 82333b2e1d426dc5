{{ current_rows('draw') }}
