{{ current_rows('payment') }}
