{{ staged('target') }}
