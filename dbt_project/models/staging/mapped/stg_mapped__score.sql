{{ staged('score') }}
