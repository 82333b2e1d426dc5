{{ with_history(
    'product_family', origin='product', key='product_id', attributes=['family'],
) }}
