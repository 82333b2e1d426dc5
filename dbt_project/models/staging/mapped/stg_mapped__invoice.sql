{{ staged('invoice') }}
