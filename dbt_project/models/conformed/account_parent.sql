{{ current_rows('account_parent') }}
