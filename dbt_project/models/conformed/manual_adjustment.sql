{{ current_rows('manual_adjustment') }}
