{{ current_rows('product', keep_deleted={'is_active': 'false'}) }}
