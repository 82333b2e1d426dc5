{{ current_rows('write_off') }}
