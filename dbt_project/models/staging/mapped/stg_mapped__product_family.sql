{{ staged('product_family') }}
