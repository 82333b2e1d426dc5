{{ staged('deal') }}
