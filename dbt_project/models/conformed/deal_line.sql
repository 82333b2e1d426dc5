{{ current_rows('deal_line') }}
