{{ staged('activity') }}
