{{ staged('product') }}
