{{ current_rows('account_assignment') }}
