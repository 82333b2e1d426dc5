{{ current_rows('product_family') }}
