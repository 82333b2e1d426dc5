{{ current_rows('absence') }}
