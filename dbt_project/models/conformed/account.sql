{{ current_rows('account', keep_deleted={'is_deleted': 'true'}) }}
