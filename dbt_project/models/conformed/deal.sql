{{ current_rows('deal') }}
