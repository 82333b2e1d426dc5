{{ staged('deal_line') }}
