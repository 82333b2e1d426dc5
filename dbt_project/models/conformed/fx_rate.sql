{{ current_rows('fx_rate') }}
